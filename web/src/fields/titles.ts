/** Titles of records that the page knows by id only: a condition holds an id, a sentence needs a name. */
import { useSyncExternalStore } from "react";
import { api } from "../api/client";
import { news } from "../api/news";

const titles = new Map<string, string>();
const asked = new Set<string>();
const { tell, hear } = news();
let version = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let wanted = new Map<string, Set<string>>();

function changed(): void {
  version += 1;
  tell();
}

/** Whoever picks a record says what it is called. */
export function learnTitle(id: string, title: string): void {
  if (titles.get(id) === title) return;
  titles.set(id, title);
  changed();
}

async function fetchTitles(): Promise<void> {
  const batch = wanted;
  wanted = new Map();
  for (const [object, ids] of batch) {
    try {
      const found = await api.read<{ data: { id: string; [field: string]: unknown }[] }>(`/records/${object}/query`, {
        filter: { field: "id", op: "in", value: [...ids] },
        limit: Math.min(200, ids.size),
      });
      // What is not among them is gone, or not shared any more.
      for (const id of ids) titles.set(id, "");
      for (const row of found.data) titles.set(row.id, String(row[titleField.get(object) ?? "name"] ?? ""));
      changed();
    } catch {
      // A title that cannot be fetched stays unknown: the condition itself still works.
    }
  }
}

const titleField = new Map<string, string>();

/** The title of a record; null until it is known, empty when there is none to be seen. It is asked for once, with others asked for at the same time. */
export function titleById(object: string, id: string, field: string): string | null {
  const known = titles.get(id);
  if (known !== undefined) return known;
  if (!asked.has(id)) {
    asked.add(id);
    titleField.set(object, field);
    wanted.set(object, (wanted.get(object) ?? new Set()).add(id));
    clearTimeout(timer);
    timer = setTimeout(() => void fetchTitles(), 20);
  }
  return null;
}

/** Changes whenever a title has become known. */
export const useTitles = (): number => useSyncExternalStore(hear, () => version);
