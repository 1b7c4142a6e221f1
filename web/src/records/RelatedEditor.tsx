/** Asking of related records together: how many, what sum, since when, only those where. */
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { twin } from "../fields";
import { useLabel, useT } from "../i18n";
import type { Field, ObjectDef } from "../schema/catalog";
import { type Filter, fromSentence, isCondition, same, toSentence } from "../schema/filter";
import { FIGURES, type Figure, fromQuestion, type Question } from "../schema/related";
import { Button } from "../ui";
import { Select } from "../ui/antd";
import { askedField, figureFields, isAsked } from "./asked";
import { Conditions, opWord } from "./FilterBar";
import { dateFields } from "./list";
import styles from "./list.module.css";

const DAYS = [7, 30, 90, 180, 365];

interface RelatedEditorProps {
  object: ObjectDef;
  question: Question;
  fresh?: boolean;
  onChange: (filter: Filter) => void;
  onClose: () => void;
}

export default function RelatedEditor({ object, question, fresh, onChange, onClose }: RelatedEditorProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [draft, setDraft] = useState(question);
  const related = object.related.find((one) => one.name === draft.related);
  const target = catalog.object(related?.object);
  if (!target || !related) return null;
  const set = (part: Partial<Question>) => setDraft((old) => ({ ...old, ...part }));
  const [date] = dateFields(target);
  const field = askedField(target, draft);
  const ask = (next: Question["ask"]) => {
    const fields = figureFields(target, next);
    const kept = fields.some((one) => one.name === draft.field) ? draft.field : fields[0]?.name;
    const found = askedField(target, { ...draft, ask: next, field: kept });
    set({
      ask: next,
      field: kept,
      by: next === "latest" && date ? date.name : undefined,
      op: found?.operators.includes("gte") ? "gte" : (found?.operators[0] ?? "gte"),
      value: next === "count" ? 2 : undefined,
    });
  };
  const figures = FIGURES.filter((one) => one === "count" || figureFields(target, one).length > 0);
  const done = () => {
    if (!isAsked(draft)) return;
    onChange(fromQuestion(draft));
    onClose();
  };
  const Value = field && twin(field).Filter;
  return (
    <div role="dialog" tabIndex={-1} aria-label={label(related.label, related.name)} className={styles.asking}>
      <div className={styles.editorHead}>
        <b className="ellipsis">{label(related.label, related.name)}</b>
        <Select
          size="small"
          variant="filled"
          value={draft.ask}
          aria-label={t("list.related.ask")}
          suffixIcon={<ChevronDown />}
          options={(["any", "none", ...figures] as const).map((one) => ({
            value: one,
            label: t(`list.related.ask.${one}`),
          }))}
          onChange={(next: string) => ask(next as Figure)}
        />
      </div>
      {field && (
        <div className={styles.askedRow}>
          {draft.ask !== "count" && (
            <Select
              size="small"
              value={draft.field}
              aria-label={t("list.related.field")}
              options={figureFields(target, draft.ask).map((one) => ({
                value: one.name,
                label: label(one.label, one.name),
              }))}
              onChange={(next: string) => {
                const found = askedField(target, { ...draft, field: next });
                set({
                  field: next,
                  value: undefined,
                  op: found?.operators.includes("gte") ? "gte" : (found?.operators[0] ?? "eq"),
                });
              }}
            />
          )}
          <Select
            size="small"
            value={draft.op}
            aria-label={t("list.operator")}
            options={field.operators.map((op) => ({ value: op, label: opWord(op, field, t) }))}
            onChange={(op: string) => set({ op, value: op === "is_empty" ? true : op === "between" ? [] : undefined })}
          />
        </div>
      )}
      {field && Value && (
        <Value
          key={`${draft.ask} ${draft.field} ${draft.op}`}
          field={field}
          op={draft.op}
          value={draft.value}
          onChange={(value) => set({ value })}
          autoFocus
        />
      )}
      {date && <When object={object} target={target} date={date} draft={draft} set={set} />}
      <div className={styles.askedOnly}>
        <span>{t("list.related.only")}</span>
        <Conditions object={target} filter={draft.where} onChange={(where) => set({ where })} />
      </div>
      <div className={styles.editorFoot}>
        <Button size="small" type="primary" disabled={!isAsked(draft)} onClick={done}>
          {t(fresh ? "list.condition.add" : "list.condition.done")}
        </Button>
      </div>
    </div>
  );
}

interface WhenProps {
  object: ObjectDef;
  target: ObjectDef;
  date: Field;
  draft: Question;
  set: (part: Partial<Question>) => void;
}

/** Within how many days, or since the last of something else. */
function When({ object, target, date, draft, set }: WhenProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { join, parts } = toSentence(draft.where);
  const at =
    join === "and" || parts.length < 2
      ? parts.find((part) => isCondition(part) && part.field === date.name && part.op === "within")
      : undefined;
  const days = at && isCondition(at) ? (at.value as { last_days?: number })?.last_days : undefined;
  // What has a date of its own happened; of the rest it is only known when it was written down.
  const others = object.related.flatMap((one) => {
    const [latest] = dateFields(catalog.object(one.object) ?? target);
    return one.name !== draft.related && latest && !latest.system ? [{ one, latest: latest.name }] : [];
  });
  const value = draft.after ? `since ${draft.after.related}` : days ? `days ${days}` : at ? "other" : "any";
  const choose = (next: string) => {
    const rest = parts.filter((part) => !same(part, at));
    const [kind, name] = next.split(" ");
    const since = others.find(({ one }) => one.name === name);
    const within: Filter = { field: date.name, op: "within", value: { last_days: Number(name) } };
    set({
      where: fromSentence({ join: "and", parts: kind === "days" ? [within, ...rest] : rest }),
      after:
        kind === "since" && since ? { field: date.name, related: since.one.name, latest: since.latest } : undefined,
    });
  };
  return (
    <div className={styles.askedRow}>
      <Select
        size="small"
        value={value}
        aria-label={t("list.related.when")}
        showSearch={{ optionFilterProp: "label" }}
        options={[
          { value: "any", label: t("list.related.when.any") },
          ...[...new Set([...DAYS, ...(days ? [days] : [])])].map((n) => ({
            value: `days ${n}`,
            label: t("list.related.when.days", { n }),
          })),
          ...(value === "other" ? [{ value: "other", label: label(date.label, date.name) }] : []),
          ...others.map(({ one }) => ({
            value: `since ${one.name}`,
            label: t("list.related.when.since", { other: label(one.label, one.name) }),
          })),
        ]}
        onChange={choose}
      />
    </div>
  );
}
