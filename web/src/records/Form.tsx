/** New records in a drawer, and all of a record's fields at once. */
import { ChevronDown, ClipboardPaste, UserRoundPen } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { isEmpty, twin, useFormatContext } from "../fields";
import type { Values } from "../fields/twin";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, Kbd, usePhone, useToast } from "../ui";
import { Checkbox, Drawer } from "../ui/antd";
import styles from "./Form.module.css";
import { useAlike } from "./FormAlike";
import { FormCard, takesCards } from "./FormCard";
import { useDraft } from "./FormDraft";
import {
  defaultsOf,
  FormErrors,
  FormSections,
  followers,
  neededBy,
  sectionsOf,
  showFirstError,
  toWrite,
  writable,
} from "./FormFields";
import { Stale, useSave, whoOf } from "./RecordSave";

/** What stops a form: messages by field, and those that belong to none that is shown. */
interface Problems {
  fields: Record<string, string>;
  others: string[];
  /** The server was not reached: nothing is known to be wrong. */
  offline?: boolean;
}

const NONE: Problems = { fields: {}, others: [] };

function problemsOf(reason: unknown, fields: Field[], offline: string): Problems {
  if (!(reason instanceof ApiError)) throw reason;
  if (reason.status === 0) return { fields: {}, others: [offline], offline: true };
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

/** Sends again what could not be sent, as soon as there is a connection. */
function useReconnect(offline: boolean | undefined, send: () => void): void {
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    if (!offline) return;
    const back = () => latest.current();
    window.addEventListener("online", back);
    return () => window.removeEventListener("online", back);
  }, [offline]);
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
  const toast = useToast();
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
  /** The text of a business card that is being read; empty where it is still to come. */
  const [card, setCard] = useState<string | null>(null);
  const [filled, setFilled] = useState<string[]>([]);
  const body = useRef<HTMLFormElement>(null);
  const sections = useMemo(() => sectionsOf(object, label, t("record.other")), [object, label, t]);
  const quick = useMemo(
    () => quickFields(object, sections, start, { ...known, ...draft.found?.value }),
    [object, sections, start, known, draft],
  );
  const needed = neededBy(fields, catalog, values);
  const inQuick = (field: Field) => quick.has(field.name) || needed.has(field.name) || filled.includes(field.name);
  const shown = all
    ? sections
    : sections
        .map((section) => ({ label: "", fields: section.fields.filter(inQuick) }))
        .filter((section) => section.fields.length)
        .reduce<{ label: string; fields: Field[] }[]>(
          (one, section) => [{ label: "", fields: [...(one[0]?.fields ?? []), ...section.fields] }],
          [],
        );
  const hidden = fields.length - shown.reduce((sum, section) => sum + section.fields.length, 0);
  const dirty = () => Object.entries(values).some(([key, one]) => !same(one, start[key]) && !isEmpty(one));
  const close = () => {
    if (dirty()) toast({ text: t("record.draft.kept") });
    onClose();
  };
  const notes = useAlike(object, values, close);

  const put = (given: Record<string, unknown>) => {
    const typed = { ...values, ...given };
    const next = { ...typed, ...followers(object.fields, catalog, typed) };
    setValues(next);
    draft.keep(Object.fromEntries(Object.entries(next).filter(([key, one]) => !same(one, start[key]))));
  };
  const cards = takesCards(object);
  const change = (field: Field, value: unknown, more?: Values) => {
    put({ [field.name]: value, ...more });
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
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
      const made = await writes.create(
        toWrite(given, object.fields),
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

  useReconnect(problems.offline, () => void submit());
  /** Several lines in a field of one are a card, or a signature. */
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (!cards || !(event.target instanceof HTMLInputElement) || text.trim().split(/\n+/).length < 3) return;
    event.preventDefault();
    setCard(text);
  };
  return (
    <Drawer
      open
      onClose={close}
      size={phone ? "100%" : 480}
      title={t("record.new", { object: label(object.label) })}
      classNames={{ body: styles.drawer }}
      footer={
        card === null && (
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
        )
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
      <FormErrors messages={problems.others} retry={problems.offline ? () => void submit() : undefined} />
      {card !== null ? (
        <FormCard
          key={card}
          object={object}
          text={card}
          onClose={() => setCard(null)}
          onFill={(given) => {
            put(given);
            setFilled([...filled, ...Object.keys(given)]);
            setCard(null);
            setProblems(NONE);
            setRound(round + 1);
          }}
        />
      ) : (
        <>
          {cards && (
            <button type="button" className={styles.paste} onClick={() => setCard("")}>
              <ClipboardPaste aria-hidden />
              {t("record.card.paste")}
            </button>
          )}
          <form
            ref={body}
            onSubmit={(event) => event.preventDefault()}
            onKeyDown={keyDown}
            onPaste={paste}
            noValidate
            key={round}
          >
            <FormSections
              sections={shown}
              values={values}
              errors={problems.fields}
              onChange={change}
              focus={shown[0]?.fields.find((field) => isEmpty(start[field.name]))?.name}
              notes={notes}
              needed={needed}
            />
          </form>
          {hidden > 0 && (
            <button type="button" className={styles.more} onClick={() => setAll(true)}>
              <ChevronDown />
              {t("record.more", { n: hidden })}
            </button>
          )}
        </>
      )}
    </Drawer>
  );
}

interface EditFormProps {
  object: ObjectDef;
  record: RecordData;
  onClose: () => void;
  focus?: string;
}

/**
 * All of a record's fields at once. What somebody else changes meanwhile appears in it; where both changed the same field,
 * the field asks whose value it shall be.
 */
export function EditForm({ object, record, onClose, focus }: EditFormProps) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const label = useLabel();
  const phone = usePhone();
  const catalog = useCatalog();
  const save = useSave(object);
  const draft = useDraft<{ edits: Record<string, unknown>; over: Record<string, unknown> }>(`edit.${record.id}`);
  const [edits, setEdits] = useState<Record<string, unknown>>(() => draft.found?.value.edits ?? {});
  /** What each edit was made over, be it days ago. */
  const [base, setBase] = useState<Record<string, unknown>>(() => ({ ...record, ...draft.found?.value.over }));
  const [newer, setNewer] = useState(record);
  const [restored, setRestored] = useState(draft.found !== null);
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const body = useRef<HTMLFormElement>(null);
  const sections = useMemo(() => sectionsOf(object, label, t("record.other")), [object, label, t]);
  const fresh = newer.version > record.version ? newer : record;
  const values = { ...fresh, ...edits };
  const changed = Object.fromEntries(Object.entries(edits).filter(([name, value]) => !same(value, fresh[name])));
  const dirty = Object.keys(changed).length > 0;
  const clashes = Object.keys(changed).filter((name) => !same(fresh[name], base[name]));

  const keep = (next: Record<string, unknown>) => {
    setEdits(next);
    const over = Object.fromEntries(Object.keys(next).map((name) => [name, base[name] ?? null]));
    draft.keep(Object.keys(next).length ? { edits: next, over } : null);
  };
  const change = (field: Field, value: unknown, more?: Values) => {
    const typed = { ...edits, [field.name]: value, ...more };
    keep({ ...typed, ...followers(object.fields, catalog, { ...fresh, ...typed }) });
    if (problems.fields[field.name]) {
      const { [field.name]: _gone, ...others } = problems.fields;
      setProblems({ ...problems, fields: others });
    }
  };
  const theirs = (name: string) => {
    const parts = new Set([name, ...object.fields.filter((field) => field.of === name).map((field) => field.name)]);
    keep(Object.fromEntries(Object.entries(edits).filter(([key]) => !parts.has(key))));
  };
  const submit = async () => {
    if (busy) return;
    if (!dirty) return onClose();
    if (clashes.length) return showFirstError(body.current);
    setBusy(true);
    try {
      await save(fresh, changed, { done: t("record.saved") });
      draft.keep(null);
      onClose();
    } catch (reason) {
      if (reason instanceof Stale) setNewer(reason.fresh);
      else setProblems(problemsOf(reason, object.fields, t("record.offline")));
      showFirstError(body.current);
    } finally {
      setBusy(false);
    }
  };
  useReconnect(problems.offline, () => void submit());

  const notes: Record<string, ReactNode> = {};
  for (const name of clashes) {
    const field = object.fields.find((one) => one.name === name);
    if (!field) continue;
    notes[field.of ?? name] = (
      <div className={styles.clash} role="alert">
        <UserRoundPen aria-hidden />
        <span>
          {t("record.stale", { who: whoOf(fresh), value: twin(field.type).format(fresh[name], field, ctx) || "—" })}
        </span>
        <button type="button" onClick={() => theirs(name)}>
          {t("record.stale.theirs")}
        </button>
        <button type="button" onClick={() => setBase({ ...base, [name]: fresh[name] })}>
          {t("record.stale.mine")}
        </button>
      </div>
    );
  }

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
            {clashes.length
              ? t("record.save.decide", { n: clashes.length })
              : dirty
                ? t("record.save.n", { n: Object.keys(changed).length })
                : t("record.save.none")}
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
              keep({});
              setRestored(false);
            }}
          >
            {t("record.restored.discard")}
          </button>
        </div>
      )}
      <FormErrors messages={problems.others} retry={problems.offline ? () => void submit() : undefined} />
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
          notes={notes}
          needed={neededBy(object.fields, catalog, values)}
        />
      </form>
    </Drawer>
  );
}
