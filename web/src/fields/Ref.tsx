/** What the link types share: a title that leads to its record, and conditions on ids. */
import { Picker } from "../records/Picker";
import type { Ref } from "../schema/catalog";
import { RecordLink } from "../ui/RecordLink";
import { EmptyFilter } from "./conditions";
import styles from "./fields.module.css";
import { titleById } from "./titles";
import { asList, type FilterProps, type FormatContext, useFormatContext } from "./twin";

/** A link's value in whatever form it comes: read, written, or an id in a condition. */
export function asRef(value: unknown): Ref | null {
  if (typeof value === "string" && value !== "") return { id: value, title: "" };
  if (value !== null && typeof value === "object" && "id" in value && typeof value.id === "string") return value as Ref;
  return null;
}

export function refWords(value: unknown, target: string | null, ctx: FormatContext): string {
  const ref = asRef(value);
  if (!ref) return "";
  // A role that came with the program is called as the reader's language has it.
  if (ref.title) return ctx.catalog.roles.find((role) => role.id === ref.id)?.title || ref.title;
  if (ref.id === "$me") return ctx.t("fields.me");
  if (ref.id === "$my_team") return ctx.t("fields.team");
  const object = ctx.catalog.object(ref.object ?? target);
  const title = object ? titleById(object.name, ref.id, object.title) : null;
  return title === null ? "…" : title || "—";
}

export function RefLink({ object, value, quiet }: { object: string | null; value: Ref; quiet?: boolean }) {
  const ctx = useFormatContext();
  const words = refWords(value, object, ctx) || "—";
  const target = value.object ?? object;
  // Someone who may not see the object gets the name without a way in.
  if (!target || !ctx.catalog.object(target)) return <span dir="auto">{words}</span>;
  return (
    <RecordLink
      object={target}
      id={value.id}
      className={quiet ? `${styles.link} ${styles.quiet}` : styles.link}
      title={words}
      dir="auto"
    >
      {words}
      {value.archived && <small> · {ctx.t("list.archived.mark")}</small>}
    </RecordLink>
  );
}

type Extras = (ctx: FormatContext) => Ref[];

function RefFilter({ field, op, value, onChange, autoFocus, extras }: FilterProps & { extras: Extras }) {
  const ctx = useFormatContext();
  const many = op === "in" || op === "not_in" || Array.isArray(value);
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  const shown = asList(value)
    .map(asRef)
    .filter((ref): ref is Ref => ref !== null)
    .map((ref) => ({ ...ref, title: refWords(ref, field.target, ctx) }));
  return (
    <Picker
      object={field.target ?? ""}
      value={shown}
      many={many}
      extra={extras(ctx)}
      create={false}
      autoFocus={autoFocus}
      label={ctx.t("fields.value")}
      onChange={(refs) => onChange(many ? refs.map((ref) => ref.id) : (refs[0]?.id ?? null))}
    />
  );
}

/** Conditions hold ids; the picker shows names. `extras` are choices above all records. */
export const refFilter =
  (extras: Extras = () => []) =>
  (props: FilterProps) => <RefFilter {...props} extras={extras} />;
