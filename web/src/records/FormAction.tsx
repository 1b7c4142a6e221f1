/** A verb of the domain: its form, made from its input, and what came of it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { keys, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useLabel, useT } from "../i18n";
import { type Action, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, TextInput, useHere, useRefusal, useToast } from "../ui";
import { Modal } from "../ui/antd";
import { AskDrawer } from "./AskDrawer";
import styles from "./Form.module.css";
import { NONE, problemsOf } from "./FormDrawer";
import { blankOf, filledIn } from "./FormFields";

interface ActionFormProps {
  object: ObjectDef;
  record: RecordData;
  action: Action;
  onClose: () => void;
}

/** An action without input runs at once; it can be undone from the toast. */
export function ActionForm({ object, record, action, onClose }: ActionFormProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const undo = useUndo();
  const refuse = useRefusal();
  const here = useHere();
  const direct = action.input.length === 0;
  const [typed, setTyped] = useState<Record<string, unknown>>({});
  const begun = useQuery({
    queryKey: [...keys.record(object.name, record.id), "begin", action.name] as const,
    queryFn: ({ signal }) =>
      api.get<{ input: Record<string, unknown> }>(
        `/records/${object.name}/${record.id}/actions/${action.name}`,
        undefined,
        signal,
      ),
    enabled: !direct,
    gcTime: 0,
  });
  const values = { ...blankOf(action.input, catalog), ...begun.data?.input, ...typed };
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  /** An address that the action made, to be passed on. */
  const [link, setLink] = useState<string | null>(null);
  const ran = useRef(false);
  const name = label(action.label, action.name);

  const run = async () => {
    if (busy) return;
    setBusy(true);
    setProblems(NONE);
    try {
      const answer = await api.make<Record<string, unknown>>(
        `/records/${object.name}/${record.id}/actions/${action.name}`,
        {
          input: filledIn(values, action.input),
        },
      );
      await touchRecords(client);
      if (typeof answer.data?.link === "string") {
        setLink(new URL(answer.data.link, window.location.origin).href);
        return;
      }
      const set = answer.changeSet;
      // What the action made is where one wants to go next: the last object named in its answer.
      const made = Object.entries(answer.data ?? {})
        .filter(
          ([key, value]) =>
            key !== object.name && catalog.object(key) && value !== null && typeof value === "object" && "id" in value,
        )
        .map(([key, value]) => ({ object: key, id: String((value as RecordData).id), record: value as RecordData }));
      const to = made.at(-1);
      const target = to && catalog.object(to.object);
      toast({
        text: t("record.acted", { action: name }),
        undo: set ? () => undo(set) : undefined,
        action:
          to && target
            ? {
                label: t("record.open", { title: titleOf(target, to.record) || label(target.label) }),
                run: () => void navigate({ to: "/o/$object/$id", params: { object: to.object, id: to.id } }),
              }
            : undefined,
      });
      if (here.current) onClose();
    } catch (reason) {
      if (!here.current) return refuse(reason);
      const found = problemsOf(reason, action.input, t);
      setProblems(found);
      if (!direct) return;
      for (const text of [...found.others, ...Object.values(found.fields)]) toast({ text, tone: "danger" });
      onClose();
    } finally {
      setBusy(false);
    }
  };
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!direct || ran.current) return;
    ran.current = true;
    void latest.current();
  }, [direct]);
  if (link) {
    return (
      <Modal open title={name} width={520} onCancel={onClose} footer={null}>
        <p className={styles.why}>{t("record.link")}</p>
        <div className={styles.link}>
          <TextInput readOnly value={link} aria-label={name} onFocus={(event) => event.target.select()} />
          <Button
            type="primary"
            onClick={() => void navigator.clipboard.writeText(link).then(() => toast({ text: t("record.copied") }))}
          >
            {t("record.link.copy")}
          </Button>
        </div>
      </Modal>
    );
  }
  if (direct || begun.isPending) return null;

  return (
    <AskDrawer
      title={name}
      submit={name}
      fields={action.input}
      values={values}
      problems={problems}
      busy={busy}
      onChange={(changes) => setTyped((before) => ({ ...before, ...changes }))}
      onProblems={setProblems}
      onSubmit={() => void run()}
      onClose={onClose}
    />
  );
}
