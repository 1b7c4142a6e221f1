/** New records in a drawer, and all of a record's fields at once. */
import { ChevronDown, ClipboardPaste, UserRoundPen } from "lucide-react";
import { type ClipboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { useCatalog, useRecord } from "../api/queries";
import { useWrites } from "../api/writes";
import { isEmpty, twin, useFormatContext } from "../fields";
import type { Values } from "../fields/twin";
import { useLabel, useNouns, useT } from "../i18n";
import { type Field, type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, ErrorState, SkeletonRows, useHere, useToast, whyOf } from "../ui";
import { Checkbox } from "../ui/antd";
import styles from "./Form.module.css";
import { useAlikeNotes } from "./FormAlike";
import { FormCard, takesCards, Unknown } from "./FormCard";
import { useDraft } from "./FormDraft";
import { FormDrawer, NONE, problemsOf, without } from "./FormDrawer";
import {
  asNew,
  begins,
  defaultsOf,
  FormSections,
  followers,
  locks,
  neededBy,
  obeying,
  sectionsOf,
  toWrite,
  writable,
} from "./FormFields";
import { useStandardNotes } from "./FormStandard";
import { Stale, useSave, whoOf } from "./RecordSave";
import { useRules } from "./useRules";

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

function Create({ object, values: given, onDone, onClose }: Omit<QuickCreateProps, "object"> & { object: ObjectDef }) {
  const t = useT();
  const { one } = useNouns(object);
  const label = useLabel();
  const catalog = useCatalog();
  const writes = useWrites(object.name, "all");
  const toast = useToast();
  const here = useHere();
  const draft = useDraft<Record<string, unknown>>(`create.${object.name}`);
  const fields = useMemo(() => object.fields.filter(writable), [object]);
  // A list hands over what it is filtered by, be it something that the engine works out.
  const known = useMemo(() => {
    const free = new Set(object.fields.filter((field) => !field.readonly && !field.system).map((field) => field.name));
    return Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => free.has(name)));
  }, [object, given]);
  const plain = useMemo(() => defaultsOf(fields, catalog), [fields, catalog]);
  const start = useMemo(() => ({ ...plain, ...known }), [plain, known]);
  const [values, setValues] = useState<Record<string, unknown>>(() => ({ ...start, ...draft.found?.value, ...known }));
  const [restored, setRestored] = useState(draft.found !== null);
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const [another, setAnother] = useState(false);
  const [all, setAll] = useState(false);
  const [round, setRound] = useState(0);
  /** The text of a business card that is being read; empty where it is still to come. */
  const [card, setCard] = useState<string | null>(null);
  const [carded, setCarded] = useState<string[]>([]);
  /** What a card named and there is no record of, by field: kept until there is one. */
  const [unknown, setUnknown] = useState<Record<string, string>>({});
  /** What rules have begun fields with. */
  const [begun, setBegun] = useState<Readonly<Record<string, unknown>>>({});
  const written = Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => !same(value, plain[name]) && !(name in begun && same(value, begun[name])),
    ),
  );
  const ruling = useRules(object, values, written);
  const { defaults } = ruling;
  const shownNow = useRef({ values, written });
  shownNow.current = { values, written };
  useEffect(() => {
    const { values: now, written: own } = shownNow.current;
    const next: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(defaults)) if (!(name in own)) next[name] = value;
    for (const [name, value] of Object.entries(begun))
      if (!(name in defaults) && same(now[name], value)) next[name] = plain[name] ?? null;
    if (!same(begun, defaults)) setBegun(defaults);
    if (Object.entries(next).some(([name, value]) => !same(now[name], value))) setValues({ ...now, ...next });
  }, [defaults, begun, plain]);
  const { options } = ruling;
  useEffect(() => {
    // What is no option beside the others any more is chosen anew.
    const { values: now } = shownNow.current;
    const gone = Object.entries(options).filter(([name, allowed]) => {
      const held = Array.isArray(now[name]) ? now[name] : isEmpty(now[name]) ? [] : [now[name]];
      return held.some((one) => !allowed.includes(String(one)));
    });
    if (gone.length) setValues({ ...now, ...Object.fromEntries(gone.map(([name]) => [name, null])) });
  }, [options]);
  const every = useMemo(() => asNew(sectionsOf(object, label, t("record.other"))), [object, label, t]);
  const sections = useMemo(() => obeying(every, ruling), [every, ruling]);
  const quick = useMemo(
    () => quickFields(object, every, start, { ...known, ...draft.found?.value }),
    [object, every, start, known, draft],
  );
  const needed = neededBy(fields, catalog, values);
  const inQuick = (field: Field) =>
    quick.has(field.name) || field.required || needed.has(field.name) || carded.includes(field.name);
  const shown = all
    ? sections
    : sections
        .map((section) => ({ label: "", fields: section.fields.filter(inQuick) }))
        .filter((section) => section.fields.length)
        .reduce<{ label: string; fields: Field[] }[]>(
          (one, section) => [{ label: "", fields: [...(one[0]?.fields ?? []), ...section.fields] }],
          [],
        );
  const hidden =
    sections.reduce((sum, section) => sum + section.fields.length, 0) -
    shown.reduce((sum, section) => sum + section.fields.length, 0);
  const dirty = () => Object.entries(values).some(([key, one]) => !same(one, start[key]) && !isEmpty(one));
  const close = () => {
    // What was sent is no draft any more, unless it is refused.
    if (dirty() && !busy) toast({ text: t("record.draft.kept") });
    onClose();
  };
  const unmade = object.fields
    .filter((field) => unknown[field.name] && isEmpty(values[field.name]))
    .map((field) => [
      field.name,
      <Unknown
        key={field.name}
        field={field}
        said={unknown[field.name] ?? ""}
        onMade={(ref) => put({ [field.name]: ref })}
      />,
    ]);
  const told = {
    ...Object.fromEntries(unmade),
    ...begins(fields, values, t),
    ...locks(ruling),
    ...useAlikeNotes(object, values, ruling.alike, close),
  };
  const notes = useStandardNotes(object, written, ruling.standard, told, (field, value) =>
    put({ [field.name]: value }),
  );

  const put = (given: Record<string, unknown>) => {
    const typed = { ...values, ...given };
    const next = { ...typed, ...followers(object.fields, catalog, typed) };
    setValues(next);
    draft.keep(Object.fromEntries(Object.entries(next).filter(([key, one]) => !same(one, start[key]))));
  };
  const cards = takesCards(object);
  const change = (field: Field, value: unknown, more?: Values) => {
    put({ [field.name]: value, ...more });
    setProblems(without(problems, field.name));
  };
  const afresh = () => {
    draft.keep(null);
    setValues(start);
    setRestored(false);
    setProblems(NONE);
    setUnknown({});
    setRound(round + 1);
  };
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      // What was begun with and taken out again is sent as empty, so that it is not begun with once more.
      const filled = Object.fromEntries(
        Object.entries(values).filter(([name, value]) => !isEmpty(value) || !isEmpty(start[name]) || name in begun),
      );
      const made = await writes.create(
        toWrite(filled, object.fields),
        t("record.created", { object: label(object.label) }),
      );
      draft.keep(null);
      if (!here.current) return;
      if (another) afresh();
      else onDone?.(made.id);
    } catch (reason) {
      if (!here.current)
        return void toast({
          text: t("record.unsaved", { name: label(object.label), why: whyOf(reason, t) }),
          tone: "danger",
        });
      const found = problemsOf(reason, object.fields, t);
      setProblems(found);
      if (
        Object.keys(found.fields).some(
          (field) => !shown.some((section) => section.fields.some((one) => one.name === field)),
        )
      )
        setAll(true);
    } finally {
      setBusy(false);
    }
  };
  /** Several lines in a field of one are a card, or a signature. */
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (!cards || !(event.target instanceof HTMLInputElement) || text.trim().split(/\n+/).length < 3) return;
    event.preventDefault();
    setCard(text);
  };
  return (
    <FormDrawer
      title={t("record.new", { object: one })}
      width={480}
      problems={problems}
      onClose={close}
      onSubmit={() => void submit()}
      busy={busy}
      submit={t("record.create", { object: one })}
      aside={
        <Checkbox checked={another} onChange={(event) => setAnother(event.target.checked)}>
          {t("record.another")}
        </Checkbox>
      }
      kept={restored ? draft.found?.at : null}
      onDiscard={afresh}
      onPaste={paste}
      above={
        cards && (
          <button type="button" className={styles.paste} onClick={() => setCard("")}>
            <ClipboardPaste aria-hidden />
            {t("record.card.paste")}
          </button>
        )
      }
      below={
        hidden > 0 && (
          <button type="button" className={styles.more} onClick={() => setAll(true)}>
            <ChevronDown />
            {t("record.more", { n: hidden })}
          </button>
        )
      }
      instead={
        card !== null && (
          <FormCard
            key={card}
            object={object}
            text={card}
            onClose={() => setCard(null)}
            onFill={(read, named) => {
              put(read);
              setUnknown(named);
              setCarded([...carded, ...Object.keys(read), ...Object.keys(named)]);
              setCard(null);
              setProblems(NONE);
            }}
          />
        )
      }
    >
      <FormSections
        key={round}
        sections={shown}
        values={values}
        errors={problems.fields}
        onChange={change}
        focus={shown[0]?.fields.find((field) => isEmpty(start[field.name]))?.name}
        notes={notes}
        needed={needed}
      />
    </FormDrawer>
  );
}

