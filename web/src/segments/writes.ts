/** Making and changing segments, and putting records into them. */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { keys, touchRecords } from "../api/queries";
import type { Target } from "../api/writes";
import { useLabel, useT } from "../i18n";
import type { Filter } from "../schema/filter";
import { useAsk, useRefusal, useToast } from "../ui";
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
  const refuse = useRefusal();
  const ask = useAsk();
  const label = useLabel();
  const t = useT();
  const fresh = () => client.invalidateQueries({ queryKey: keys.records("") });
  return {
    /** With `members` a static one begins with these, or is not made at all. */
    create: async (given: NewSegment, members?: Target): Promise<Segment> => {
      const { data } = await api.make<Segment>("/segments", { ...given, members: members && those(members) });
      await (members ? touchRecords(client) : fresh());
      if (members) toast({ text: t("seg.added", { n: data.size, name: label(data.label) }) });
      return data;
    },
    change: async (segment: Segment, given: object): Promise<boolean> => {
      try {
        await api.patch(`/segments/${segment.id}`, given);
        await touchRecords(client);
        toast({ text: t("seg.changed") });
        return true;
      } catch (reason) {
        refuse(reason);
        return false;
      }
    },
    remove: async (segment: Segment): Promise<boolean> => {
      const wanted = await ask({
        title: t("seg.remove.ask", { name: label(segment.label) }),
        text: t(segment.kind === "static" ? "seg.remove.static" : "seg.remove.dynamic"),
        go: t("seg.remove"),
      });
      if (!wanted) return false;
      try {
        await api.del(`/segments/${segment.id}`);
        void fresh();
        toast({ text: t("seg.removed", { name: label(segment.label) }) });
        return true;
      } catch (reason) {
        refuse(reason);
        return false;
      }
    },
    put: async (segment: Segment, target: Target, out = false): Promise<boolean> => {
      const send = (away: boolean) =>
        api.post<{ moved: number }>(`/segments/${segment.id}/members${away ? "/remove" : ""}`, those(target));
      try {
        const { data } = await send(out);
        await touchRecords(client);
        toast({
          text: t(out ? "seg.taken" : "seg.added", { n: data.moved, name: label(segment.label) }),
          // Only where each of them moved: taking out also those that had been there before would be no undo.
          undo:
            "ids" in target && data.moved === target.ids.length
              ? async () => {
                  await send(!out);
                  await touchRecords(client);
                }
              : undefined,
        });
        return true;
      } catch (reason) {
        refuse(reason);
        return false;
      }
    },
  };
}
