/** Pools as the server tells of them, and what is done with records that are in one. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys, touchRecords } from "../api/queries";
import { useUndo } from "../api/writes";
import { useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { useToast } from "../ui";

export interface Used {
  limit: number | null;
  used: number;
}

export interface Pool {
  id: string;
  name: string;
  object: string;
  owner_field: string;
  pool_field: string;
  admin: boolean;
  member: boolean;
  count: number | null;
  count_estimate: number | null;
  masked: string[];
  claims: Used;
  held: Used;
  views: Used;
  capacity: { option: string; limit: number; used: number }[];
}

export interface Standing {
  pool: Ref | null;
  since: string | null;
  member: boolean;
  admin: boolean;
  last: { kind: string; at: string; rule: string | null; reason: string | null; giver: Ref | null } | null;
}

export interface Line {
  user: { id: string; title: string | null };
  claimed: number;
  assigned: number;
  released: number;
  recycled: number;
  won: number;
  quality: number | null;
  share: number;
  held: number;
}

export interface Simulated {
  at: string;
  count: number;
  owners: {
    object: string;
    owner: { id: string; title: string | null };
    count: number;
    records: { id: string; title: string | null; pool: string; rule: string }[];
  }[];
  rules: { pool: string; rule: string; count: number }[];
}

export type Act = "claim" | "release" | "assign" | "transfer" | "give_back";

/** Counts and what one may still do follow every change of records. */
export const poolsQuery = queryOptions({
  queryKey: [...keys.records(), "pools"],
  queryFn: async ({ signal }) => (await api.get<{ data: Pool[] }>("/pools", undefined, signal)).data,
  staleTime: 15_000,
});

export const usePools = () => useQuery(poolsQuery);

/** Does it, says what came of it, and offers to undo it. False when nothing was done. */
export function useAct(object: string) {
  const t = useT();
  const toast = useToast();
  const undo = useUndo();
  const client = useQueryClient();
  return async (act: Act, ids: string[], more: Record<string, unknown> = {}): Promise<boolean> => {
    try {
      const { data } = await api.post<{
        results: { status: number; title?: string }[];
        done: number;
        change_set: string | null;
      }>("/pools/act", { object, act, ids, ...more });
      const refused = data.results.filter((one) => one.status !== 200);
      const set = data.change_set;
      const text = data.done ? t(`pools.done.${act}`, { n: data.done }) : "";
      const why = refused.length ? `${t("pools.refused", { n: refused.length })} ${refused[0]?.title ?? ""}` : "";
      toast({
        text: [text, why].filter(Boolean).join(" "),
        tone: refused.length ? "warn" : "ok",
        undo: set ? () => undo(set) : undefined,
        of: set ?? undefined,
      });
      return data.done > 0;
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
      return false;
    } finally {
      await touchRecords(client);
    }
  };
}
