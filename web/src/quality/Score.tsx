/** What a record is short of: how much of it is filled in, and its quality, which asks only for what counts and says what each lack costs. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Answered } from "../admin/Table";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import styles from "./board.module.css";
import type { Explained } from "./model";

interface Props {
  object: ObjectDef;
  id: string;
  /** Fields of the page with a value, of how many. */
  filled: number;
  all: number;
}

export default function Score({ object, id, filled, all }: Props) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const found = useQuery({
    queryKey: [...keys.records(), "quality", object.name, "of", id],
    queryFn: ({ signal }) => api.get<Explained>(`/quality/${object.name}/records/${id}`, undefined, signal),
  });
  if (!found.data)
    return (
      <div className={styles.explained}>
        <Answered of={found} small />
      </div>
    );
  const { score, parts, fields, stale, duplicate, days, since } = found.data;
  const named = (name: string) => label(object.fields.find((one) => one.name === name)?.label, name);
  const bad = fields.filter((one) => one.state !== "ok").sort((a, b) => b.lost - a.lost);
  return (
    <section className={styles.explained} aria-label={t("quality.title")} data-testid="score">
      <p className={styles.filled}>
        <span>{t("record.complete.fields")}</span>
        <span className="num">{t("quality.points", { n: f.number(filled), of: f.number(all) })}</span>
      </p>
      <h3>
        <span>{t("quality.title")}</span>
        <span className="num">{t("quality.points", { n: f.number(score), of: f.number(100) })}</span>
      </h3>
      <p className={styles.soft}>{t("quality.asks")}</p>
      <ul>
        {parts.map((one) => (
          <li key={one.part}>
            <span>
              {t(`quality.part.${one.part}`)}
              {one.part === "fresh" && stale && since && (
                <>
                  {" "}
                  <em>{t("quality.part.stale", { field: named(since), days })}</em>
                </>
              )}
              {one.part === "unique" && duplicate && (
                <>
                  {" "}
                  <Link to="/duplicates/$name" params={{ name: object.name }}>
                    <em>{t("list.duplicate")}</em>
                  </Link>
                </>
              )}
            </span>
            <span className="num">{t("quality.points", { n: f.number(one.points), of: f.number(one.of) })}</span>
          </li>
        ))}
      </ul>
      {bad.length === 0 ? (
        <p className={styles.soft}>{t("quality.good")}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <ul tabIndex={0} aria-label={t("quality.fields")}>
          {bad.map((one) => (
            <li key={one.field}>
              <span>
                {named(one.field)}{" "}
                <em>{t(one.state === "missing" ? "quality.state.missing" : "quality.state.invalid")}</em>
              </span>
              <span className="num">−{f.number(one.lost)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
