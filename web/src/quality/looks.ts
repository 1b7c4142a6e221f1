/** For each object, whether its records have been compared with each other, and how that went. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api/client";

export interface Look {
  object: string;
  state: "waiting" | "running" | "done" | "failed" | null;
  ended_at: string | null;
  records: number | null;
  pairs: number | null;
  may_find: boolean;
}

/** They are being compared now, or will be in a moment. */
export const busy = (look: Look | undefined): boolean => look?.state === "waiting" || look?.state === "running";

export const looksQuery = queryOptions({
  queryKey: ["duplicates"] as const,
  queryFn: async ({ signal }) => (await api.get<{ data: Look[] }>("/duplicates", {}, signal)).data,
  refetchInterval: (query) => (query.state.data?.some(busy) ? 2_000 : false),
});
