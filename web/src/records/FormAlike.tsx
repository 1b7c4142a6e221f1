/** Records that may be the same one, told while it is typed: by the title, and by what tells records apart. */
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "../api/client";
import { keys, type Page } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import { asText, type Values } from "../fields/twin";
import { type ObjectDef, titleOf } from "../schema/catalog";
import styles from "./Form.module.css";

const HAN = /\p{Script=Han}/u;
const folded = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

interface Question {
  field: string;
  text: string;
  ask: Record<string, unknown>;
}

/** What to look for: similar titles; the same value in any field of the kind that identifies. */
function questions(object: ObjectDef, values: Values): Question[] {
  const found: Question[] = [];
  const title = values[object.title];
  const text = typeof title === "string" ? title.trim() : "";
  if (text.length >= (HAN.test(text) ? 2 : 3)) found.push({ field: object.title, text, ask: { q: text } });
  for (const field of object.fields) {
    const value = values[field.name];
    if (!twin(field).key || field.of || isEmpty(value)) continue;
    const same = object.fields.filter((one) => one.type === field.type && !one.of);
    const or = same.map((one) => ({ field: one.name, op: "eq", value }));
    found.push({ field: field.name, text: asText(value), ask: { filter: { or } } });
  }
  return found;
}

/** Notes by field, for what has settled. */
export function useAlike(object: ObjectDef, values: Values, onOpen: () => void): Record<string, ReactNode> {
  const ctx = useFormatContext();
  const asked = object.activity ? [] : questions(object, values);
  const wanted = JSON.stringify(asked);
  const [settled, setSettled] = useState("[]");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), 350);
    return () => clearTimeout(timer);
  }, [wanted]);
  const now = JSON.parse(settled) as Question[];
  const subtitle = object.subtitle.filter((name) => object.fields.some((field) => field.name === name));
  const answers = useQueries({
    queries: now.map(({ ask }) => ({
      queryKey: [...keys.records(object.name), "alike", ask] as const,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.read<Page>(
          `/records/${object.name}/query`,
          { ...ask, limit: 3, fields: [...new Set([object.title, ...subtitle])] },
          signal,
        ),
      // A number that is only half typed is refused, which is no news.
      retry: false,
      staleTime: 30_000,
    })),
  });
  const notes: Record<string, ReactNode> = {};
  for (const [at, { field, text }] of now.entries()) {
    const rows = answers[at]?.data?.data ?? [];
    if (rows.length === 0 || !asked.some((one) => one.field === field && one.text === text)) continue;
    const exact = field !== object.title || rows.some((row) => folded(titleOf(object, row)) === folded(text));
    notes[field] = (
      <p className={styles.alike} role="status">
        <Users aria-hidden />
        {ctx.t(exact ? "record.alike.same" : "record.alike")}
        {rows.map((row) => {
          const under = subtitle
            .map((name) => object.fields.find((one) => one.name === name))
            .map((one) => (one ? twin(one).format(row[one.name], one, ctx) : ""))
            .filter(Boolean)
            .join(" · ");
          return (
            <span key={row.id}>
              <Link to="/o/$object/$id" params={{ object: object.name, id: row.id }} onClick={onOpen}>
                {titleOf(object, row)}
              </Link>
              {under && <small>{under}</small>}
            </span>
          );
        })}
      </p>
    );
  }
  return notes;
}
