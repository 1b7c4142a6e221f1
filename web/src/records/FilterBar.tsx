/** The filter as a sentence: every condition a chip, and every chip its own editor. */
import { ChevronDown, Plus, Search, X } from "lucide-react";
import { type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { conditionWords } from "../fields/conditions";
import type { FormatContext } from "../fields/twin";
import { type Key, type T, useLabel, useNouns, useT } from "../i18n";
import { part } from "../renew";
import type { Catalog, Field, ObjectDef } from "../schema/catalog";
import {
  type Condition,
  type Filter,
  fromSentence,
  isCondition,
  namedBy,
  type Sentence,
  same,
  toSentence,
} from "../schema/filter";
import { toQuestion } from "../schema/related";
import { useSegments } from "../segments/queries";
import { Button, cx, media, Popover, TextInput } from "../ui";
import { Select } from "../ui/antd";
import { askedField, isComplete } from "./asked";
import { type Pick as FieldPick, FieldPicker, usePicks } from "./FieldPicker";
import { isTime, type List } from "./list";
import styles from "./list.module.css";

const RelatedEditor = part(() => import("./RelatedEditor"));

/** The word for an operator; dates are later and earlier, not greater and smaller. */
export function opWord(op: string, field: Field | undefined, t: T): string {
  if (field && isTime(field) && ["gt", "gte", "lt", "lte"].includes(op)) return t(`list.op.${op}.date` as Key);
  return t(`list.op.${op}` as Key);
}

export function useDescribe(object: ObjectDef): (filter: Filter) => { field: string; op: string; value: string } {
  const catalog = useCatalog();
  const context = useFormatContext();
  const t = useT();
  return (filter) => describe(filter, object, catalog, context, t);
}

/** A whole filter in words; empty for none. */
export function useFilterWords(): (filter: Filter | null | undefined, object: ObjectDef) => string {
  const catalog = useCatalog();
  const context = useFormatContext();
  const t = useT();
  return (filter, object) => {
    const { join, parts } = toSentence(filter);
    return parts.map((part) => wholeOf(part, object, catalog, context, t)).join(` ${t(`list.${join}`)} `);
  };
}

/** A segment by its name, once it is known. */
function SegmentName({ id, object }: { id: string; object: string }) {
  const t = useT();
  const label = useLabel();
  const found = useSegments(object).find((one) => one.id === id);
  return found ? label(found.label) : t("list.segment.gone");
}

const segmentOf = (filter: Filter): { id: string; not: boolean } | null =>
  "in_segment" in filter
    ? { id: filter.in_segment, not: false }
    : "not" in filter && "in_segment" in filter.not
      ? { id: filter.not.in_segment, not: true }
      : null;

function describe(
  filter: Filter,
  object: ObjectDef,
  catalog: Catalog,
  context: FormatContext,
  t: T,
): { field: string; op: string; value: string } {
  const whole = (part: Filter): string => wholeOf(part, object, catalog, context, t);
  if (namedBy(filter)) return { field: "", op: "", value: t("list.these", { n: namedBy(filter) }) };
  if (isCondition(filter)) {
    const field = catalog.field(object, filter.field);
    if (!field) return { field: filter.field, op: filter.op, value: JSON.stringify(filter.value) };
    const names = filter.field.split(".");
    const label = names
      .map((_, at) => context.label(catalog.field(object, names.slice(0, at + 1).join("."))?.label, names[at]))
      .join(" › ");
    if (filter.op === "is_empty")
      return { field: label, op: t(filter.value === false ? "list.op.is_not_empty" : "list.op.is_empty"), value: "" };
    if (filter.op === "invalid")
      return { field: label, op: t(filter.value === false ? "list.op.is_valid" : "list.op.invalid"), value: "" };
    return {
      field: label,
      op: opWord(filter.op, field, t),
      value: conditionWords(twin(field).format, filter.op, filter.value, field, context),
    };
  }
  if ("formula" in filter) return { field: "", op: "", value: filter.formula };
  if ("and" in filter) return { field: "", op: "", value: filter.and.map(whole).join(` ${t("list.and")} `) };
  if ("or" in filter) return { field: "", op: "", value: filter.or.map(whole).join(` ${t("list.or")} `) };
  if ("not" in filter) return { field: "", op: t("list.not"), value: whole(filter.not) };
  if ("was" in filter) return { field: "", op: t("list.was"), value: whole(filter.was) };
  if ("changed" in filter) {
    const field = catalog.field(object, filter.changed);
    const op = t(filter.way ? `list.changed.${filter.way}` : "list.changed");
    return { field: context.label(field?.label, filter.changed), op, value: "" };
  }
  if ("duplicate" in filter) return { field: "", op: t("list.duplicate"), value: "" };
  if ("in_change_set" in filter) return { field: "", op: "", value: t("list.in_change_set") };
  if ("in_segment" in filter) return { field: "", op: t("list.in_segment"), value: "…" };
  const question = toQuestion(filter);
  if (!question) return { field: "", op: "", value: JSON.stringify(filter) };
  const { ask, op, value, where, after } = question;
  const related = object.related.find((one) => one.name === question.related);
  const target = catalog.object(related?.object);
  const name = (from: string) => context.label(object.related.find((one) => one.name === from)?.label, from);
  const field = askedField(target, question);
  const figure =
    !field || ask === "any" || ask === "none" || ask === "count"
      ? ""
      : t(`list.related.${ask}${isTime(field) && (ask === "min" || ask === "max") ? ".date" : ""}` as Key, {
          field: context.label(field.label, field.name),
        });
  const compared = field && conditionWords(twin(field).format, op, value, field, context);
  const asked =
    ask === "any" || ask === "none"
      ? t(`list.related.${ask}`)
      : op === "is_empty"
        ? t(value === false ? "list.op.is_not_empty" : "list.op.is_empty")
        : ask === "count"
          ? t(`list.related.n.${op}` as Key, { n: compared ?? "" })
          : `${opWord(op, field, t)} ${compared}`;
  const since = after && t("list.related.after", { other: name(after.related) });
  const said = where && target ? wholeOf(where, target, catalog, context, t) : "";
  if (said && (ask === "any" || ask === "none"))
    return { field: name(question.related), op: since ?? "", value: t(`list.related.${ask}.where`, { where: said }) };
  const only = said && t("list.related.where", { where: said });
  return {
    field: name(question.related),
    op: figure,
    value: [asked, since, only].filter(Boolean).join(context.language === "zh" ? "" : " "),
  };
}

function wholeOf(filter: Filter, object: ObjectDef, catalog: Catalog, context: FormatContext, t: T): string {
  const words = describe(filter, object, catalog, context, t);
  return [words.field, words.op, words.value].filter(Boolean).join(" ");
}

interface FilterBarProps {
  list: List;
  tools: ReactNode;
  /** What keeps the conditions. */
  save?: ReactNode;
  /** The field that a condition was asked for elsewhere. */
  asked: string | null;
  onAsked: (path: string | null) => void;
}

const useMiddle = media("(min-width: 768px) and (max-width: 1279px)").useMatch;

/** The sentence, the search box and what stands at the right of them. */
export function FilterBar({ list, tools, save, asked, onAsked }: FilterBarProps) {
  const label = useLabel();
  // Where one line has no room for both, conditions stand over the tools, with what keeps them at their end.
  const over = useMiddle() && toSentence(list.said).parts.length > 0;
  return (
    <div className={cx(styles.say, over && styles.over)}>
      <FilterSentence
        object={list.object}
        filter={list.said}
        own={list.view.filter}
        all={list.said === list.filter ? undefined : label(list.view.label)}
        onChange={(filter) => list.set({ filter })}
        deep
        asked={asked}
        onAsked={onAsked}
      />
      {over ? save : <span className="spring" />}
      {!list.moment && <ListSearchBox list={list} />}
      {tools}
      {!over && save}
    </div>
  );
}

interface FilterSentenceProps extends Partial<Pick<FilterBarProps, "asked" | "onAsked">> {
  /** Its fields are what conditions can be about. */
  object: ObjectDef;
  filter: Filter | null;
  /** What was there before: everything else is tinted. */
  own: Filter | null;
  /** What it is called when nothing narrows it; all records else. */
  all?: string;
  onChange: (filter: Filter | null) => void;
  /** Conditions may follow links. */
  deep?: boolean;
  /** The conditions alone, as a part of a form. */
  bare?: boolean;
}

/** Conditions that stand over a list before the rest is folded: the list is what one came for. */
const MOST = 6;

/** "Show [status is open] and […]": every condition a chip, and the way to one more. */
export function FilterSentence(props: FilterSentenceProps) {
  const { object, filter, own: kept, onChange, all, deep, bare, asked, onAsked } = props;
  const t = useT();
  const sentence = toSentence(filter);
  const own = toSentence(kept);
  const say = (next: Sentence) => onChange(fromSentence(next));
  const { many: plural } = useNouns(object);
  const [unfolded, setUnfolded] = useState(false);
  const folded = !bare && !unfolded && sentence.parts.length > MOST + 1 ? sentence.parts.length - MOST : 0;
  const replace = (at: number, part: Filter | null) =>
    say({ ...sentence, parts: sentence.parts.flatMap((old, index) => (index === at ? (part ? [part] : []) : [old])) });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter in what stands over a form is not meant for the form
    <div
      className={cx(styles.sentence, bare && styles.wraps)}
      onKeyDown={(event) => {
        if (bare && event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
      }}
    >
      {!bare && (
        <span>
          {sentence.parts.length
            ? t("list.say.before", { objects: plural })
            : (all ?? t("list.say.all", { objects: plural }))}
        </span>
      )}
      {sentence.parts.slice(0, folded ? MOST : undefined).map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
        <span key={at} className={styles.part}>
          {at > 0 && (
            <button
              type="button"
              className={styles.join}
              title={t("list.join")}
              onClick={() => say({ ...sentence, join: sentence.join === "and" ? "or" : "and" })}
            >
              {t(sentence.join === "and" ? "list.and" : "list.or")}
            </button>
          )}
          <Chip
            object={object}
            part={part}
            fresh={!own.parts.some((old) => same(old, part))}
            onChange={(next) => replace(at, next)}
            onRemove={() => replace(at, null)}
          />
        </span>
      ))}
      {folded > 0 && (
        <button type="button" className={styles.join} aria-expanded={false} onClick={() => setUnfolded(true)}>
          {t(sentence.join === "and" ? "list.say.more.and" : "list.say.more.or", { n: folded })}
        </button>
      )}
      {!bare && sentence.parts.length > 0 && <span>{t("list.say.after", { objects: plural })}</span>}
      <AddCondition
        deep={deep}
        object={object}
        asked={asked}
        onAsked={onAsked}
        onAdd={(condition) => say({ ...sentence, parts: [...sentence.parts, condition] })}
      />
    </div>
  );
}

