/** The filter as a sentence: every condition a chip, and every chip its own editor. */
import { ChevronDown, Plus, Search, X } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useCatalog } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { conditionWords } from "../fields/conditions";
import type { FormatContext } from "../fields/twin";
import { type Key, type T, useLabel, useNouns, useT } from "../i18n";
import type { Catalog, Field, ObjectDef } from "../schema/catalog";
import {
  type Condition,
  type Filter,
  fromSentence,
  isCondition,
  type Sentence,
  same,
  toSentence,
} from "../schema/filter";
import { Button, cx, Popover, TextInput } from "../ui";
import { Select } from "../ui/antd";
import { FieldPicker, usePicks } from "./FieldPicker";
import { isTime, type List } from "./list";
import styles from "./list.module.css";

/** The word for an operator; dates are later and earlier, not greater and smaller. */
export function opWord(op: string, field: Field | undefined, t: T): string {
  if (field && isTime(field) && ["gt", "gte", "lt", "lte"].includes(op)) return t(`list.op.${op}.date` as Key);
  return t(`list.op.${op}` as Key);
}

/** An operator without a value says nothing yet. */
export function isComplete(condition: Condition): boolean {
  if (condition.op === "is_empty") return true;
  const { value } = condition;
  if (value === null || value === undefined || value === "") return false;
  if (!Array.isArray(value)) return true;
  return (
    value.length > 0 &&
    (condition.op !== "between" || value.every((one) => one !== null && one !== undefined && one !== ""))
  );
}

export function useDescribe(object: ObjectDef): (filter: Filter) => { field: string; op: string; value: string } {
  const catalog = useCatalog();
  const context = useFormatContext();
  const t = useT();
  return (filter) => describe(filter, object, catalog, context, t);
}

function describe(
  filter: Filter,
  object: ObjectDef,
  catalog: Catalog,
  context: FormatContext,
  t: T,
): { field: string; op: string; value: string } {
  const whole = (part: Filter): string => {
    const words = describe(part, object, catalog, context, t);
    return [words.field, words.op, words.value].filter(Boolean).join(" ");
  };
  if (isCondition(filter)) {
    const field = catalog.field(object, filter.field);
    if (!field) return { field: filter.field, op: filter.op, value: JSON.stringify(filter.value) };
    const names = filter.field.split(".");
    const label = names
      .map((_, at) => context.label(catalog.field(object, names.slice(0, at + 1).join("."))?.label, names[at]))
      .join(" › ");
    if (filter.op === "is_empty")
      return { field: label, op: t(filter.value === false ? "list.op.is_not_empty" : "list.op.is_empty"), value: "" };
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
  const child = "any" in filter ? filter.any : filter.none;
  const related = object.related.find((one) => one.name === child);
  const target = catalog.object(related?.object);
  const where = filter.where && target ? describe(filter.where, target, catalog, context, t) : null;
  return {
    field: context.label(related?.label, child),
    op: t("any" in filter ? "list.any" : "list.none"),
    value: where ? [where.field, where.op, where.value].filter(Boolean).join(" ") : "",
  };
}

interface FilterBarProps {
  list: List;
  tools: ReactNode;
  /** The field that a condition was asked for elsewhere. */
  asked: string | null;
  onAsked: (path: string | null) => void;
}

/** The sentence, the search box and what stands at the right of them. */
export function FilterBar({ list, tools, asked, onAsked }: FilterBarProps) {
  return (
    <div className={styles.say}>
      <FilterSentence
        object={list.object}
        filter={list.filter}
        own={list.view.filter}
        onChange={(filter) => list.set({ filter })}
        deep
        asked={asked}
        onAsked={onAsked}
      />
      <span className="spring" />
      {!list.moment && <ListSearchBox list={list} />}
      {tools}
    </div>
  );
}

interface FilterSentenceProps extends Partial<Pick<FilterBarProps, "asked" | "onAsked">> {
  /** Its fields are what conditions can be about. */
  object: ObjectDef;
  filter: Filter | null;
  /** What was there before: everything else is tinted. */
  own: Filter | null;
  onChange: (filter: Filter | null) => void;
  /** Conditions may follow links. */
  deep?: boolean;
  /** The conditions alone, as a part of a form. */
  bare?: boolean;
}

/** "Show [status is open] and […]": every condition a chip, and the way to one more. */
export function FilterSentence(props: FilterSentenceProps) {
  const { object, filter, own: kept, onChange, deep, bare, asked, onAsked } = props;
  const t = useT();
  const sentence = toSentence(filter);
  const own = toSentence(kept);
  const say = (next: Sentence) => onChange(fromSentence(next));
  const { many: plural } = useNouns(object);
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
          {sentence.parts.length ? t("list.say.before", { objects: plural }) : t("list.say.all", { objects: plural })}
        </span>
      )}
      {sentence.parts.map((part, at) => (
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
  const words = useDescribe(object)(part);
  const text = (
    <>
      {words.field && <span>{words.field}</span>}
      <span className={styles.op}>{words.op}</span>
      {words.value && <b>{words.value}</b>}
    </>
  );
  return (
    <span className={cx(styles.chip, fresh && styles.fresh)}>
      {isCondition(part) ? (
        <Popover
          open={open}
          onOpenChange={setOpen}
          placement="bottomLeft"
          content={
            <ConditionEditor object={object} condition={part} onChange={onChange} onClose={() => setOpen(false)} />
          }
        >
          <button type="button" className={styles.chipText} aria-expanded={open}>
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
  onAdd: (condition: Condition) => void;
}

function AddCondition({ object, deep = false, asked, onAsked, onAdd }: AddConditionProps) {
  const t = useT();
  const catalog = useCatalog();
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<Condition | null>(null);
  const picks = usePicks(object, deep).filter((pick) => pick.field.operators.length > 0);
  const close = () => {
    setOpen(false);
    setDraft(null);
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
          <ConditionEditor
            object={object}
            condition={draft}
            fresh
            onChange={(next) => {
              onAdd(next);
              close();
            }}
            onClose={close}
          />
        ) : (
          <FieldPicker picks={picks} onPick={(pick) => begin(pick.path, pick.field)} />
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
    op === "is_empty"
      ? "flag"
      : op === "between"
        ? "pair"
        : op === "in" || op === "not_in"
          ? "list"
          : op === "within"
            ? "span"
            : "one";
  const setOp = (op: string) => {
    const value = op === "is_empty" ? true : shape(op) === shape(draft.op) ? draft.value : undefined;
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
      <ValueEditor
        key={draft.op}
        field={field}
        op={draft.op}
        value={draft.value}
        onChange={(value) => setDraft((old) => ({ ...old, value }))}
        autoFocus
      />
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
