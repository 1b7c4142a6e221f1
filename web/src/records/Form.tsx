/** New records in a drawer, and all of a record's fields at once. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Checkbox, Drawer } from "antd";
import { ChevronDown, Users } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { isEmpty } from "../fields";
import type { Values } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { same } from "../schema/filter";
import { Kbd, usePhone } from "../ui";
import styles from "./Form.module.css";
import { useDraft } from "./FormDraft";
import {
  defaultsOf,
  FormErrors,
  FormSections,
  followers,
  sectionsOf,
  showFirstError,
  toWrite,
  writable,
} from "./FormFields";
import { Stale, useSave } from "./RecordSave";

/** What stops a form: messages by field, and those that belong to none that is shown. */
interface Problems {
  fields: Record<string, string>;
  others: string[];
}

const NONE: Problems = { fields: {}, others: [] };

function problemsOf(reason: unknown, fields: Field[], offline: string): Problems {
  if (!(reason instanceof ApiError)) throw reason;
  if (reason.status === 0) return { fields: {}, others: [offline] };
  const known = new Set(fields.map((field) => field.name));
  const companions = new Map(fields.filter((field) => field.of).map((field) => [field.name, field.of]));
  const found: Problems = { fields: {}, others: [] };
  for (const problem of reason.errors) {
    const name = companions.get(problem.field ?? "") ?? problem.field;
    if (name && known.has(name)) found.fields[name] ??= problem.message;
    else found.others.push(problem.message);
  }
  if (reason.errors.length === 0) found.others.push(reason.message);
  return found;
}

/** Records that may be the same one, while a title is being typed. */
function useLookalikes(object: ObjectDef, title: string): RecordData[] {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(title.trim()), 350);
    return () => clearTimeout(timer);
  }, [title]);
  const long = /\p{Script=Han}/u.test(settled) ? settled.length >= 2 : settled.length >= 3;
  const { data } = useQuery({
    queryKey: [...keys.records(object.name), "like", settled] as const,
    queryFn: ({ signal }) =>
      api.get<{ data: RecordData[] }>(
        `/records/${object.name}`,
        { q: settled, limit: 3, fields: object.title },
        signal,
      ),
    enabled: long && !object.activity,
    staleTime: 30_000,
  });
  return long ? (data?.data ?? []) : [];
}

/** Fields that a quick form begins with: what must be filled and is not, what is known, and the first section. */
function quickFields(object: ObjectDef, sections: { fields: Field[] }[], start: Values, known: Values): Set<string> {
  const names = new Set<string>([object.title]);
  for (const field of object.fields) if (field.required && isEmpty(start[field.name])) names.add(field.name);
  for (const name of Object.keys(known)) names.add(name);
  for (const field of sections[0]?.fields ?? []) if (names.size < 8) names.add(field.name);
  return names;
}

interface QuickCreateProps {
  object: string;
  /** What is known already; a link as `{id, title}`. */
  values?: Record<string, unknown>;
  onDone?: (id: string) => void;
  onClose: () => void;
}

/** A drawer for a new record; opened from anywhere with `useCreate()`. */
export function QuickCreate({ object: name, ...rest }: QuickCreateProps) {
  const object = useCatalog().object(name);
  return object ? <Create object={object} {...rest} /> : null;
}

