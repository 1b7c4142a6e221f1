/** Choosing from a known set: options of a select, stages, pipelines. */

import { Check, Plus } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { useRefreshCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { useT } from "../i18n";
import type { Field, Label } from "../schema/catalog";
import { Combo, Seal, toneOf, useRefusal, useToast } from "../ui";
import { Select } from "../ui/antd";
import { EmptyFilter } from "./conditions";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { Several } from "./Several";
import {
  asList,
  asText,
  type CellProps,
  controlOf,
  type FilterProps,
  type FormatContext,
  type InputProps,
  type Twin,
  useFormatContext,
  type Values,
} from "./twin";

export interface Choice {
  name: string;
  label: Label;
  color?: string | null;
  /** False for what may no longer be chosen; records that have it keep it. */
  active?: boolean;
}

/** What a field offers; `values` are the record's, for what depends on them. */
export type Choices = (field: InputProps["field"], ctx: FormatContext, values?: Values) => Choice[];

const find = (choices: Choice[], name: string): Choice =>
  choices.find((one) => one.name === name) ?? { name, label: {} };

interface Drawn {
  value: string;
  text: string;
  tone: ReturnType<typeof toneOf> | null;
  label: string;
}

/** Options that are drawn at once where the rest is a word away. */
const MOST = 100;
/** Stands for the option that would be made of what was typed; no option is called so. */
const ADD = "+";

interface ChooseProps extends Partial<InputProps> {
  choices: Choice[];
  /** Makes a choice of typed words, and answers its name; `back` is called when it is taken back. */
  onAdd?: (text: string, back: (name: string) => void) => Promise<string | null>;
  many?: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
  clear?: boolean;
}

export function Choose({ choices, many, value, onChange, onCommit, clear, onAdd, ...rest }: ChooseProps) {
  const [q, setQ] = useState("");
  const [open, setOpen] = useState(Boolean(rest.autoFocus && onCommit));
  /** Enter on a word that nothing fits neither makes anything of it nor loses it. */
  const held = useRef(false);
  /** As long as it stands: what is taken back may be so when it does no more. */
  const there = useRef<Pick<ChooseProps, "value" | "onChange">>(undefined);
  useEffect(() => {
    there.current = { value, onChange };
    return () => {
      there.current = undefined;
    };
  }, [value, onChange]);
  const { label } = useFormatContext();
  const t = useT();
  const options: Drawn[] = choices
    .filter((one) => one.active !== false || asList(value).includes(one.name))
    .map((one) => ({
      value: one.name,
      text: `${label(one.label, one.name)} ${one.name}`,
      tone: one.color ? toneOf(one.color) : null,
      label: label(one.label, one.name),
    }));
  const wanted = q.trim();
  const fitting = options.filter((one) => one.text.toLowerCase().includes(wanted.toLowerCase()));
  const addable = onAdd && wanted !== "" && !options.some((one) => one.label.toLowerCase() === wanted.toLowerCase());
  const add = async () => {
    const name = await onAdd?.(wanted, (gone) => {
      const now = there.current;
      const held = asList(now?.value);
      if (held.includes(gone)) now?.onChange(many ? held.filter((one) => one !== gone) : (value ?? null));
    });
    if (!name) return;
    setQ("");
    setOpen(false);
    const next = many ? [...asList(value), name] : name;
    onChange(next);
    if (!many) onCommit?.(next);
  };
  const drawn = (one: Drawn) => (
    <span className={styles.option}>
      {one.tone && one.tone !== "neutral" && <i className={`${styles.dot} ${styles[one.tone] ?? ""}`} />}
      <span>{one.label}</span>
      {!many && one.value === value && <Check className={styles.chosen} aria-hidden />}
    </span>
  );
  const entry = addable
    ? {
        value: ADD,
        text: wanted,
        node: (
          <span className={styles.option}>
            <Plus aria-hidden />
            <span className="ellipsis">{t("fields.option.add", { name: wanted })}</span>
          </span>
        ),
      }
    : undefined;
  const pick = (next: unknown) => {
    if (asList(next).includes(ADD)) return void add();
    onChange(next);
    if (!many) onCommit?.(next);
  };
  // A choice that is over with one key, as in a cell.
  if (rest.autoFocus && onCommit && !many)
    return (
      <Combo
        id={rest.id}
        small={rest.size === "small"}
        status={rest.status}
        disabled={rest.disabled}
        autoFocus
        label={rest.label}
        options={[
          ...fitting.slice(0, MOST).map((one) => ({ value: one.value, text: one.label, node: drawn(one) })),
          ...(entry ? [{ ...entry, made: true }] : []),
        ]}
        value={asText(value) || undefined}
        shown={options.find((one) => one.value === value)?.label ?? asText(value)}
        placeholder={t("fields.choose")}
        nothing={t("fields.none")}
        q={q}
        onType={setQ}
        open={open}
        onOpenChange={setOpen}
        onPick={pick}
        clear={clear ? t("shell.clear") : undefined}
      />
    );
  return (
    <Select
      {...controlOf(rest)}
      open={open}
      onOpenChange={(next) => setOpen(next || held.current)}
      mode={many ? "multiple" : undefined}
      allowClear={clear}
      showSearch={
        choices.length > 6 || many || onAdd ? { optionFilterProp: "text", searchValue: q, onSearch: setQ } : false
      }
      placeholder={t("fields.choose")}
      notFoundContent={t("fields.none")}
      // Where nothing fits, Enter alone makes nothing.
      defaultActiveFirstOption={fitting.length > 0}
      maxTagCount={many ? "responsive" : undefined}
      value={many ? asList(value) : (value ?? undefined)}
      options={entry ? [...options, { ...entry, text: q, label: wanted }] : options}
      optionRender={({ data }) => (data.value === ADD ? entry?.node : drawn(data as Drawn))}
      onChange={(next) => pick(next ?? null)}
      onInputKeyDown={(event) => {
        held.current = event.key === "Enter" && entry !== undefined && fitting.length === 0;
        if (event.key === "Enter" && many && (event.ctrlKey || event.metaKey)) onCommit?.(value);
      }}
    />
  );
}

const separator = (ctx: FormatContext): string => (ctx.language === "zh" ? "、" : ", ");

function words(value: unknown, choices: Choice[], ctx: FormatContext): string {
  return asList(value)
    .map((name) => ctx.label(find(choices, asText(name)).label, asText(name)))
    .join(separator(ctx));
}

interface Kind {
  choicesOf: Choices;
  many: boolean;
  /** Options may be added where they are missed, by who may change the catalog. */
  grows: boolean;
}

/** Adds an option to the field itself; undefined for who may not. */
function useAddOption(field: Field, grows: boolean): ChooseProps["onAdd"] {
  const { catalog, language, t } = useFormatContext();
  const refresh = useRefreshCatalog();
  const toast = useToast();
  const refuse = useRefusal();
  const undo = useUndo();
  const owner = catalog.objects.find((object) => object.fields.includes(field));
  if (!grows || !owner || !catalog.me.can.includes("catalog")) return undefined;
  return async (text, back) => {
    const plain = text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^[\d_]+|_+$/g, "")
      .slice(0, 30);
    const taken = new Set(field.options.map((option) => option.name));
    let name = plain || "option";
    for (let n = 2; taken.has(name) || name === "option"; n++) name = `${plain || "option"}_${n}`;
    try {
      const label = { en: text, zh: text, [language]: text };
      const { data } = await api.post<{ change_set: string }>("/catalog/changes", {
        changes: [{ op: "add_option", object: owner.name, field: field.name, option: { name, label } }],
      });
      await refresh();
      toast({
        text: t("fields.option.added", { name: text }),
        undo: async () => {
          back(name);
          const stays = await undo(data.change_set);
          await refresh();
          return stays;
        },
      });
      return name;
    } catch (reason) {
      refuse(reason);
      return null;
    }
  };
}

