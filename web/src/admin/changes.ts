/** Changing the catalog from the page: looked at first, carried out, and the way back in the toast. */
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import { useRefreshCatalog } from "../api/queries";
import type { Label } from "../schema/catalog";
import { useRefusal, useToast } from "../ui";
import type { Planned } from "./steps";

export type CatalogChange = { op: string } & Record<string, unknown>;

export interface Plan {
  version: number;
  plan: Planned[];
}

export function useCatalogChanges() {
  const refresh = useRefreshCatalog();
  const toast = useToast();
  const refuse = useRefusal();
  const send = (changes: CatalogChange[], dry: boolean) =>
    api.post<Plan>("/catalog/changes", { changes, dry_run: dry }).then((answer) => answer.data);
  const apply = async (changes: CatalogChange[], done?: string, back?: CatalogChange[]): Promise<Plan> => {
    const plan = await send(changes, false);
    await refresh();
    if (done) {
      const undo = async () => void (await apply(back ?? []));
      toast({ text: done, undo: back && undo });
    }
    return plan;
  };
  const attempt = (...what: Parameters<typeof apply>): Promise<boolean> =>
    apply(...what).then(
      () => true,
      (reason) => {
        refuse(reason);
        return false;
      },
    );
  return {
    /** What would be done to the database. */
    look: (changes: CatalogChange[]) => send(changes, true),
    /** Does it; `back` are the changes that take it back. */
    apply,
    /** Does it where no form is: what is refused is told by itself, and the answer is false. */
    attempt,
  };
}

/** A label in both languages, without empty ones. */
export function labelOf(en: string, zh: string): Label {
  const label: Label = {};
  if (en.trim()) label.en = en.trim();
  if (zh.trim()) label.zh = zh.trim();
  return label;
}

const HAN = /\p{Script=Han}/u;
const spelt = new Map<string, string>();

/** Has the server spell a Chinese label for as long as it is typed, so that `nameFrom` knows it. */
export function useSpelt(text: string): void {
  const wanted = text.trim();
  useQuery({
    queryKey: ["spelt", wanted],
    queryFn: async ({ signal }) => {
      const { name } = await api.get<{ name: string }>("/catalog/name", { label: wanted.slice(0, 200) }, signal);
      spelt.set(wanted, name);
      return name;
    },
    enabled: HAN.test(wanted) && !spelt.has(wanted),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** An API name made from a label: `Payment terms` is payment_terms; "" where nothing of it can be one. */
export function nameFrom(text: string): string {
  const read = spelt.get(text.trim());
  if (read) return read;
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "");
  return plain.slice(0, 40).replace(/_+$/, "");
}

/** A name that nothing in `taken` has yet. */
export function freeName(name: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  if (!used.has(name)) return name;
  for (let n = 2; ; n++) if (!used.has(`${name}_${n}`)) return `${name}_${n}`;
}
