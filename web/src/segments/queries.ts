/** What the server tells of segments. Under the keys of records: who enters and leaves follows from those. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Label } from "../schema/catalog";
import type { Filter } from "../schema/filter";

export interface Segment {
  id: string;
  object: string;
  label: Label;
  about: string;
  kind: "dynamic" | "static";
  filter: Filter | null;
  owner: { id: string; title: string | null };
  scope: "personal" | "shared";
  tells: boolean;
  size: number;
  found_at: string | null;
  fault: string | null;
  finding: boolean;
  may_change: boolean;
}

export interface Day {
  day: string;
  size: number;
  entered: number;
  left: number;
}

export const segmentsQuery = queryOptions({
  queryKey: ["records", "", "segments"] as const,
  queryFn: async ({ signal }) => (await api.get<{ data: Segment[] }>("/segments", undefined, signal)).data,
  staleTime: 30_000,
});

export const segmentQuery = (id: string) =>
  queryOptions({
    queryKey: ["records", "", "segments", id] as const,
    queryFn: ({ signal }) => api.get<Segment>(`/segments/${id}`, undefined, signal),
    staleTime: 15_000,
    // A large one is found by a worker.
    refetchInterval: ({ state }) => (state.data?.finding ? 1500 : false),
  });

export const useTrend = (id: string) =>
  useQuery({
    queryKey: ["records", "", "segments", id, "trend"],
    queryFn: async ({ signal }) => (await api.get<{ data: Day[] }>(`/segments/${id}/trend`, { days: 90 }, signal)).data,
    staleTime: 60_000,
  });

/** The segments of one object; asked for when something is made of them. */
export function useSegments(object: string | undefined, enabled = true): Segment[] {
  const { data = [] } = useQuery({ ...segmentsQuery, enabled });
  return data.filter((one) => one.object === object);
}
