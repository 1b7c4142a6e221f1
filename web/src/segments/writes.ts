/** Making and changing segments, and putting records into them. */
import { useQueryClient } from "@tanstack/react-query";
import { ApiError, api } from "../api/client";
import { keys, touchRecords } from "../api/queries";
import type { Target } from "../api/writes";
import { useLabel, useT } from "../i18n";
import type { Filter } from "../schema/filter";
import { useToast } from "../ui";
import type { Segment } from "./queries";

export interface NewSegment {
  object: string;
  label: Record<string, string>;
  kind: "dynamic" | "static";
  filter?: Filter | null;
  scope: string;
}

/** All records are an empty conjunction: `null` would say nothing. */
const those = (target: Target): object =>
  "ids" in target ? { ids: target.ids } : { filter: target.filter ?? { and: [] }, q: target.q || undefined };

export function useSegmentWrites() {
  const client = useQueryClient();
  const toast = useToast();
  const label = useLabel();
  const t = useT();
  const fresh = () => client.invalidateQueries({ queryKey: keys.records("") });
  const failed = (reason: unknown) =>
    toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" });
  return {
    create: async (given: NewSegment): Promise<Segment> => {
      const { data } = await api.make<Segment>("/segments", given);
      await fresh();
      return data;
    },
    change: async (segment: Segment, given: object): Promise<boolean> => {
      try {
        await api.patch(`/segments/${segment.id}`, given);
        await touchRecords(client);
        toast({ text: t("seg.changed") });
        return true;
      } catch (reason) {
        failed(reason);
        return false;
      }
    },
    remove: async (segment: Segment): Promise<boolean> => {
      try {
        await api.del(`/segments/${segment.id}`);
        void fresh();
        toast({ text: t("seg.removed", { name: label(segment.label) }) });
        return true;
      } catch (reason) {
        failed(reason);
        return false;
      }
    },
    put: async (segment: Segment, target: Target, out = false): Promise<void> => {
      const send = (away: boolean) =>
        api.post<{ moved: number }>(`/segments/${segment.id}/members${away ? "/remove" : ""}`, those(target));
      try {
        const { data } = await send(out);
        await touchRecords(client);
        toast({
          text: t(out ? "seg.taken" : "seg.added", { n: data.moved, name: label(segment.label) }),
          // What was named is known; of what a filter found others may have been there before.
          undo: "ids" in target ? () => send(!out).then(() => touchRecords(client)) : undefined,
        });
      } catch (reason) {
        failed(reason);
      }
    },
  };
}