/** One character: a Chinese word's first, or the letters of a scale where words would begin alike. */
const sealWord = (word: string, level: number, ctx: FormatContext): string =>
  ctx.language === "zh" ? ([...word][0] ?? "") : ("SABCDEF"[level] ?? "");

/** The seal of an option by its word and its place among the others. */
export function SealOf({ word, at }: { word: string; at: number }) {
  const ctx = useFormatContext();
  return <Seal level={Math.min(at + 1, 3) as 1 | 2 | 3}>{sealWord(word, at, ctx)}</Seal>;
}

function ChoiceCell({ field, value, record, choicesOf, many }: CellProps & Kind) {
  const ctx = useFormatContext();
  if (asList(value).length === 0) return <Dash />;
  const choices = choicesOf(field, ctx, record);
  const found = asList(value).map((name) => find(choices, asText(name)));
  // One value without a colour is a word among words; a badge is for what is marked, and for several.
  const [first] = found;
  const level = first ? choices.indexOf(first) : -1;
  if (field.config.seal === true && first && level >= 0)
    return (
      <span className={styles.sealed}>
        <SealOf word={ctx.label(first.label, first.name)} at={level} />
        <span>{ctx.label(first.label, first.name)}</span>
      </span>
    );
  if (!many && first && !first.color) return <span>{ctx.label(first.label, first.name)}</span>;
  return (
    <Several
      title={words(value, choices, ctx)}
      badges={found.map((choice) => ({
        name: choice.name,
        text: ctx.label(choice.label, choice.name),
        tone: toneOf(choice.color),
      }))}
    />
  );
}

