/** The facts of a record by section, each edited where it stands. */
import { AlertTriangle, Check, ChevronDown, ListPlus, LoaderCircle, Lock, PencilLine } from "lucide-react";
import { type KeyboardEvent, Suspense, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useBack } from "../api/live";
import { isEmpty, twin, useFormatContext } from "../fields";
import type { Values } from "../fields/twin";
import { spoken, useFormat, useLabel, useT } from "../i18n";
import { part } from "../renew";
import { type Field, fieldIn, type ObjectDef, type RecordData } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx, IconButton, Popover, SkeletonRows, usePhone } from "../ui";
import { Soon } from "../ui/later";
import { type Draft, useDraft } from "./FormDraft";
import { followers, laidOut, writable } from "./FormFields";
import { offering } from "./fitting";
import styles from "./RecordFacts.module.css";
import { Stale, useSave, whoOf } from "./RecordSave";
import { useRules } from "./useRules";

const Score = part(spoken(() => import("../quality/Score")));

export type State =
  | { is: "rest" }
  | { is: "saving"; value: unknown; more: Values }
  | { is: "saved" }
  /** It has another value than a moment ago, and not by this row. */
  | { is: "changed" }
  | { is: "stale"; stale: Stale; value: unknown; more: Values };

/** What is being written, over what was there. */
interface Typed {
  field: string;
  value: unknown;
  more: Values;
  was: unknown;
}

interface Editing {
  value: unknown;
  more: Values;
  /** What it is written over. */
  base: RecordData;
  /** When it was written, where it was kept. */
  found?: number;
}

interface FactProps {
  object: ObjectDef;
  field: Field;
  record: RecordData;
  editable: boolean;
  /** What may be chosen beside the other values; undefined for everything. */
  allowed?: string[];
  /** Why a rule locks it. */
  locked?: string;
  /** Opens when it becomes true: the walk through what is empty has come here. */
  asked?: boolean;
  /** How it stands at first. */
  begun?: State;
  /** Keeps what is being written until it is saved or given up. */
  draft?: Draft<Typed>;
  /** The walk goes on, or ends here. */
  onWalk?: (on: boolean) => void;
}

