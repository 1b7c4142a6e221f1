/** What the pages of webhooks share: how webhooks and their messages look, and what is done with them. */
import { useQueryClient } from "@tanstack/react-query";
import type { Filter } from "../schema/filter";
import { useToast } from "../ui";

export interface Webhook {
  id: string;
  name: string;
  url: string;
  owner: { id: string; title: string | null };
  objects: string[];
  kinds: string[];
  fields: string[];
  filter: Filter | null;
  thin: boolean;
  headers: Record<string, string>;
  active: boolean;
  off: { reason: "gone" | "failing" | "owner_gone"; at: string } | null;
  failures: number;
  failing_since: string | null;
  /** Until then its receiver is left alone. */
  paused_until: string | null;
  last_ok: string | null;
  old_secret_until: string | null;
  counts: { waiting: number; failed: number; done_7d: number };
  edit: number;
}

export interface Message {
  id: string;
  event: string;
  object: string | null;
  record: { id: string; title: string | null } | null;
  sequence: number | null;
  state: "waiting" | "done" | "failed";
  tries: number;
  due_at: string;
  created_at: string;
  status: number | null;
  ms: number | null;
  error: string | null;
}

export interface Delivery extends Message {
  payload: unknown;
  log: {
    attempt: number;
    at: string;
    ms: number;
    status: number | null;
    headers: Record<string, string>;
    answer: string | null;
    error: string | null;
  }[];
}

export const KEY = ["webhooks"] as const;

/** Does something with webhooks, says so, and has them asked for again; whether it was done. */
export function useAct() {
  const toast = useToast();
  const client = useQueryClient();
  return async (act: () => Promise<unknown>, done?: string): Promise<boolean> => {
    try {
      await act();
      if (done) toast({ text: done });
      return true;
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: KEY });
    }
  };
}

/** Headers as they are written, a line each. */
export const lines = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
