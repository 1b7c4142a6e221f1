/** What a change of the catalog does, said before it is done: to the database, to records, to what shows a field. */
import { AlertTriangle, Check, Clock } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { useAggregate, useCatalog } from "../api/queries";
import { useTried } from "../api/tried";
import { useFormat, useLabel, useT } from "../i18n";
import type { Catalog, Field, Label, ObjectDef } from "../schema/catalog";
import styles from "./admin.module.css";
import { type CatalogChange, useCatalogChanges } from "./changes";
import { namingOf, type Stopped, stepsOf, stoppedOf } from "./steps";
import { usesOf } from "./uses";

type Tone = "ok" | "warn" | "later";
const SIGNS = { ok: Check, warn: AlertTriangle, later: Clock };

export interface Said {
  key: string;
  text: ReactNode;
  tone?: Tone;
}

export function Sayings({ title, lines, foot }: { title: string; lines: Said[]; foot?: ReactNode }) {
  if (lines.length === 0) return null;
  return (
    <div aria-live="polite">
      <h3>{title}</h3>
      <ul className={styles.list}>
        {lines.map(({ key, text, tone = "ok" }) => {
          const Sign = SIGNS[tone];
          return (
            <li key={key} className={styles[tone]}>
              <Sign aria-hidden />
              <span>{text}</span>
            </li>
          );
        })}
      </ul>
      {foot}
    </div>
  );
}

/** What shows this field, and goes on doing so. */
export function Touches({ object, field }: { object: ObjectDef; field: Field }) {
  const t = useT();
  const label = useLabel();
  const uses = usesOf(useCatalog(), object, field);
  const views = uses.views.map((view) => label(view.label, view.name)).join(t("record.comma"));
  const lines = [
    uses.views.length > 0 && {
      key: "views",
      text: (
        <>
          {t("admin.uses.views", { n: uses.views.length })} <span className={styles.soft}>{views}</span>
        </>
      ),
    },
    uses.sections > 0 && { key: "form", text: t("admin.uses.form", { n: uses.sections }) },
    uses.stages > 0 && { key: "stages", text: t("admin.uses.stages", { n: uses.stages }) },
  ];
  return <Sayings title={t("admin.uses")} lines={lines.filter((line) => line !== false)} />;
}

/** What a stricter rule means for the records that there are. */
export function Consequences({ object, field, change }: { object: ObjectDef; field: Field; change: CatalogChange }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const required = change.required === true;
  const unique = change.unique === true;
  const options = (change.options as { name: string; active?: boolean }[] | undefined) ?? [];
  const gone = field.options.filter(
    (option) => !option.retired && options.some((one) => one.name === option.name && one.active === false),
  );
  const { data } = useAggregate(
    object.name,
    {
      measures: [
        { fn: "count", as: "n" },
        { fn: "count", field: field.name, as: "filled" },
        ...(unique ? [{ fn: "count_distinct" as const, field: field.name, as: "distinct" }] : []),
      ],
    },
    required || unique,
  );
  const { data: by } = useAggregate(
    object.name,
    { group: [field.name], measures: [{ fn: "count", as: "n" }] },
    gone.length > 0 && field.type === "select",
  );
  const { n = 0, filled = 0, distinct = 0 } = (data?.[0]?.values ?? {}) as Record<string, number>;
  const lines: Said[] = [];
  if (data && required)
    lines.push(
      n > filled
        ? { key: "required", text: t("admin.means.required", { n: n - filled, all: f.number(n) }), tone: "warn" }
        : { key: "required", text: t("admin.means.required.none") },
    );
  if (data && unique)
    lines.push(
      filled > distinct
        ? { key: "unique", text: t("admin.means.unique", { n: filled - distinct }), tone: "warn" }
        : { key: "unique", text: t("admin.means.unique.none") },
    );
  for (const option of gone) {
    const kept = by?.find((row) => row.group[field.name] === option.name)?.values.n ?? 0;
    lines.push({
      key: option.name,
      text: t("admin.means.option", { n: kept, name: label(option.label, option.name) }),
      tone: kept ? "warn" : "ok",
    });
  }
  return <Sayings title={t("admin.means")} lines={lines} />;
}

/** What the server would do, asked once typing has stopped. */
function usePlan(changes: CatalogChange[], enabled = true) {
  const { look } = useCatalogChanges();
  return useTried(["catalog-plan", JSON.stringify(changes)], () => look(changes), { enabled });
}