/** Conditions that are edited where they stand, without a list. */
export function Conditions(props: Pick<FilterSentenceProps, "object" | "filter" | "onChange">) {
  return <FilterSentence {...props} own={props.filter} deep bare />;
}

function Chip({
  object,
  part,
  fresh,
  onChange,
  onRemove,
}: {
  object: ObjectDef;
  part: Filter;
  fresh: boolean;
  onChange: (part: Filter) => void;
  onRemove: () => void;
}) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const question = toQuestion(part);
  const words = useDescribe(object)(part);
  const segment = segmentOf(part);
  const text = segment ? (
    <>
      <span className={styles.op}>{t(segment.not ? "list.not_in_segment" : "list.in_segment")}</span>
      <b>
        <SegmentName id={segment.id} object={object.name} />
      </b>
    </>
  ) : (
    <>
      {words.field && <span>{words.field}</span>}
      <span className={styles.op}>{words.op}</span>
      {words.value && <b>{words.value}</b>}
    </>
  );
  return (
    <span className={cx(styles.chip, fresh && styles.fresh)}>
      {(isCondition(part) && !namedBy(part)) || question || segment ? (
        <Popover
          open={open}
          onOpenChange={setOpen}
          placement="bottomLeft"
          content={
            isCondition(part) ? (
              <ConditionEditor object={object} condition={part} onChange={onChange} onClose={() => setOpen(false)} />
            ) : question ? (
              <Suspense>
                <RelatedEditor object={object} question={question} onChange={onChange} onClose={() => setOpen(false)} />
              </Suspense>
            ) : (
              <SegmentEditor object={object} value={segment} onChange={onChange} onClose={() => setOpen(false)} />
            )
          }
        >
          <button
            type="button"
            className={styles.chipText}
            aria-expanded={open}
            title={question ? [words.field, words.op, words.value].filter(Boolean).join(" ") : undefined}
          >
            {text}
          </button>
        </Popover>
      ) : (
        <span className={styles.chipText}>{text}</span>
      )}
      <button
        type="button"
        className={styles.chipX}
        aria-label={t("list.condition.remove", { name: words.field || words.value })}
        onClick={onRemove}
      >
        <X />
      </button>
    </span>
  );
}