function ChoiceInput({ choicesOf, many, grows, ...props }: InputProps & Kind) {
  const choices = choicesOf(props.field, useFormatContext(), props.values);
  const onAdd = useAddOption(props.field, grows);
  return <Choose {...props} choices={choices} many={many} clear={!props.field.required} onAdd={onAdd} />;
}

function ChoiceFilter({ field, op, value, onChange, autoFocus, choicesOf }: FilterProps & Kind) {
  const ctx = useFormatContext();
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  return (
    <Choose
      choices={choicesOf(field, ctx)}
      many={op === "in" || op === "not_in"}
      value={value}
      onChange={onChange}
      autoFocus={autoFocus}
      label={ctx.t("fields.value")}
    />
  );
}

const cellOf = (kind: Kind) => memo((props: CellProps) => <ChoiceCell {...props} {...kind} />);
const inputOf = (kind: Kind) => (props: InputProps) => <ChoiceInput {...props} {...kind} />;
const filterOf = (kind: Kind) => (props: FilterProps) => <ChoiceFilter {...props} {...kind} />;

/** A twin that offers `choices`: one value, or several. */
export function choiceTwin(choicesOf: Choices, { many = false, grows = false } = {}): Twin {
  const kind = { choicesOf, many, grows };
  return {
    Cell: cellOf(kind),
    Input: inputOf(kind),
    Filter: filterOf(kind),
    format: (value, field, ctx, record) => words(value, choicesOf(field, ctx, record), ctx),
    read: (text, field, ctx) => {
      const choices = choicesOf(field, ctx);
      const read = (many ? text.split(/[,，、;；]/) : [text]).map((part) => {
        const wanted = part.trim().toLowerCase();
        const named = (choice: Choice) => Object.values(choice.label).some((word) => word?.toLowerCase() === wanted);
        return choices.find((choice) => choice.name === wanted || named(choice))?.name;
      });
      return read.includes(undefined) ? undefined : many ? read : read[0];
    },
    width: many ? 180 : 130,
    defaultOp: many ? "contains" : "in",
  };
}