function Create({ object, values: known, onDone, onClose }: Omit<QuickCreateProps, "object"> & { object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const phone = usePhone();
  const writes = useWrites(object.name);
  const draft = useDraft<Record<string, unknown>>(`create.${object.name}`);
  const fields = useMemo(() => object.fields.filter(writable), [object]);
  const start = useMemo(() => ({ ...defaultsOf(fields, catalog), ...known }), [fields, catalog, known]);
  const [values, setValues] = useState<Record<string, unknown>>(() => ({ ...start, ...draft.found?.value, ...known }));
  const [restored, setRestored] = useState(draft.found !== null);
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const [another, setAnother] = useState(false);
  const [all, setAll] = useState(false);
  const [round, setRound] = useState(0);
  const body = useRef<HTMLFormElement>(null);
  const sections = useMemo(() => sectionsOf(object, label, t("record.other")), [object, label, t]);
  const quick = useMemo(
    () => quickFields(object, sections, start, { ...known, ...draft.found?.value }),
    [object, sections, start, known, draft],
  );
  const shown = all
    ? sections
    : sections
        .map((section) => ({ label: "", fields: section.fields.filter((field) => quick.has(field.name)) }))
        .filter((section) => section.fields.length)
        .reduce<{ label: string; fields: Field[] }[]>(
          (one, section) => [{ label: "", fields: [...(one[0]?.fields ?? []), ...section.fields] }],
          [],
        );
  const hidden = fields.length - shown.reduce((sum, section) => sum + section.fields.length, 0);
  const title = values[object.title];
  const alike = useLookalikes(object, typeof title === "string" ? title : "");

  const change = (field: Field, value: unknown, more?: Values) => {
    const typed = { ...values, [field.name]: value, ...more };
    const next = { ...typed, ...followers(object.fields, catalog, typed) };
    setValues(next);
    draft.keep(Object.fromEntries(Object.entries(next).filter(([key, one]) => !same(one, start[key]))));
    if (problems.fields[field.name]) {
      const { [field.name]: _gone, ...others } = problems.fields;
      setProblems({ ...problems, fields: others });
    }
  };
  const discard = () => {
    draft.keep(null);
    setValues(start);
    setRestored(false);
    setProblems(NONE);
    setRound(round + 1);
  };
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
      const made = await writes.create(
        toWrite(filled, object.fields),
        t("record.created", { object: label(object.label) }),
      );
      draft.keep(null);
      if (another) {
        setValues(start);
        setProblems(NONE);
        setRestored(false);
        setRound(round + 1);
      } else onDone?.(made.id);
    } catch (reason) {
      const found = problemsOf(reason, object.fields, t("record.offline"));
      setProblems(found);
      if (
        Object.keys(found.fields).some(
          (field) => !shown.some((section) => section.fields.some((one) => one.name === field)),
        )
      )
        setAll(true);
      showFirstError(body.current);
    } finally {
      setBusy(false);
    }
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      // A form may stand over the form that it was opened from.
      event.stopPropagation();
      void submit();
    }
  };

  const note = alike.length > 0 && (
    <p className={styles.alike}>
      <Users aria-hidden />
      {t("record.alike")}
      {alike.map((record) => (
        <Link key={record.id} to="/o/$object/$id" params={{ object: object.name, id: record.id }} onClick={onClose}>
          {titleOf(object, record)}
        </Link>
      ))}
    </p>
  );

  return (
    <Drawer
      open
      onClose={onClose}
      size={phone ? "100%" : 480}
      title={t("record.new", { object: label(object.label) })}
      classNames={{ body: styles.drawer }}
      footer={
        <div className={styles.footer}>
          <Checkbox checked={another} onChange={(event) => setAnother(event.target.checked)}>
            {t("record.another")}
          </Checkbox>
          <span className="spring" />
          {!phone && <Kbd>Ctrl ↵</Kbd>}
          <Button type="primary" loading={busy} onClick={() => void submit()}>
            {t("record.create", { object: label(object.label) })}
          </Button>
        </div>
      }
    >
      {restored && draft.found && (
        <div className={styles.restored}>
          <span>{t("record.restored", { when: f.ago(new Date(draft.found.at).toISOString()) })}</span>
          <button type="button" onClick={discard}>
            {t("record.restored.discard")}
          </button>
        </div>
      )}
      <FormErrors messages={problems.others} />
      <form ref={body} onSubmit={(event) => event.preventDefault()} onKeyDown={keyDown} noValidate key={round}>
        <FormSections
          sections={shown}
          values={values}
          errors={problems.fields}
          onChange={change}
          focus={shown[0]?.fields.find((field) => isEmpty(start[field.name]))?.name}
          notes={note ? { [object.title]: note } : undefined}
        />
      </form>
      {hidden > 0 && (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          <ChevronDown />
          {t("record.more", { n: hidden })}
        </button>
      )}
    </Drawer>
  );
}

