/** The small facts of an entry: when it is due, how long it took, how it stands, how much it was, its files. */
import { Clock, MapPin } from "lucide-react";
import type { ReactNode } from "react";
import { isEmpty, twin, useFormatContext } from "../fields";
import { asNumber, asText } from "../fields/twin";
import type { Field, ObjectDef, Option, RecordData } from "../schema/catalog";
import { choicesOf, stateOf } from "../schema/state";
import { Badge, toneOf } from "../ui";
import styles from "./Timeline.module.css";
import type { TimelineItem } from "./useTimeline";

export interface Told {
  field: Field;
  value: unknown;
}

const optionOf = (field: Field, value: unknown): Option | undefined => field.options.find((one) => one.name === value);

/** What an entry tells in short beside its words: what it was and how it stands, an amount, stars, files. */
export function toldOf(object: ObjectDef, record: RecordData): Told[] {
  const choices = choicesOf(object);
  const amount = object.fields.find((one) => one.type === "money" && !one.of);
  const rest = object.fields.filter((one) => one.type === "rating" || one.type === "file");
  const state = stateOf(object);
  // An activity goes by its words and its own marks: that it went well needs no saying, and of a task its tick says it.
  const odd = object.activity !== "task" && state && toneOf(optionOf(state, record[state.name])?.color) !== "ok";
  const shown = object.activity
    ? [...choices.filter((one) => one.name === object.channel), ...(odd ? [state] : [])]
    : [
        ...(state?.type === "stage" ? [] : choices.filter((one) => one !== state).slice(0, 1)),
        ...(state ? [state] : []),
      ];
  return [...shown, ...(amount ? [amount] : []), ...rest].flatMap((field) =>
    isEmpty(record[field.name]) ? [] : [{ field, value: record[field.name] }],
  );
}

/** Whether something is the matter that is not settled. */
export function isGrave(object: ObjectDef, told: Told[]): boolean {
  const tone = ({ field, value }: Told) => toneOf(optionOf(field, value)?.color);
  const state = told.find(({ field }) => field === stateOf(object));
  const over = state !== undefined && ["neutral", "ok"].includes(tone(state));
  return !over && told.some((one) => tone(one) === "danger");
}

export function Facts({ item, told }: { item: TimelineItem; told: Told[] }) {
  const ctx = useFormatContext();
  const record = item.record;
  if (!record) return null;
  const parts: ReactNode[] = [];
  const due = asText(record.due_at);
  if (due && record.status === "open") {
    const late = Date.parse(due) < Date.now();
    parts.push(
      <span key="due" className={late ? styles.late : undefined}>
        <Clock aria-hidden />
        {late
          ? ctx.t("record.task.late", { when: ctx.f.datetime(due) })
          : ctx.t("record.task.due", { when: ctx.f.datetime(due) })}
      </span>,
    );
  }
  const seconds = asNumber(record.duration);
  if (seconds) {
    parts.push(
      <span key="duration">
        <Clock aria-hidden />
        {ctx.f.duration(seconds)}
      </span>,
    );
  }
  if (typeof record.place === "string" && record.place) {
    parts.push(
      <span key="place">
        <MapPin aria-hidden />
        {record.place}
      </span>,
    );
  }
  for (const { field, value } of told) {
    const { Cell, Show = Cell } = twin(field);
    const option = optionOf(field, value);
    parts.push(
      <span key={field.name}>
        {option ? (
          <Badge tone={toneOf(option.color)}>{ctx.label(option.label, option.name)}</Badge>
        ) : field.type === "file" ? (
          <Show field={field} value={value} record={record} />
        ) : field.type === "money" ? (
          <b className={styles.amount}>{twin(field).format(value, field, ctx)}</b>
        ) : (
          <Cell field={field} value={value} record={record} />
        )}
      </span>,
    );
  }
  return parts.length ? <div className={styles.small}>{parts}</div> : null;
}
