/** What waits for somebody's decision. */
import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import { useLive } from "./live";
import { useArrived } from "./queries";

interface Person {
  id: string;
  title: string | null;
}

export interface Vote {
  level: number;
  need: "any" | "all";
  signer: Person;
  must: boolean;
  state: string;
  added_by: Person | null;
  note: string;
  at: string | null;
}

export type Act = "approve" | "reject" | "return" | "delegate" | "add" | "withdraw" | "remind";

export interface Approval {
  id: string;
  title: string;
  object: string | null;
  record: string | null;
  state: string;
  asker: Person | null;
  snapshot: Record<string, unknown>;
  due_at: string | null;
  created_at: string;
  votes: Vote[];
  acts: Act[];
}

export const approvalsOf = (params: Record<string, string>) => ({
  queryKey: ["approvals", params],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await api.get<{ data: Approval[] }>("/approvals", params, signal)).data,
  staleTime: 15_000,
});

/** How many approvals wait for whoever looks: one more when one is told, one less when it is decided. */
export function useWaitingCount(): number {
  const found = useQuery({ ...approvalsOf({ box: "mine" }), enabled: useArrived(), meta: { told: true } });
  useLive("notification", () => void found.refetch());
  return found.data?.length ?? 0;
}