/** All of a record's fields at once. What somebody else changed meanwhile is kept beside what was changed here. */
export function EditForm({
  object,
  record,
  onClose,
  focus,
}: {
  object: ObjectDef;
  record: RecordData;
  onClose: () => void;
  focus?: string;
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const phone = usePhone();
  const catalog = useCatalog();
  const save = useSave(object);
  const draft = useDraft<Record<string, unknown>>(`edit.${record.id}`);
  const [edits, setEdits] = useState<Record<string, unknown>>(() => draft.found?.value ?? {});
  const [base, setBase] = useState(record);
  const [restored, setRestored] = useState(draft.found !== null);
  const [problems, setProblems] = useState(NONE);
  const [stale, setStale] = useState<Stale | null>(null);
  const [busy, setBusy] = useState(false);
  const body = useRef<HTMLFormElement>(null);
  const sections = useMemo(() => sectionsOf(object, label, t("record.other")), [object, label, t]);
  const values = { ...base, ...edits };
  const changed = Object.fromEntries(Object.entries(edits).filter(([name, value]) => !same(value, base[name])));
  const dirty = Object.keys(changed).length > 0;

  const change = (field: Field, value: unknown, more?: Values) => {
    const typed = { ...edits, [field.name]: value, ...more };
    const next = { ...typed, ...followers(object.fields, catalog, { ...base, ...typed }) };
    setEdits(next);
    draft.keep(next);
    if (problems.fields[field.name]) {
      const { [field.name]: _gone, ...others } = problems.fields;
      setProblems({ ...problems, fields: others });
    }
  };
  const submit = async (over = base) => {
    if (busy) return;
    if (!dirty) return onClose();
    setBusy(true);
    try {
      await save(over, changed, { done: t("record.saved") });
      draft.keep(null);
      onClose();
    } catch (reason) {
      if (reason instanceof Stale) {
        setStale(reason);
        setBase(reason.fresh);
      } else {
        setProblems(problemsOf(reason, object.fields, t("record.offline")));
        showFirstError(body.current);
      }
    } finally {
      setBusy(false);
    }
  };
  const clashes =
    stale?.fields.map((name) => label(object.fields.find((field) => field.name === name)?.label, name)) ?? [];

  return (
    <Drawer
      open
      onClose={onClose}
      size={phone ? "100%" : 640}
      title={t("record.edit.title", { title: titleOf(object, record) || label(object.label) })}
      classNames={{ body: styles.drawer }}
      footer={
        <div className={styles.footer}>
          <span className="spring" />
          <Button onClick={onClose}>{t("record.close")}</Button>
          {!phone && <Kbd>Ctrl ↵</Kbd>}
          <Button type="primary" loading={busy} disabled={!dirty} onClick={() => void submit()}>
            {dirty ? t("record.save.n", { n: Object.keys(changed).length }) : t("record.save.none")}
          </Button>
        </div>
      }
    >
      {restored && draft.found && (
        <div className={styles.restored}>
          <span>{t("record.restored", { when: f.ago(new Date(draft.found.at).toISOString()) })}</span>
          <button
            type="button"
            onClick={() => {
              draft.keep(null);
              setEdits({});
              setRestored(false);
            }}
          >
            {t("record.restored.discard")}
          </button>
        </div>
      )}
      {stale && (
        <FormErrors messages={[t("record.stale.form", { who: stale.who, fields: clashes.join(t("record.comma")) })]} />
      )}
      <FormErrors messages={problems.others} />
      <form
        ref={body}
        className={styles.twoColumns}
        noValidate
        onSubmit={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          void submit();
        }}
      >
        <FormSections
          sections={sections}
          values={values}
          errors={problems.fields}
          onChange={change}
          focus={focus ?? object.title}
        />
      </form>
    </Drawer>
  );
}
