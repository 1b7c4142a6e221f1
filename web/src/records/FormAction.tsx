/** A verb of the domain: its form, made from its input, and what came of it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { ApiError, api } from "../api/client";
import { keys, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { isEmpty } from "../fields";
import { useLabel, useT } from "../i18n";
import { type Action, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, Kbd, TextInput, usePhone, useToast } from "../ui";
import { Drawer, Modal } from "../ui/antd";
import styles from "./Form.module.css";
import { defaultsOf, FormErrors, FormSections, showFirstError, toWrite } from "./FormFields";

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
  const phone = usePhone();
  const catalog = useCatalog();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const undo = useUndo();
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
  const values = { ...defaultsOf(action.input, catalog), ...begun.data?.input, ...typed };
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [others, setOthers] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  /** An address that the action made, to be passed on. */
  const [link, setLink] = useState<string | null>(null);
  const body = useRef<HTMLFormElement>(null);
  const ran = useRef(false);
  const name = label(action.label, action.name);

  const run = async () => {
    if (busy) return;
    setBusy(true);
    setErrors({});
    setOthers([]);
    try {
      const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
      const answer = await api.post<Record<string, unknown>>(
        `/records/${object.name}/${record.id}/actions/${action.name}`,
        {
          input: toWrite(filled, action.input),
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
      onClose();
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason;
      const known = new Set(action.input.map((field) => field.name));
      const found = reason.fields;
      setErrors(Object.fromEntries(Object.entries(found).filter(([field]) => known.has(field))));
      const rest = reason.errors
        .filter((problem) => !problem.field || !known.has(problem.field))
        .map((problem) => problem.message);
      const general = reason.status === 0 ? t("record.offline") : reason.message;
      const said = rest.length || Object.keys(found).length ? rest : [general];
      if (action.input.length === 0) {
        for (const text of said) toast({ text, tone: "danger" });
        onClose();
      } else {
        setOthers(said);
        showFirstError(body.current);
      }
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
    <Drawer
      open
      onClose={onClose}
      size={phone ? "100%" : 440}
      title={name}
      classNames={{ body: styles.drawer }}
      footer={
        <div className={styles.footer}>
          <span className="spring" />
          {!phone && <Kbd>Ctrl ↵</Kbd>}
          <Button type="primary" loading={busy} onClick={() => void run()}>
            {name}
          </Button>
        </div>
      }
    >
      <FormErrors messages={others} />
      <form
        ref={body}
        noValidate
        onSubmit={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void run();
        }}
      >
        <FormSections
          sections={[{ label: "", fields: action.input.filter((field) => !field.of) }]}
          values={values}
          errors={errors}
          focus={action.input[0]?.name}
          onChange={(field, value, more) => setTyped({ ...typed, [field.name]: value, ...more })}
        />
      </form>
    </Drawer>
  );
}