interface AddConditionProps extends Pick<FilterSentenceProps, "asked" | "onAsked" | "deep"> {
  object: ObjectDef;
  onAdd: (condition: Filter) => void;
}

const KINDS = ["fields", "related", "segments"] as const;

/** What a new condition is about: a field, what points here, or a segment. */
function About({ object, deep, onPick, onRelated, onAdd, onClose }: AboutProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [kind, setKind] = useState<(typeof KINDS)[number]>("fields");
  const picks = usePicks(object, deep).filter((pick) => pick.field.operators.length > 0);
  const lists = object.related.flatMap((one) => {
    const field = catalog.object(one.object)?.fields.find((found) => found.name === one.field);
    return field && catalog.object(one.object)?.can.read
      ? [{ path: one.name, field, label: label(one.label, one.name) }]
      : [];
  });
  if (!deep) return <FieldPicker picks={picks} onPick={onPick} />;
  return (
    <div className={styles.asks}>
      <div className={styles.kinds} role="group" aria-label={t("list.condition")}>
        {KINDS.map((one) => (
          <button key={one} type="button" aria-pressed={one === kind} onClick={() => setKind(one)}>
            {t(`list.tab.${one}`)}
          </button>
        ))}
      </div>
      {kind === "fields" && <FieldPicker picks={picks} onPick={onPick} />}
      {kind === "related" && <FieldPicker key="related" picks={lists} onPick={(pick) => onRelated(pick.path)} />}
      {kind === "segments" && <SegmentEditor object={object} value={null} onChange={onAdd} onClose={onClose} />}
    </div>
  );
}