/** Whether it has been said what these changes do: before that nobody can mean them. */
export const useLooked = (changes: CatalogChange[] | null): boolean =>
  Boolean(usePlan(changes ?? [], changes !== null).data);

/** Why changes are refused; what stands at another field than they are about is said with its name. */
export function useReasons() {
  const label = useLabel();
  const catalog = useCatalog();
  return (reason: Error, changes: CatalogChange[]): string[] => {
    if (!(reason instanceof ApiError) || reason.errors.length === 0) return [reason.message];
    return reason.errors.map(({ field: place, message }) => {
      const [object = "", name = ""] = (place ?? "").split(".");
      const of = catalog.object(object);
      const other = of?.fields.find((one) => one.name === name);
      const own = changes.some((one) => one.object === object && (one.field === name || one.name === name));
      return of && other && !own ? `${label(of.label)} › ${label(other.label)}: ${message}` : message;
    });
  };
}

/** The changes of a preview, asked for before they are carried out. */
export function PlanPreview({ changes }: { changes: CatalogChange[] }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { data, error, isFetching } = usePlan(changes);
  const reasons = useReasons();
  const steps = stepsOf(data?.plan ?? [], (path) => named(path, catalog, changes, label));
  const cost = (rows: number, later: boolean) =>
    later ? t("admin.plan.later", { n: rows }) : rows ? t("admin.plan.rows", { n: rows }) : t("admin.plan.atOnce");
  const lines: Said[] = error
    ? reasons(error, changes).map((text) => ({ key: text, text, tone: "warn" }))
    : isFetching && !data
      ? [{ key: "looking", text: t("admin.plan.looking"), tone: "later" }]
      : steps.length === 0
        ? [{ key: "none", text: t("admin.plan.none") }]
        : steps.map(({ verb, what, rows, later }) => ({
            key: verb + what,
            text: (
              <>
                {t(`admin.plan.${verb}`, { what: what.join(t("record.comma")) })}{" "}
                <span className={styles.soft}>{cost(rows, later)}</span>
              </>
            ),
            tone: later ? "later" : "ok",
          }));
  // People do not tell two apart that are called the same; formulas in their words do not either.
  for (const one of data?.plan ?? []) {
    if (!one.other) continue;
    const [object, field, option] = one.step.slice("alike ".length).split(".");
    const other = named(`${object}.${option ? field : one.other}`, catalog, changes, label);
    const text = t(option ? "admin.plan.alike.option" : "admin.plan.alike", { label: label(one.label), other });
    lines.unshift({ key: one.step, text, tone: "warn" });
  }
  const told =
    (tone: Tone) =>
    ({ what, labels }: Stopped): Said => ({
      key: what,
      text: (
        <>
          {t(`admin.stops.${what}`, { n: labels.length })}{" "}
          <span className={styles.soft}>{labels.map((one) => label(one)).join(t("record.comma"))}</span>
        </>
      ),
      tone,
    });
  const stopped = stoppedOf(data?.plan ?? []).map(told("warn"));
  const naming = namingOf(data?.plan ?? []).map(told("ok"));
  return (
    <>
      <Sayings title={t("admin.stops")} lines={stopped} foot={<p className={styles.help}>{t("admin.stops.back")}</p>} />
      <Sayings title={t("admin.names")} lines={naming} foot={<p className={styles.help}>{t("admin.names.on")}</p>} />
      <Sayings title={t("admin.plan")} lines={lines} />
    </>
  );
}

/** What a path such as `account.tier` is called; also where it is only about to be there. */
function named(path: string, catalog: Catalog, changes: CatalogChange[], label: ReturnType<typeof useLabel>): string {
  const [object = "", field] = path.split(".");
  const definition = catalog.object(object);
  const mine = changes.filter((change) => (field ? change.object === object : change.name === object));
  // What comes along with a field, such as its currency, is called as the field.
  const fresh = field
    ? (mine.find((one) => one.name === field) ?? mine.find((one) => field.startsWith(`${one.name}_`)))
    : mine[0];
  const old =
    definition?.fields.find((one) => one.name === field)?.label ??
    definition?.retired?.find((one) => one.name === field)?.label;
  const gone = catalog.json.retired_objects?.find((one) => one.name === object)?.label;
  const thing = (fresh?.label as Label | undefined) ?? (field ? old : (definition?.label ?? gone));
  const word = label(thing, field ?? object);
  return field && definition ? `${label(definition.label, object)} › ${word}` : word;
}