/** Label and value. A click, or its button, turns the value into its input: Enter saves, Esc restores, leaving saves too. */
export function Fact({
  object,
  field: own,
  record,
  editable,
  allowed,
  locked,
  asked,
  begun,
  draft,
  onWalk,
}: FactProps) {
  const field = fieldIn(object, own, record);
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const save = useSave(object);
  const phone = usePhone();
  const id = useId();
  const { Cell, Show = Cell, Input, wide, block, format } = twin(field);
  // Who goes from fact to fact by key hears what is written there.
  const told = useId();
  const kept = record[field.name];
  const [editing, setEditing] = useState<Editing | null>(() => {
    const { value: typed, at: found } = draft?.found ?? {};
    if (!editable || typed?.field !== own.name) return null;
    // Over another value than was there, it asks before it saves.
    const base = same(typed.was, kept ?? null) ? record : { ...record, version: 0, [own.name]: typed.was };
    return { value: typed.value, more: typed.more, base, found };
  });
  const [state, setState] = useState<State>(begun ?? { is: "rest" });
  const [problem, setProblem] = useState<string | null>(null);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const opener = useRef<HTMLButtonElement>(null);
  const name = ctx.label(field.label, field.name);

  useEffect(() => {
    if (state.is !== "saved" && state.is !== "changed") return;
    const timer = setTimeout(() => setState({ is: "rest" }), state.is === "saved" ? 1200 : 2400);
    return () => clearTimeout(timer);
  }, [state]);
  const last = useRef(kept);
  useEffect(() => {
    if (same(last.current, kept)) return;
    last.current = kept;
    setState((now) => (now.is === "rest" ? { is: "changed" } : now));
  }, [kept]);
  useEffect(() => () => clearTimeout(leaving.current), []);

  const open = () => {
    if (!editable || editing || state.is === "saving") return;
    setProblem(null);
    setState({ is: "rest" });
    // What others change from here on is noticed, however soon the page shows it.
    setEditing({ value: kept ?? null, more: {}, base: record });
  };
  const type = (now: Editing) => {
    setEditing(now);
    draft?.keep({ field: field.name, value: now.value, more: now.more, was: now.base[field.name] ?? null });
  };
  const opens = useRef(open);
  opens.current = open;
  useEffect(() => {
    if (asked) opens.current();
  }, [asked]);
  const close = (refocus: boolean, on = refocus) => {
    setEditing(null);
    setProblem(null);
    if (asked) onWalk?.(on);
    if (refocus && !(asked && on)) requestAnimationFrame(() => opener.current?.focus());
  };
  const commit = async (value: unknown, more: Values, refocus: boolean, over: RecordData) => {
    const typed = { [field.name]: value, ...more };
    const values = { ...typed, ...followers(object.fields, ctx.catalog, { ...over, ...typed }) };
    const changed = Object.entries(values).some(([key, one]) => !same(one, over[key] ?? null));
    clearTimeout(leaving.current);
    if (!changed) {
      draft?.keep(null);
      setState({ is: "rest" });
      return close(refocus);
    }
    close(refocus);
    setState({ is: "saving", value, more });
    try {
      await save(over, values, { done: t("record.fact.saved", { field: name }), quiet: true });
      draft?.keep(null);
      setState({ is: "saved" });
    } catch (reason) {
      if (reason instanceof Stale) setState({ is: "stale", stale: reason, value, more });
      else if (reason instanceof ApiError) {
        // The value stays as it was typed, with the reason beside it.
        setState({ is: "rest" });
        setEditing({ value, more, base: over });
        setProblem(reason.status === 0 ? t("record.offline") : (Object.values(reason.fields)[0] ?? reason.message));
      } else throw reason;
    }
  };
  useBack(
    problem === t("record.offline"),
    () => editing && void commit(editing.value, editing.more, false, editing.base),
  );
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    // A form that was opened from here is somewhere else on the screen and closes itself.
    if (!event.currentTarget.contains(event.target as Node)) return;
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(leaving.current);
    draft?.keep(null);
    close(true, false);
  };

  if (editing) {
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: it listens to what bubbles out of its input, popups included
      <div
        className={cx(styles.fact, styles.editing, wide && styles.wide)}
        onKeyDownCapture={keyDown}
        onFocus={() => clearTimeout(leaving.current)}
        onBlur={() => {
          leaving.current = setTimeout(() => void commit(editing.value, editing.more, false, editing.base), 120);
        }}
        data-fact={field.name}
      >
        <label htmlFor={id}>{name}</label>
        <div className={styles.input}>
          <Input
            id={id}
            field={offering(field, allowed, kept)}
            value={editing.value}
            values={{ ...record, ...editing.more }}
            size={phone ? "large" : "small"}
            autoFocus
            status={problem ? "error" : undefined}
            label={name}
            onChange={(value, more) => type({ ...editing, value, more: { ...editing.more, ...more } })}
            onCommit={(value, more) => void commit(value, { ...editing.more, ...more }, true, editing.base)}
          />
          {problem && (
            <p className={styles.problem} role="alert">
              <AlertTriangle aria-hidden />
              {problem}
            </p>
          )}
          {editing.found && (
            <p className={styles.meanwhile} role="status">
              {t("record.restored", { when: f.ago(new Date(editing.found).toISOString()) })}
            </p>
          )}
          {!same(kept, editing.base[field.name] ?? null) && !same(kept, editing.value) && (
            <p className={styles.meanwhile} role="status">
              {t("record.stale", { who: whoOf(record), value: format(kept, field, ctx) || "—" })}
            </p>
          )}
        </div>
      </div>
    );
  }

  const why = locked ?? t(object.can.update ? "record.readonly.field" : "record.readonly.role");
  const shown = state.is === "saving" || state.is === "stale" ? state.value : kept;
  const row = state.is === "saving" || state.is === "stale" ? { ...record, ...state.more } : record;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside is the way for the keyboard
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <div
      className={cx(
        styles.fact,
        block && !isEmpty(shown) && styles.wide,
        editable && styles.editable,
        state.is === "stale" && styles.lost,
        state.is === "changed" && styles.changed,
      )}
      data-fact={field.name}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest("a, button") && !window.getSelection()?.toString()) open();
      }}
    >
      <span className={styles.label} title={ctx.label(field.help) || undefined}>
        {name}
        {field.required && editable && isEmpty(kept) && (
          <span className={styles.must} title={t("record.required")}>
            <span aria-hidden>*</span>
            <span className="sr">{t("record.required")}</span>
          </span>
        )}
      </span>
      <div className={styles.value} id={told}>
        <Show field={field} value={shown} record={row} />
      </div>
      <span className={styles.sign}>
        {state.is === "saving" && (
          <LoaderCircle className={cx(styles.spin, "turning")} aria-label={t("record.saving")} />
        )}
        {state.is === "saved" && <Check className={styles.tick} aria-label={t("record.saved")} />}
        {!editable && (
          <span className={styles.shut} role="img" aria-label={why} data-tip={why}>
            <Lock aria-hidden />
          </span>
        )}
        {editable && state.is !== "stale" && (
          // Under the sign of what becomes of a value it stays: it has the focus.
          <button
            type="button"
            ref={opener}
            className={cx((state.is === "saving" || state.is === "saved") && styles.under)}
            onClick={open}
            aria-label={t("record.edit.field", { field: name })}
            aria-describedby={told}
          >
            <PencilLine aria-hidden />
          </button>
        )}
      </span>
      {state.is === "stale" && (
        <div className={styles.stale} role="alert">
          <AlertTriangle aria-hidden />
          <span>
            {t("record.stale", {
              who: state.stale.who,
              value: format(state.stale.fresh[field.name], field, ctx) || "—",
            })}
          </span>
          <button
            type="button"
            onClick={() => {
              draft?.keep(null);
              setState({ is: "rest" });
            }}
          >
            {t("record.stale.theirs")}
          </button>
          <button type="button" onClick={() => void commit(state.value, state.more, false, state.stale.fresh)}>
            {t("record.stale.mine")}
          </button>
        </div>
      )}
    </div>
  );
}