interface AboutProps {
  object: ObjectDef;
  deep: boolean;
  onPick: (pick: FieldPick) => void;
  onRelated: (name: string) => void;
  onAdd: (filter: Filter) => void;
  onClose: () => void;
}

/** In a segment, or not in it. */
function SegmentEditor({
  object,
  value,
  onChange,
  onClose,
}: {
  object: ObjectDef;
  value: { id: string; not: boolean } | null;
  onChange: (filter: Filter) => void;
  onClose: () => void;
}) {
  const t = useT();
  const label = useLabel();
  const segments = useSegments(object.name);
  const [{ id, not }, set] = useState({ id: value?.id ?? "", not: value?.not ?? false });
  if (segments.length === 0) return <p className={styles.pickNone}>{t("list.segments.none")}</p>;
  return (
    <div role="dialog" tabIndex={-1} aria-label={t("seg.title")} className={styles.editor}>
      <div className={styles.askedRow}>
        <Select
          size="small"
          value={not ? "not" : "in"}
          aria-label={t("list.operator")}
          options={[
            { value: "in", label: t("list.in_segment") },
            { value: "not", label: t("list.not_in_segment") },
          ]}
          onChange={(next: string) => set((old) => ({ ...old, not: next === "not" }))}
        />
        <Select
          size="small"
          value={id || undefined}
          aria-label={t("seg.title")}
          showSearch={{ optionFilterProp: "label" }}
          options={segments.map((one) => ({ value: one.id, label: label(one.label) }))}
          onChange={(next: string) => set((old) => ({ ...old, id: next }))}
        />
      </div>
      <div className={styles.editorFoot}>
        <Button
          size="small"
          type="primary"
          disabled={!id}
          onClick={() => {
            onChange(not ? { not: { in_segment: id } } : { in_segment: id });
            onClose();
          }}
        >
          {t(value ? "list.condition.done" : "list.condition.add")}
        </Button>
      </div>
    </div>
  );
}

function AddCondition({ object, deep = false, asked, onAsked, onAdd }: AddConditionProps) {
  const t = useT();
  const catalog = useCatalog();
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<Condition | null>(null);
  const [related, setRelated] = useState<string | null>(null);
  const close = () => {
    setOpen(false);
    setDraft(null);
    setRelated(null);
  };
  const add = (next: Filter) => {
    onAdd(next);
    close();
  };
  const begin = useCallback((path: string, field: Field) => {
    const preferred = twin(field).defaultOp;
    setDraft({
      field: path,
      op: preferred && field.operators.includes(preferred) ? preferred : (field.operators[0] ?? "eq"),
      value: undefined,
    });
  }, []);
  useEffect(() => {
    const field = asked ? catalog.field(object, asked) : undefined;
    if (!asked || !field) return;
    begin(asked, field);
    setOpen(true);
    onAsked?.(null);
  }, [asked, catalog, object, begin, onAsked]);
  return (
    <Popover
      open={open}
      onOpenChange={(next) => (next ? setOpen(true) : close())}
      placement="bottomLeft"
      content={
        draft ? (
          <ConditionEditor object={object} condition={draft} fresh onChange={add} onClose={close} />
        ) : related ? (
          <Suspense>
            <RelatedEditor
              object={object}
              question={{ related, ask: "any", op: "gte", value: 1, where: null }}
              fresh
              onChange={add}
              onClose={close}
            />
          </Suspense>
        ) : (
          <About
            object={object}
            deep={deep}
            onPick={(pick) => begin(pick.path, pick.field)}
            onRelated={setRelated}
            onAdd={add}
            onClose={close}
          />
        )
      }
    >
      <button type="button" className={styles.add} aria-label={t("list.condition")}>
        <Plus />
        <span>{t("list.condition")}</span>
      </button>
    </Popover>
  );
}

