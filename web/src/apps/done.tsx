/** A task is finished from its own page, and taken up again. */
import { Check, Undo2 } from "lucide-react";
import { useState } from "react";
import { useWrites } from "../api/writes";
import { useT } from "../i18n";
import { Button } from "../ui";
import { type SlotProps, slot } from "./slots";

function Done({ object, record }: SlotProps) {
  const t = useT();
  const writes = useWrites(object);
  const [busy, setBusy] = useState(false);
  if (!record || (record.status !== "open" && record.status !== "done")) return null;
  const open = record.status === "open";
  const turn = async () => {
    setBusy(true);
    const done = open ? t("shell.today.done", { title: String(record.subject ?? "") }) : undefined;
    await writes.update(record.id, { status: open ? "done" : "open" }, { done }).catch(() => undefined);
    setBusy(false);
  };
  return (
    <Button icon={open ? <Check /> : <Undo2 />} loading={busy} onClick={() => void turn()}>
      {t(open ? "record.task.finish" : "record.task.reopen")}
    </Button>
  );
}

slot("record.action", { object: "task", component: Done });