/** Facts that are drawn in one go: more than a screen has. */
const PORTION = 50;

/** Those to draw together, each with the place where it begins. */
const portions = (fields: Field[]): { from: number; fields: Field[] }[] =>
  Array.from({ length: Math.ceil(fields.length / PORTION) }, (_, at) => ({
    from: at * PORTION,
    fields: fields.slice(at * PORTION, (at + 1) * PORTION),
  }));

export function RecordFacts({ object, record }: { object: ObjectDef; record: RecordData }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const ruling = useRules(object, record, null, record);
  const shown = (fields: Field[]): Field[] =>
    fields
      .filter((field) => !ruling.hidden.has(field.name))
      .map((field) => (ruling.required.has(field.name) ? { ...field, required: true } : field));
  const facts = object.fields.filter((field) => !field.of && !field.system && field.type !== "password");
  const sections = laidOut(object, facts, label, t("record.other"))
    // What a rule hides leaves the others where they are: none that is being written in changes its portion.
    .map(({ fields, ...section }) => ({
      ...section,
      key: fields[0]?.name,
      fields: shown(fields),
      portions: portions(fields).map((one) => ({ ...one, fields: shown(one.fields) })),
    }))
    .filter((section) => section.fields.length > 0);
  const counted = sections
    .filter((section) => !section.rest)
    .flatMap((section) => section.fields)
    .filter((field) => writable(field) && field.type !== "boolean" && !(field.name in ruling.readonly));
  const filled = counted.filter((field) => !isEmpty(record[field.name])).length;
  const empty = counted.filter((field) => isEmpty(record[field.name]));
  const [scored, setScored] = useState(false);
  const draft = useDraft<Typed>(`facts.${record.id}`);
  const [all, setAll] = useState(() =>
    sections.some((one) => one.rest && one.fields.some((field) => field.name === draft.found?.value.field)),
  );
  const [walk, setWalk] = useState<string | null>(null);
  /** From here to the next field that is still empty; past the last one it is done. */
  const next = (from: string, on: boolean) => {
    const at = counted.findIndex((field) => field.name === from);
    const to = on ? counted.slice(at + 1).find((field) => isEmpty(record[field.name])) : undefined;
    setWalk(to?.name ?? null);
  };
  const share = counted.length ? Math.round((filled / counted.length) * 100) : 100;
  const by = (value: unknown): string =>
    value ? ((value as { title?: string }).title ?? t("record.somebody")) : t("record.system");
  return (
    <div className={styles.facts}>
      {sections.map((section, at) =>
        section.rest && !all ? (
          <button key={section.key} type="button" className={styles.more} onClick={() => setAll(true)}>
            <ChevronDown aria-hidden />
            {t("record.more", { n: section.fields.length })}
          </button>
        ) : (
          <section key={section.key} aria-label={section.label}>
            <div className={styles.head}>
              <h2>{section.label}</h2>
              {at === 0 && (
                <span className={styles.share}>
                  <Popover
                    open={scored}
                    label={t("quality.title")}
                    onOpenChange={setScored}
                    placement="bottomLeft"
                    content={
                      <Suspense fallback={<SkeletonRows rows={4} />}>
                        <Score object={object} id={record.id} filled={filled} all={counted.length} />
                      </Suspense>
                    }
                  >
                    <button
                      type="button"
                      className={styles.shareOf}
                      aria-expanded={scored}
                      data-tip={t("record.complete.of", { filled, all: counted.length })}
                    >
                      {t("record.complete", { share })}
                    </button>
                  </Popover>
                  <span className={styles.bar} aria-hidden="true">
                    <i style={{ width: `${share}%` }} />
                  </span>
                  {empty.length > 0 && object.can.update && (
                    <IconButton
                      small
                      icon={<ListPlus />}
                      label={t("record.fill", { n: empty.length })}
                      onClick={() => setWalk(empty[0]?.name ?? null)}
                    />
                  )}
                </span>
              )}
            </div>
            {section.portions.map(({ from, fields }) => (
              <Soon key={from} far={from > 0}>
                {fields.map((field) => (
                  <Fact
                    key={field.name}
                    object={object}
                    field={field}
                    record={record}
                    editable={object.can.update && writable(field) && !(field.name in ruling.readonly)}
                    allowed={ruling.options[field.name]}
                    locked={ruling.readonly[field.name]}
                    asked={walk === field.name}
                    draft={draft}
                    onWalk={(on) => next(field.name, on)}
                  />
                ))}
              </Soon>
            ))}
          </section>
        ),
      )}
      <p className={styles.origin}>
        {t("record.created.by", { who: by(record.created_by), when: f.datetime(String(record.created_at)) })}
        <br />
        {t("record.updated.by", { who: by(record.updated_by), when: f.datetime(String(record.updated_at)) })}
      </p>
    </div>
  );
}
