/** Files and pictures put beside a record: chosen, dropped or pasted, each becomes a record of its own on the timeline. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useT } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { useToast, whyOf } from "../ui";

export interface Attaching {
  /** Whether files can be put here. */
  may: boolean;
  busy: boolean;
  attach: (files: Iterable<File> | null) => Promise<void>;
}

export function useAttach(object: ObjectDef, record: RecordData): Attaching {
  const t = useT();
  const toast = useToast();
  const undo = useUndo();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const kind = useCatalog().objects.find((one) => one.activity === "document" && one.can.create);
  const fields = kind?.fields.filter((field) => !field.system && !field.readonly);
  const holds = fields?.find((field) => field.type === "file")?.name;
  const about = fields?.find((field) => field.type === "reference")?.name;
  const attach = async (files: Iterable<File> | null) => {
    const chosen = [...(files ?? [])];
    if (!kind || !holds || !about || !chosen.length || busy) return;
    setBusy(true);
    const sets: string[] = [];
    let kept = 0;
    try {
      for (const file of chosen) {
        const body = new FormData();
        body.append("file", file);
        const { data } = await api.post("/files", body);
        const values = { [holds]: data, [about]: { object: object.name, id: record.id } };
        const { changeSet } = await api.make(`/records/${kind.name}`, { values });
        kept += 1;
        if (changeSet) sets.push(changeSet);
      }
    } catch (reason) {
      const why = whyOf(reason, t);
      toast({ text: t("record.attach.failed", { name: chosen[kept]?.name ?? "", why }), tone: "danger" });
    } finally {
      setBusy(false);
      if (kept) {
        await touchRecords(client);
        toast({
          text: t("record.attached", { n: kept }),
          undo: () => undo(...sets),
        });
      }
    }
  };
  return { may: Boolean(kind && holds && about), busy, attach };
}
