/** Where an import stands: in the URL which file and which run, on this machine what was decided about the file. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { touchRecords } from "../api/queries";
import {
  type Choices,
  cellOf,
  type How,
  howOf,
  keysOf,
  type Mapping,
  MODES,
  type Mode,
  type Run,
  running,
  type Upload,
} from "./model";

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

/** A file as it would go into an object. */
export const uploadOptions = (id: string, object: string) =>
  queryOptions({
    queryKey: importKeys.upload(id, object),
    queryFn: ({ signal }) => api.get<Upload>(`/uploads/${id}`, { object }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export function useUpload(id: string | undefined, object: string) {
  return useQuery({ ...uploadOptions(id ?? "", object), enabled: id !== undefined });
}

/** How a run goes: asked again when there is news of it, and at first often, for most are over in a moment. */
export function useRun(id: string | undefined) {
  const client = useQueryClient();
  useLive("job", (news) => {
    if (id && news.import === id) void client.invalidateQueries({ queryKey: importKeys.run(id) });
  });
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
    refetchInterval: ({ state }) => (running(state.data) ? (state.dataUpdateCount < 5 ? 150 : 2_000) : false),
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
    const apart = (how: How | null) => how?.column ?? how?.otherwise;
    if (!kept || Object.keys(kept.mapping).some((name) => !names.has(name) && !apart(howOf(kept.mapping, name))))
      return null;
    return MODES.includes(kept.mode) && kept.fixed ? { ...kept, existing: kept.existing ?? "overwrite" } : null;
  } catch {
    return null;
  }
}

/** What was decided about an upload; a reloaded page knows it still. */
export type Change = Partial<Choices> | ((before: Choices) => Partial<Choices>);

/** What a mapping says of columns, and what of every row alike. */
export function parted(upload: Pick<Upload, "mapping">): Pick<Choices, "mapping" | "fixed"> {
  const mapping: Mapping = {};
  const fixed: Choices["fixed"] = {};
  for (const [name, given] of Object.entries(upload.mapping)) {
    const how = given as How | string | null;
    if (how && typeof how === "object" && how.value !== undefined) fixed[how.field] = how.value;
    else mapping[name] = given;
  }
  return { mapping, fixed };
}

export function useChoices(upload: Upload, object: string): [Choices, (change: Change) => void] {
  const [choices, setChoices] = useState<Choices>(
    () =>
      stored(upload, object) ?? {
        ...parted(upload),
        mode: upload.profile?.object === object ? upload.profile.mode : ("create" as Mode),
        key: upload.key,
        existing: upload.profile?.object === object ? upload.profile.existing : "overwrite",
        date_order: upload.date_order,
      },
  );
  const set = useCallback(
    (change: Change) =>
      setChoices((before) => {
        const next = { ...before, ...(typeof change === "function" ? change(before) : change) };
        // Records cannot be found by what no column gives any more.
        if (next.key && !keysOf(upload, next).some((key) => key.field === next.key)) next.key = null;
        sessionStorage.setItem(at(upload.id, object), JSON.stringify(next));
        return next;
      }),
    [upload, object],
  );
  return [choices, set];
}

/** The body of a request to import. */
export function bodyOf(upload: Upload, object: string, choices: Choices, dry: boolean): Record<string, unknown> {
  const fixed = Object.entries(choices.fixed).flatMap(([field, value]) =>
    cellOf(value) ? [[`=${field}`, { field, value: cellOf(value) }]] : [],
  );
  return {
    upload: upload.id,
    object,
    mapping: { ...choices.mapping, ...Object.fromEntries(fixed) },
    mode: choices.mode,
    ...(choices.key ? { key: choices.key } : {}),
    options: {
      ...(choices.date_order ? { date_order: choices.date_order } : {}),
      ...(choices.existing === "fill" ? { existing: "fill" } : {}),
    },
    dry_run: dry,
  };
}
