/** What the server tells of flows. */
import { infiniteQueryOptions, queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Label } from "../schema/catalog";
import type { Definition, Flow, FullFlow, Kinds, Problem, Version } from "./model";

export const kindsQuery = queryOptions({
  queryKey: ["flows", "kinds"],
  queryFn: ({ signal }) => api.get<Kinds>("/flows/kinds", undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const flowsQuery = queryOptions({
  queryKey: ["flows"],
  queryFn: async ({ signal }) => (await api.get<{ data: Flow[] }>("/flows", undefined, signal)).data,
});

export const flowQuery = (id: string) =>
  queryOptions({
    queryKey: ["flows", id],
    queryFn: ({ signal }) => api.get<FullFlow>(`/flows/${id}`, undefined, signal),
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["flows", id, "versions"],
    queryFn: async ({ signal }) =>
      (await api.get<{ data: Omit<Version, "definition">[] }>(`/flows/${id}/versions`, undefined, signal)).data,
  });

/** A version never changes. */
export const versionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["flows", id, "version", version],
    queryFn: ({ signal }) => api.get<Version>(`/flows/${id}/versions/${version}`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface Template {
  name: string;
  label: Label;
  hint: Label;
  definition: Definition;
}

/** Names of secrets, for those who may change settings. */
export const secretsQuery = queryOptions({
  queryKey: ["secrets", "names"],
  queryFn: async ({ signal }) => (await api.get<{ data: { name: string }[] }>("/secrets", undefined, signal)).data,
  retry: false,
});

/** Flows to begin with. */
export const useTemplates = () =>
  useQuery({
    queryKey: ["flows", "templates"],
    queryFn: async ({ signal }) => (await api.get<{ data: Template[] }>("/flows/templates", undefined, signal)).data,
    retry: false,
    staleTime: 60_000,
  });

export interface Submission {
  id: string;
  at: string;
  actor: string | null;
  origin: string | null;
  input: Record<string, unknown>;
  held: boolean;
  run: string | null;
  state: string | null;
}

/** What was sent by a form, the newest. */
export const submissionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["flows", id, "submissions"],
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: Submission[]; next: string | null }>(
        `/flows/${id}/submissions`,
        pageParam ? { cursor: pageParam } : undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 15_000,
  });

export interface DroppedFlow {
  id: string;
  name: string;
  label: Label;
  dropped_at: string;
  /** How much that was sent is kept. */
  sent: number;
  fields: unknown;
}

export const droppedQuery = queryOptions({
  queryKey: ["flows", "dropped"],
  queryFn: async ({ signal }) => (await api.get<{ data: DroppedFlow[] }>("/flows/dropped", undefined, signal)).data,
});

export const problemsOf = async (id: string): Promise<Problem[]> =>
  (await api.read<{ problems: Problem[] }>(`/flows/${id}/check`, {})).problems;

export type StepFigures = Record<string, { running?: number; waiting?: number; done?: number; failed?: number }>;

export interface Wrong {
  code: string;
  message: string;
  first?: string;
}

export interface RunLine {
  run: string;
  seq: number;
  step: string;
  kind: string;
  iteration: number | null;
  state: string;
  input: unknown;
  output: unknown;
  error: Wrong | null;
  started_at: string;
  ended_at: string | null;
  attempt: number;
}

export interface Run {
  id: string;
  version: number;
  state: string;
  record: { object: string; id: string; title: string | null } | null;
  started_at: string;
  ended_at: string | null;
  undone_by: string | null;
  error: Wrong | null;
  /** The flows that led to it, the first one first. */
  cause: { flow: string; label: Label | null }[];
  steps?: RunLine[];
  change_set?: string | null;
  /** What can be done with it by hand. */
  acts?: string[];
}

export interface Trial {
  state: string;
  error: Wrong | null;
  steps: {
    id: string;
    kind: string;
    iteration: number | null;
    state: string;
    would: unknown;
    output: unknown;
    error: Wrong | null;
  }[];
  changes: {
    object: string;
    id: string;
    title: string | null;
    kind: string;
    fields: Record<string, [unknown, unknown]>;
  }[];
}

/** A back-test that a worker sees to. */
export interface Progress {
  state: "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  result: Backtest | null;
}

export interface Backtest {
  fired: number;
  records: number;
  tried: number;
  partial: boolean;
  records_created: number;
  records_changed: number;
  failed: number;
  waiting: number;
  mails: number;
  messages: number;
  calls: number;
  today: number;
  sample: { record: Run["record"]; state: string; error: Wrong | null }[];
}
