/** Records that may be the same one, told at the field while it is typed. */
import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import type { ReactNode } from "react";
import { twin, useFormatContext } from "../fields";
import { type ObjectDef, titleOf } from "../schema/catalog";
import { cx } from "../ui";
import styles from "./Form.module.css";
import type { Alike } from "./useRules";

const folded = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

/** Notes by field; what is refused says so. */
export function useAlikeNotes(
  object: ObjectDef,
  values: Readonly<Record<string, unknown>>,
  alike: Alike[],
  onOpen: () => void,
): Record<string, ReactNode> {
  const ctx = useFormatContext();
  const notes: Record<string, ReactNode> = {};
  const under = object.subtitle.filter((name) => object.fields.some((field) => field.name === name));
  const told = new Set<string>();
  // What stops the form is said first, and each record once at a field.
  for (const one of [...alike].sort((a, b) => a.act.localeCompare(b.act))) {
    const { rule, field, act, how, hidden, holders } = one;
    const records = one.records.filter((row) => !told.has(`${field} ${row.id}`));
    if (records.length === 0 && !hidden) continue;
    for (const row of records) told.add(`${field} ${row.id}`);
    const typed = values[field];
    const same = typeof typed === "string" && records.some((row) => folded(titleOf(object, row)) === folded(typed));
    const word =
      act === "block" ? "record.alike.block" : how !== "similar" || same ? "record.alike.same" : "record.alike";
    notes[field] = (
      <>
        {notes[field]}
        <p key={rule} className={cx(styles.alike, act === "block" && styles.alikeBlock)} role="status">
          <Users aria-hidden />
          {ctx.t(word)}
          <span className="sr">: </span>
          {records.map((row) => {
            const words = under
              .map((name) => object.fields.find((one) => one.name === name))
              .map((one) => (one ? twin(one).format(row[one.name], one, ctx) : ""))
              .filter(Boolean)
              .join(" · ");
            return (
              <span key={row.id}>
                <Link to="/o/$object/$id" params={{ object: object.name, id: row.id }} onClick={onOpen}>
                  {titleOf(object, row)}
                </Link>
                <span className="sr">, </span>
                {words && <small>{words}</small>}
              </span>
            );
          })}
          {hidden && (
            <span>
              {ctx.t("record.alike.hidden")}
              {holders.map(({ owner, pool }) => (
                <small key={`${owner} ${pool}`}>
                  {[pool && ctx.t("record.alike.pool", { pool }), ctx.t("record.alike.owner", { owner })]
                    .filter(Boolean)
                    .join(" · ")}
                </small>
              ))}
            </span>
          )}
        </p>
      </>
    );
  }
  return notes;
}
