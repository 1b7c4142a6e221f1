/** Inputs of people, flows and segments. */
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { searched, usePeople } from "../../api/people";
import { useCatalog } from "../../api/queries";
import { useLabel, useT } from "../../i18n";
import { Conditions } from "../../records/FilterBar";
import type { Filter } from "../../schema/filter";
import { useSegments } from "../../segments/queries";
import { IconButton } from "../../ui";
import { Select } from "../../ui/antd";
import styles from "../flows.module.css";
import { flowsQuery } from "../queries";
import { type Choice, form, type InputProps, list, Picked, text } from "./common";

const keyOf = (who: unknown): string => Object.entries(form(who)).map(([how, what]) => `${how}:${what}`)[0] ?? "";

export function Who({ id, one, value, onChange, roots }: InputProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [typed, setTyped] = useState("");
  const chosen = (how: string) => list(value).flatMap((who) => (form(who)[how] ? [String(form(who)[how])] : []));
  const users = usePeople("user", typed, chosen("user"));
  const teams = usePeople("team", typed, chosen("team"));
  const about = catalog.object(roots.find((one) => one.path === "loop.record")?.object ?? roots[0]?.object);
  const fields = about?.fields.filter((field) => field.target === "user" && !field.of) ?? [];
  const choices: Choice[] = [
    ...fields.map((field) => ({ value: `field:${field.name}`, label: label(field.label) })),
    ...fields.map((field) => ({
      value: `manager_of:${field.name}`,
      label: t("flow.who.manager", { name: label(field.label) }),
    })),
    ...catalog.roles.map((one) => ({ value: `role:${one.name}`, label: t("admin.access.role", { name: one.title }) })),
    ...teams.map((one) => ({ value: `team:${one.id}`, label: t("admin.access.team", { name: one.name }) })),
    ...users.map((one) => ({ value: `user:${one.id}`, label: one.name })),
  ];
  return (
    <Select
      id={id}
      className={styles.wide}
      mode="multiple"
      aria-label={one.type === "levels" ? one.name : undefined}
      showSearch={searched(setTyped, [...users, ...teams])}
      placeholder={t("flow.who.pick")}
      value={list(value).map(keyOf)}
      options={choices}
      onChange={(keys: string[]) =>
        onChange(keys.map((key) => ({ [key.slice(0, key.indexOf(":"))]: key.slice(key.indexOf(":") + 1) })))
      }
    />
  );
}

export function Ids({ id, one, value, onChange }: InputProps) {
  const [typed, setTyped] = useState("");
  const many = one.type === "users";
  const chosen = many ? list(value).map(String) : value ? [String(value)] : [];
  const rows = usePeople(one.type === "team" ? "team" : "user", typed, chosen);
  return (
    <Select
      id={id}
      className={styles.wide}
      mode={many ? "multiple" : undefined}
      allowClear
      showSearch={searched(setTyped, rows)}
      value={(many ? chosen : (value ?? null)) as string}
      options={rows.map((row) => ({ value: row.id, label: row.name }))}
      onChange={(next: unknown) => onChange(next ?? null)}
    />
  );
}

export function FlowLine(props: InputProps) {
  const label = useLabel();
  const { data = [] } = useQuery(flowsQuery);
  const those = data.filter((one) => one.trigger === "flow");
  return <Picked {...props} choices={those.map((one) => ({ value: one.id, label: label(one.label) }))} />;
}

export function SegmentLine(props: InputProps) {
  const label = useLabel();
  const segments = useSegments(props.about ?? undefined);
  return <Picked {...props} choices={segments.map((one) => ({ value: one.id, label: label(one.label) }))} search />;
}

/** Levels of an approval: who signs, one or all, and for which records. */
export function Levels(props: InputProps) {
  const { id, value, onChange, about } = props;
  const t = useT();
  const object = useCatalog().object(about);
  const rows = list(value).map(form);
  const set = (at: number, part: Record<string, unknown>) =>
    onChange(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <div className={styles.rows}>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level has no identity but its place
        <div key={at} className={styles.set}>
          <span className={styles.setName}>{t("approval.level", { n: at + 1 })}</span>
          <Who
            {...props}
            id={`${id}-${at}`}
            one={{ ...props.one, name: t("flow.levels.who", { n: at + 1 }) }}
            value={row.who}
            onChange={(who) => set(at, { who })}
          />
          <Select
            aria-label={t("flow.levels.need")}
            value={text(row.need) || "any"}
            options={(["any", "all"] as const).map((one) => ({ value: one, label: t(`flow.levels.${one}`) }))}
            onChange={(need: string) => set(at, { need })}
          />
          {object && (
            <div>
              <span className={styles.soft}>{t("flow.levels.when")}</span>
              <Conditions
                object={object}
                filter={(row.filter as Filter) ?? null}
                onChange={(filter) => set(at, { filter })}
              />
            </div>
          )}
          <IconButton
            small
            icon={<X />}
            label={t("flow.value.remove", { name: t("approval.level", { n: at + 1 }) })}
            onClick={() => onChange(rows.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      <button
        id={id}
        type="button"
        aria-label={t("flow.levels.add")}
        className={styles.add}
        onClick={() => onChange([...rows, { who: [], need: "any" }])}
      >
        <Plus /> {t("flow.levels.add")}
      </button>
    </div>
  );
}
