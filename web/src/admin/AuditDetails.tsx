/** What an entry of the audit tells, in words: what is known by name has one, everything else stands as it was written. */
import { useCatalog } from "../api/queries";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { useDescribe } from "../records/FilterBar";
import type { Label, ObjectDef } from "../schema/catalog";
import { type Filter, same, toSentence } from "../schema/filter";
import styles from "./admin.module.css";
import type { CatalogChange } from "./changes";
import { readGrants, sayGrants } from "./grants";
import { useSentences } from "./sentences";

/** What rules of keeping take away, or put elsewhere. */
const WHAT = ["history", "audit", "bin", "archived", "to_archive", "to_bin"] as const;
/** As many of a list are told by name. */
const MOST = 6;

/** What is told, by the names in entries. */
const NAMES = [
  "absence",
  "act",
  "active",
  "address",
  "after",
  "agent",
  "as",
  "asked",
  "before",
  "change",
  "change_set",
  "changes",
  "count",
  "days",
  "deputy",
  "email",
  "fields",
  "file",
  "flow",
  "format",
  "gone",
  "grantee",
  "grants",
  "handed",
  "holds",
  "id",
  "kind",
  "kinds",
  "label",
  "level",
  "messages",
  "mode",
  "name",
  "object",
  "q",
  "reason",
  "record",
  "records",
  "role",
  "rows",
  "rule",
  "rules",
  "scheme",
  "secret",
  "segment",
  "team",
  "token",
  "until",
  "url",
  "user",
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

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** What the program calls what somebody named. */
const MACHINE = /^[a-z][a-z0-9_]*$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

const known = <T extends string>(names: readonly T[], name: string): name is T => names.includes(name as T);
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Ranges as the server writes them, `{[3,5),[9,10)}`, as people do: 3–4, 9. */
const numbersOf = (ranges: string, number: (n: number) => string): string =>
  [...ranges.matchAll(/\[(\d+),(\d+)\)/g)]
    .map(([, first, end]) => [Number(first), Number(end) - 1] as const)
    .map(([first, last]) => (first === last ? number(first) : `${number(first)}–${number(last)}`))
    .join(", ");

type Details = Record<string, unknown>;

export interface Told {
  kind: string;
  object: string | null;
  details: Details;
  /** What ids in the details are called. */
  names: Record<string, string | Label>;
}

/** Details as pairs of a name and what it is, in the reader's language; of a before and an after what differs. */
function useTold({ kind, object, details, names }: Told): [string, string][] {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const sentences = useSentences();
  const entity = catalog.object(object ?? undefined);
  const filterWords = useDescribe(entity ?? (catalog.objects[0] as ObjectDef));
  const comma = t("record.comma");
  const objectNamed = (name: string) =>
    name === "*" ? t("admin.say.everything") : label(catalog.object(name)?.label, name);
  const ruled = (rule: Details) =>
    t("admin.audit.rule", {
      what: known(WHAT, String(rule.what)) ? t(`admin.keep.${rule.what as (typeof WHAT)[number]}`) : String(rule.what),
      object: objectNamed(String(rule.object ?? "*")),
      n: Number(rule.days),
    });
  /** A field by its name: of the entry's object, or of the first that has it. */
  const fieldNamed = (name: string) => {
    const field = [entity, ...catalog.objects].flatMap((one) => one?.fields ?? []).find((one) => one.name === name);
    return field ? label(field.label, name) : titled(name);
  };
  const titled = (name: string): string =>
    known(NAMES, name)
      ? t(`admin.audit.detail.${name}`)
      : label(entity?.fields.find((one) => one.name === name)?.label) || name;
  const said = (name: string, value: unknown): string => {
    if (isNothing(value)) return "—";
    if (typeof value === "boolean") return t(value ? "admin.audit.word.yes" : "admin.audit.word.no");
    if (typeof value === "number") return f.number(value);
    if (name === "changes" && Array.isArray(value)) return sentences(value as CatalogChange[]).join("; ");
    if (name === "grants") return sayGrants(readGrants(value), catalog, t, label).join(" ");
    if (Array.isArray(value)) {
      const shown = value.length > MOST ? value.slice(0, MOST) : value;
      const told = shown.map((one) => (name === "rules" && isMap(one) ? ruled(one) : said(name, one))).join(comma);
      return value.length > MOST ? t("admin.audit.some", { some: told, n: value.length }) : told;
    }
    if (isMap(value)) {
      if (name === "rule") return ruled(value);
      if (name === "gone")
        return Object.entries(value)
          .map(
            ([source, one]) => `${t(`admin.audit.verify.source.${source}` as Key)} ${numbersOf(String(one), f.number)}`,
          )
          .join(comma);
      if (name === "filter" && entity)
        return toSentence(value as Filter)
          .parts.map((part) => {
            const { field, op, value: what } = filterWords(part);
            return [field, op, what].filter(Boolean).join(" ");
          })
          .join(comma);
      return Object.values(value).every((one) => typeof one === "string") && ("en" in value || "zh" in value)
        ? label(value as Label)
        : Object.entries(value)
            .map(([part, one]) =>
              one === true && known(WORDS, part) ? t(`admin.audit.word.${part}`) : `${titled(part)} ${said(part, one)}`,
            )
            .join(comma);
    }
    const text = String(value);
    if (text in names) return called(text);
    if (ID.test(text)) return text.slice(-8);
    if (MOMENT.test(text)) return f.datetime(text);
    if (name === "fields" || name === "masked" || name === "scheme" || name === "sort") return fieldNamed(text);
    if (name === "object" || name === "holds") return objectNamed(text);
    if (name === "kinds") return t(`admin.audit.kind.${text}` as Key);
    const options = entity?.fields.find((one) => one.name === name)?.options;
    const option = options?.find((one) => one.name === text);
    if (option) return label(option.label, text);
    // A level says what one may do, a change what was done.
    const word = name === "change" && text === "update" ? "changed" : text;
    return SPOKEN.has(name) && known(WORDS, word) ? t(`admin.audit.word.${word}`) : text;
  };
  const called = (id: string) => {
    const name = names[id];
    return typeof name === "string" ? name : label(name, id.slice(-8));
  };

  const { before, after, agent, ...most } = details;
  // What a change changed stands with its values; the longest comes last.
  const compared = isMap(before) && isMap(after) ? { before, after } : null;
  const rest: Details = agent ? { ...most, agent } : most;
  if (compared && Array.isArray(rest.fields)) {
    const more = rest.fields.filter((one) => !(String(one) in compared.after || String(one) in compared.before));
    if (more.length) rest.fields = more;
    else delete rest.fields;
  }
  // What is called by its name beside its id is not told again by that, nor by the name of the program for it.
  const calledHere = Object.values(rest).flatMap((one) => (typeof one === "string" && one in names ? called(one) : []));
  const again = (name: string, value: unknown) =>
    (name === "label" && calledHere.includes(said(name, value))) ||
    (name === "name" &&
      calledHere.length > 0 &&
      typeof value === "string" &&
      !known(WORDS, value) &&
      MACHINE.test(value));
  const pairs: [string, string][] = Object.entries(rest)
    .filter(([name, value]) => !again(name, value) && (name !== "asked" || !isNothing(value)))
    .map(([name, value]) => [titled(name), said(name, value)]);
  if (!compared) {
    for (const [name, value] of Object.entries({ before, after }))
      if (value !== undefined) pairs.push([titled(name), said(name, value)]);
    return pairs;
  }
  for (const name of new Set([...Object.keys(compared.before), ...Object.keys(compared.after)])) {
    const sides = [compared.before[name], compared.after[name]];
    if (same(sides[0], sides[1])) continue;
    const title = kind === "permission" ? fieldNamed(name) : titled(name);
    if (name === "grants" && sides.every(isMap)) {
      const [was = [], is = []] = sides.map((one) => sayGrants(readGrants(one), catalog, t, label));
      const lost = was.filter((one) => !is.includes(one));
      const won = is.filter((one) => !was.includes(one));
      pairs.push([title, [lost.join(" "), won.join(" ")].map((one) => one || "—").join(" → ")]);
    } else
      pairs.push([
        title,
        sides
          .filter((one, side) => side || !isNothing(one))
          .map((one) => said(name, one))
          .join(" → "),
      ]);
  }
  return pairs;
}

/** The more particular first: most claim to be Chrome, and everybody to be Safari. */
const BROWSERS = ["MicroMessenger", "DingTalk", "Edg", "OPR", "Firefox", "Chrome", "Safari"];
const SYSTEMS = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/;
/** What browsers call themselves in short, and what people call it. */
const KNOWN_AS: Record<string, string> = {
  MicroMessenger: "WeChat",
  Edg: "Edge",
  OPR: "Opera",
  "Mac OS X": "macOS",
};

/** A browser and its system, out of all that it says of itself; a program by its name. */
function inShort(agent: string): string {
  const named = BROWSERS.find((one) => agent.includes(`${one}/`));
  const found = [named, SYSTEMS.exec(agent)?.[1]].filter((one) => one !== undefined);
  return found.map((one) => KNOWN_AS[one] ?? one).join(" · ") || agent;
}

/** The details in one line, which begins with what was done. */
export function DetailsLine({ entry }: { entry: Told }) {
  const t = useT();
  const { agent } = entry.details;
  const details = typeof agent === "string" ? { ...entry.details, agent: inShort(agent) } : entry.details;
  const line = useTold({ ...entry, details })
    .map(([name, text]) => (name === t("admin.audit.detail.act") ? text : `${name}: ${text}`))
    .join(" · ");
  return <span className={styles.detailsLine}>{line}</span>;
}

/** All of them. */
export function DetailsList({ entry }: { entry: Told }) {
  return (
    <dl className={styles.told}>
      {useTold(entry).map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
