/** A record that is not there: in the bin it can be brought back from here. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { keys, type Page, touchRecords } from "../api/queries";
import { useUndo } from "../api/writes";
import { useLabel, useNouns, useT } from "../i18n";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, ButtonLink, Empty, ErrorState, useLate, useRefusal, useToast } from "../ui";

export function RecordGone({ object, id, error }: { object: ObjectDef; id: string; error: Error }) {
  const t = useT();
  const label = useLabel();
  const { many } = useNouns(object);
  const client = useQueryClient();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const [busy, setBusy] = useState(false);
  const bin = useQuery({
    queryKey: [...keys.records(object.name), "binned", id] as const,
    queryFn: ({ signal }) =>
      api.get<Page>(
        `/records/${object.name}`,
        { bin: true, limit: 1, filter: { field: "id", op: "eq", value: id }, fields: object.title },
        signal,
      ),
    retry: false,
  });
  // Whoever has just deleted it is on the way to the list.
  const late = useLate(400);
  if (bin.isPending || !late) return null;
  const found = bin.data?.data[0];
  const back = (
    <ButtonLink to="/o/$object" params={{ object: object.name }}>
      {t("record.back", { objects: many })}
    </ButtonLink>
  );
  if (!found) return <ErrorState error={error} back={back} />;
  const title = titleOf(object, found) || label(object.label, object.name);
  const restore = async () => {
    setBusy(true);
    try {
      const { data, changeSet } = await api.post<RecordData>(`/records/${object.name}/${id}/restore`);
      client.setQueryData(keys.record(object.name, id), data);
      void touchRecords(client);
      toast({ text: t("record.gone.restored", { title }), undo: changeSet ? () => undo(changeSet) : undefined });
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Empty
      title={t("record.gone", { title })}
      text={t("record.gone.text")}
      action={
        <>
          <Button type="primary" icon={<RotateCcw />} loading={busy} onClick={() => void restore()}>
            {t("record.gone.restore")}
          </Button>
          {back}
        </>
      }
    />
  );
}