interface EditorProps {
  object: ObjectDef;
  condition: Condition;
  /** Not in the sentence yet: applied by the button, not while typing. */
  fresh?: boolean;
  onChange: (condition: Condition) => void;
  onClose: () => void;
}

function ConditionEditor({ object, condition, fresh, onChange, onClose }: EditorProps) {
  const t = useT();
  const catalog = useCatalog();
  const label = useLabel();
  const [draft, setDraft] = useState(condition);
  const field = catalog.field(object, draft.field);
  const latest = useRef(onChange);
  latest.current = onChange;
  const done = useRef(() => {});
  useEffect(() => {
    if (fresh || same(draft, condition) || !isComplete(draft)) return;
    const timer = setTimeout(() => latest.current(draft), 350);
    return () => clearTimeout(timer);
  }, [draft, condition, fresh]);
  if (!field) return null;
  const { Filter: ValueEditor } = twin(field);
  const shape = (op: string) =>
    op === "is_empty" || op === "invalid"
      ? "flag"
      : op === "between"
        ? "pair"
        : op === "in" || op === "not_in"
          ? "list"
          : op === "within"
            ? "span"
            : "one";
  const setOp = (op: string) => {
    const value = shape(op) === "flag" ? true : shape(op) === shape(draft.op) ? draft.value : undefined;
    setDraft({ ...draft, op, value });
  };
  const apply = () => {
    if (!isComplete(draft)) return;
    onChange(draft);
    onClose();
  };
  done.current = apply;
  return (
    // No form: it may stand inside of one.
    <div
      role="dialog"
      tabIndex={-1}
      aria-label={label(field.label, field.name)}
      className={styles.editor}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.defaultPrevented || event.nativeEvent.isComposing) return;
        if (!(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        // What was typed is read when the key was heard by all.
        setTimeout(() => done.current());
      }}
    >
      <div className={styles.editorHead}>
        <b className="ellipsis">{label(field.label, field.name)}</b>
        <Select
          size="small"
          variant="filled"
          value={draft.op}
          aria-label={t("list.operator")}
          suffixIcon={<ChevronDown />}
          options={field.operators.map((op) => ({ value: op, label: opWord(op, field, t) }))}
          onChange={setOp}
        />
      </div>
      {draft.op === "invalid" ? (
        <p className={styles.second}>{t("list.op.invalid.what")}</p>
      ) : (
        <ValueEditor
          key={draft.op}
          field={field}
          op={draft.op}
          value={draft.value}
          onChange={(value) => setDraft((old) => ({ ...old, value }))}
          autoFocus
        />
      )}
      <div className={styles.editorFoot}>
        <Button size="small" type="primary" disabled={!isComplete(draft)} onClick={apply}>
          {t(fresh ? "list.condition.add" : "list.condition.done")}
        </Button>
      </div>
    </div>
  );
}

/** Search within this list. Typing replaces the history entry, so that Back leaves the list. */
function ListSearchBox({ list }: { list: List }) {
  const t = useT();
  const { many } = useNouns(list.object);
  const [text, setText] = useState(list.q);
  const set = useRef(list.set);
  set.current = list.set;
  useEffect(() => setText(list.q), [list.q]);
  useEffect(() => {
    if (text.trim() === list.q) return;
    const timer = setTimeout(() => set.current({ q: text.trim() || undefined }, true), 200);
    return () => clearTimeout(timer);
  }, [text, list.q]);
  const name = t("list.search", { objects: many });
  return (
    <TextInput
      className={styles.find}
      size="small"
      onClear={() => setText("")}
      prefix={<Search />}
      value={text}
      placeholder={name}
      aria-label={name}
      data-list-search=""
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        if (text) setText("");
        else event.currentTarget.blur();
      }}
    />
  );
}