export interface EditFormProps {
  object: ObjectDef;
  record: RecordData;
  onClose: () => void;
  focus?: string;
}

/**
 * All of a record's fields at once. What somebody else changes meanwhile appears in it; where both changed the same field,
 * the field asks whose value it shall be.
 */
export function EditForm({ object, record: given, onClose, focus }: EditFormProps) {
  const t = useT();
  const ctx = useFormatContext();
  const label = useLabel();
  const catalog = useCatalog();
  const save = useSave(object);
  const toast = useToast();
  const here = useHere();
  const draft = useDraft<{ edits: Record<string, unknown>; over: Record<string, unknown> }>(`edit.${given.id}`);
  // A list has read only what it shows of the record.
  const { data, error, refetch } = useRecord(object.name, given.id);
  const record = data ?? given;
  const first = useRef(data);
  first.current ??= data;
  const [edits, setEdits] = useState<Record<string, unknown>>(() => draft.found?.value.edits ?? {});
  /** What an edit was made over, be it days ago, where that is not what this form began with. */
  const [over, setOver] = useState<Record<string, unknown>>(() => draft.found?.value.over ?? {});
  const base: Record<string, unknown> = { ...first.current, ...over };
  const [newer, setNewer] = useState<RecordData>();
  const [restored, setRestored] = useState(draft.found !== null);
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const every = useMemo(() => sectionsOf(object, label, t("record.other")), [object, label, t]);
  const fresh = newer && newer.version > record.version ? newer : record;
  const values = { ...fresh, ...edits };
  const ruling = useRules(object, values, edits, fresh);
  const sections = useMemo(() => obeying(every, ruling), [every, ruling]);
  const alike = useAlikeNotes(object, values, ruling.alike, onClose);
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
    setProblems(without(problems, field.name));
  };
  const theirs = (name: string) => {
    const parts = new Set([name, ...object.fields.filter((field) => field.of === name).map((field) => field.name)]);
    keep(Object.fromEntries(Object.entries(edits).filter(([key]) => !parts.has(key))));
  };
  const submit = async () => {
    if (busy) return;
    if (!dirty) return onClose();
    if (clashes.length) return setProblems({ ...problems, attempt: {} });
    setBusy(true);
    try {
      await save(fresh, changed, { done: t("list.saved", { title: titleOf(object, { ...fresh, ...changed }) }) });
      draft.keep(null);
      if (here.current) onClose();
    } catch (reason) {
      const refusal = reason instanceof Stale ? reason.refusal : reason;
      if (!here.current)
        toast({
          text: t("record.unsaved", { name: titleOf(object, record), why: whyOf(refusal, t) }),
          tone: "danger",
        });
      else if (reason instanceof Stale) setNewer(reason.fresh);
      else setProblems(problemsOf(reason, object.fields, t));
    } finally {
      setBusy(false);
    }
  };

  const told = { ...locks(ruling), ...alike };
  const notes: Record<string, ReactNode> = useStandardNotes(object, edits, ruling.standard, told, change);
  for (const name of clashes) {
    const field = object.fields.find((one) => one.name === name);
    if (!field) continue;
    notes[field.of ?? name] = (
      <div className={styles.clash} role="alert">
        <UserRoundPen aria-hidden />
        <span>
          {t("record.stale", { who: whoOf(fresh), value: twin(field).format(fresh[name], field, ctx) || "—" })}
        </span>
        <button type="button" onClick={() => theirs(name)}>
          {t("record.stale.theirs")}
        </button>
        <button type="button" onClick={() => setOver({ ...over, [name]: fresh[name] })}>
          {t("record.stale.mine")}
        </button>
      </div>
    );
  }

  return (
    <FormDrawer
      title={t("record.edit.title", { title: titleOf(object, record) || label(object.label) })}
      width={640}
      columns
      problems={problems}
      onClose={onClose}
      onSubmit={() => void submit()}
      busy={busy}
      disabled={!dirty}
      submit={
        clashes.length
          ? t("record.save.decide", { n: clashes.length })
          : dirty
            ? t("record.save.n", { n: Object.keys(changed).length })
            : t("record.save.none")
      }
      beside={<Button onClick={onClose}>{t("record.close")}</Button>}
      kept={restored ? draft.found?.at : null}
      onDiscard={() => {
        keep({});
        setRestored(false);
      }}
      instead={
        !data && (error ? <ErrorState error={error} retry={() => void refetch()} /> : <SkeletonRows height={56} />)
      }
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
    </FormDrawer>
  );
}
