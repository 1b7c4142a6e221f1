/** Where an import stands: in the URL which file and which run, on this machine what was decided about the file. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "../api/client";
import { touchRecords } from "../api/queries";
import { type Choices, MODES, type Mode, type Run, running, type Upload } from "./model";

export type Step = "map" | "check";

export interface ImportSearch {
  upload?: string;
  step?: Step;
  run?: string;
}

export function readImportSearch(search: Record<string, unknown>): ImportSearch {
  const found: ImportSearch = {};
  if (typeof search.upload === "string") found.upload = search.upload;
  if (search.step === "check") found.step = "check";
  if (typeof search.run === "string") found.run = search.run;
  return found;
}

export const importKeys = {
  all: ["imports"] as const,
  list: ["imports", "list"] as const,
  run: (id: string) => ["imports", "run", id] as const,
  upload: (id: string, object: string) => ["uploads", id, object] as const,
};

export function useUpload(id: string | undefined, object: string) {
  return useQuery({
    queryKey: importKeys.upload(id ?? "", object),
    queryFn: ({ signal }) => api.get<Upload>(`/uploads/${id}`, { object }, signal),
    enabled: id !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** How a run goes, asked again for as long as it does. */
export function useRun(id: string | undefined) {
  const client = useQueryClient();
  return useQuery({
    queryKey: importKeys.run(id ?? ""),
    queryFn: async ({ signal }) => {
      const run = await api.get<Run>(`/imports/${id}`, undefined, signal);
      if (!running(run) && !run.dry_run) {
        void touchRecords(client);
        void client.invalidateQueries({ queryKey: importKeys.list });
      }
      return run;
    },
    enabled: id !== undefined,
    refetchInterval: (query) => (running(query.state.data) ? 600 : false),
    refetchIntervalInBackground: true,
    staleTime: 5_000,
  });
}

const at = (id: string, object: string): string => `guanxi.import.${object}.${id}`;

function stored(upload: Upload, object: string): Choices | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(at(upload.id, object)) ?? "null") as Choices | null;
    // Read with another line of headings, the columns have other names.
    const names = new Set(upload.columns.map((column) => column.name));
    if (!kept || Object.keys(kept.mapping).some((name) => !names.has(name))) return null;
    return MODES.includes(kept.mode) ? kept : null;
  } catch {
    return null;
  }
}

/** What was decided about an upload; a reloaded page knows it still. */
export type Change = Partial<Choices> | ((before: Choices) => Partial<Choices>);

export function useChoices(upload: Upload, object: string): [Choices, (change: Change) => void] {
  const [choices, setChoices] = useState<Choices>(
    () =>
      stored(upload, object) ?? {
        mapping: upload.mapping,
        mode: "create" as Mode,
        key: null,
        date_order: upload.date_order,
      },
  );
  const set = useCallback(
    (change: Change) =>
      setChoices((before) => {
        const next = { ...before, ...(typeof change === "function" ? change(before) : change) };
        sessionStorage.setItem(at(upload.id, object), JSON.stringify(next));
        return next;
      }),
    [upload.id, object],
  );
  return [choices, set];
}

/** The body of a request to import. */
export function bodyOf(upload: Upload, object: string, choices: Choices, dry: boolean): Record<string, unknown> {
  return {
    upload: upload.id,
    object,
    mapping: choices.mapping,
    mode: choices.mode,
    ...(choices.key ? { key: choices.key } : {}),
    ...(choices.date_order ? { options: { date_order: choices.date_order } } : {}),
    dry_run: dry,
  };
}
