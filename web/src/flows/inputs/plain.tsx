/** Inputs of words, numbers, times and choices. */
import { useQuery } from "@tanstack/react-query";
import { Braces } from "lucide-react";
import { useRef, useState } from "react";
import { TimeInput } from "../../fields/TimeInput";
import { useLabel, useLanguage, useT } from "../../i18n";
import { TextBox, TextInput } from "../../ui";
import { InputNumber, Select } from "../../ui/antd";
import { TwoTexts } from "../FormLines";
import styles from "../flows.module.css";
import { secretsQuery } from "../queries";
import { form, type InputProps, list, options, Picked, text, usePlaces } from "./common";

export function TextLine({ id, value, onChange }: InputProps) {
  return <TextInput id={id} value={text(value)} maxLength={2000} onChange={(e) => onChange(e.target.value || null)} />;
}

export function Words({
  id,
  label,
  value,
  onChange,
  roots,
}: Pick<InputProps, "id" | "value" | "onChange" | "roots"> & { label?: string }) {
  const t = useT();
  const box = useRef<HTMLTextAreaElement>(null);
  const places = usePlaces(roots);
  const { language } = useLanguage();
  const several = typeof value === "string" ? null : form(value);
  const own = several && (several[language] !== undefined ? language : Object.keys(several)[0]);
  const shown = own ? text(several?.[own]) : text(value);
  /** Of a text in several languages the one that is shown is changed. */
  const change = (next: string) => onChange(own ? { ...several, [own]: next } : next || null);
  const insert = (path: string) => {
    const at = box.current?.selectionStart ?? shown.length;
    change(`${shown.slice(0, at)}{${path}}${shown.slice(box.current?.selectionEnd ?? at)}`);
  };
  return (
    <div className={styles.words}>
      <TextBox ref={box} id={id} aria-label={label} rows={2} value={shown} onChange={(e) => change(e.target.value)} />
      {places.length > 0 && (
        <Select
          size="small"
          className={styles.places}
          aria-label={t("flow.place")}
          placeholder={
            <span className={styles.insert}>
              <Braces size={12} /> {t("flow.place")}
            </span>
          }
          showSearch={{ optionFilterProp: "label" }}
          value={null}
          options={places.map((one) => ({ value: one.path, label: one.label }))}
          onChange={(path: string | null) => path && insert(path)}
        />
      )}
    </div>
  );
}

export function NumberLine({ id, one, value, onChange }: InputProps) {
  return (
    <InputNumber
      id={id}
      min={one.low}
      max={one.high}
      precision={0}
      value={typeof value === "number" ? value : null}
      onChange={(next: unknown) => onChange(next)}
    />
  );
}

/** So many days before something or after it. */
export function Days({ id, one, value, onChange }: InputProps) {
  const t = useT();
  const label = useLabel();
  const n = typeof value === "number" ? value : 0;
  const [before, setBefore] = useState(n < 0);
  const set = (many: number, early: boolean) => {
    setBefore(early);
    onChange(early ? -many : many);
  };
  return (
    <div className={styles.two}>
      <InputNumber
        id={id}
        min={0}
        max={one.high}
        precision={0}
        value={Math.abs(n)}
        onChange={(next: unknown) => set(typeof next === "number" ? next : 0, before)}
      />
      <Select
        aria-label={label(one.label)}
        value={before}
        options={[true, false].map((early) => ({
          value: early,
          label: t(early ? "flow.days.early" : "flow.days.late"),
        }))}
        onChange={(early: boolean) => set(Math.abs(n), early)}
      />
    </div>
  );
}

export function Chosen({ one, ...props }: InputProps) {
  const label = useLabel();
  return <Picked {...props} choices={options(one, label)} many={one.type === "choices"} clear={!one.required} />;
}

export function TimeLine({ id, value, onChange }: InputProps) {
  return <TimeInput id={id} value={text(value)} onChange={onChange} />;
}

const zones = (): string[] => Intl.supportedValuesOf?.("timeZone") ?? [];

export function Zone(props: InputProps) {
  const t = useT();
  const choices = zones().map((one) => ({ value: one, label: one }));
  return <Picked {...props} choices={choices} clear search placeholder={t("flow.zone.own")} />;
}

export function LabelLines({ id, one, value, onChange }: InputProps) {
  const label = useLabel()(one.label, one.name);
  return <TwoTexts id={id} label={label} value={value} long={(one.high ?? 0) > 100} onChange={onChange} />;
}

export function Names({ id, value, onChange }: InputProps) {
  return (
    <Select
      id={id}
      className={styles.wide}
      mode="tags"
      tokenSeparators={[" ", ",", ";", "，"]}
      open={false}
      suffixIcon={null}
      value={list(value) as string[]}
      onChange={(next: string[]) => onChange(next.length ? next : null)}
    />
  );
}

/** A secret of the store by its name; whoever may not list them types it. */
export function SecretLine(props: InputProps) {
  const t = useT();
  const found = useQuery(secretsQuery);
  if (found.isError) return <TextLine {...props} />;
  const names = new Set([...(found.data ?? []).map((one) => one.name), ...(props.value ? [text(props.value)] : [])]);
  const choices = [...names].map((name) => ({ value: name, label: name }));
  return <Picked {...props} choices={choices} clear={!props.one.required} search placeholder={t("flow.secret")} />;
}

const UNITS = ["minutes", "hours", "days", "weeks"] as const;

export function Duration({ id, value, onChange }: InputProps) {
  const t = useT();
  const [[unit, n] = ["days", null]] = Object.entries(form(value)) as [string, number | null][];
  return (
    <div className={styles.two}>
      <InputNumber
        id={id}
        min={0}
        max={100_000}
        precision={0}
        value={n}
        onChange={(next: unknown) => onChange(next === null ? null : { [unit]: next })}
      />
      <Select
        aria-label={t("flow.unit")}
        value={unit}
        options={UNITS.map((one) => ({ value: one, label: t(`flow.unit.${one}`) }))}
        onChange={(next: string) => onChange({ [next]: n ?? 1 })}
      />
    </div>
  );
}
