/** What an entry of the audit tells, in words: what is known by name has one, everything else stands as it was written. */
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { same } from "../schema/filter";
import styles from "./admin.module.css";

/** What is told, by the names in entries. */
const NAMES = [
  "absence",
  "act",
  "active",
  "address",
  "after",
  "agent",
  "asked",
  "before",
  "change",
  "change_set",
  "changes",
  "count",
  "deputy",
  "email",
  "fields",
  "file",
  "flow",
  "format",
  "grantee",
  "grants",
  "handed",
  "id",
  "label",
  "level",
  "messages",
  "mode",
  "name",
  "object",
  "reason",
  "record",
  "records",
  "role",
  "rows",
  "rules",
  "scheme",
  "secret",
  "segment",
  "until",
  "url",
  "version",
  "webhook",
] as const;
/** Values that are words of the program. */
const WORDS = [
  "address_close",
  "address_open",
  "address_renew",
  "begin",
  "change",
  "changed",
  "create",
  "delete",
  "different",
  "discarded",
  "discarded_all",
  "duplicates",
  "end",
  "everything",
  "made",
  "none",
  "off",
  "on",
  "open",
  "override",
  "read",
  "released",
  "remove",
  "removed",
  "replayed",
  "retention",
  "rotated",
  "same",
  "secret",
  "segment",
  "set",
  "standing",
  "update",
  "webhook",
] as const;
/** Values of these are words; of others they may be anything that somebody typed. */
const SPOKEN = new Set(["act", "change", "name", "level", "file"]);

const known = <T extends string>(names: readonly T[], name: string): name is T => names.includes(name as T);
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

type Details = Record<string, unknown>;

/** Details as pairs of a name and what it is, in the reader's language; of a before and an after what differs. */
function useTold(object: string | null) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const said = (name: string, value: unknown): string => {
    if (isNothing(value)) return "—";
    if (typeof value === "boolean") return t(value ? "admin.audit.word.yes" : "admin.audit.word.no");
    if (typeof value === "number") return f.number(value);
    if (Array.isArray(value))
      return value.length > 3 ? f.number(value.length) : value.map((one) => said(name, one)).join(", ");
    if (isMap(value))
      return Object.values(value).every((one) => typeof one === "string") && ("en" in value || "zh" in value)
        ? label(value as Label)
        : Object.entries(value)
            .map(([part, one]) => `${titled(part)} ${said(part, one)}`)
            .join(", ");
    // A level says what one may do, a change what was done.
    const text = name === "change" && value === "update" ? "changed" : String(value);
    if (name === "fields") return changed(text);
    if (name === "object") return label(catalog.object(text)?.label, text);
    return SPOKEN.has(name) && known(WORDS, text) ? t(`admin.audit.word.${text}`) : text;
  };
  const titled = (name: string) => (known(NAMES, name) ? t(`admin.audit.detail.${name}`) : name);
  const fields = catalog.object(object ?? undefined)?.fields ?? [];
  const changed = (name: string) => {
    const field = fields.find((one) => one.name === name);
    return field ? label(field.label, name) : titled(name);
  };
  return (details: Details): [string, string][] => {
    const { before, after, agent, ...most } = details;
    const rest = agent ? { ...most, agent } : most; // the longest comes last
    const pairs: [string, string][] = Object.entries(rest).map(([name, value]) => [titled(name), said(name, value)]);
    if (!isMap(before) || !isMap(after)) {
      for (const [name, value] of Object.entries({ before, after }))
        if (value !== undefined) pairs.push([titled(name), said(name, value)]);
      return pairs;
    }
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      if (!same(before[name], after[name]))
        pairs.push([
          changed(name),
          [before[name], after[name]]
            .filter((one, side) => side || !isNothing(one))
            .map((one) => said(name, one))
            .join(" → "),
        ]);
    return pairs;
  };
}

interface Entry {
  object: string | null;
  details: Details;
}

/** The details in one line. */
export function DetailsLine({ entry }: { entry: Entry }) {
  const line = useTold(entry.object)(entry.details)
    .map(([name, text]) => `${name}: ${text}`)
    .join(" · ");
  return <span className={styles.details}>{line.slice(0, 120)}</span>;
}

/** All of them. */
export function DetailsList({ entry }: { entry: Entry }) {
  return (
    <dl className={styles.told}>
      {useTold(entry.object)(entry.details).map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
