/** The journey of all customers: how many came into each stage, how many went on, and how long they stayed. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import { type Key, useFormat, useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { cx, ErrorState, HEADING, Nothing, Page, SkeletonRows } from "../ui";
import { Segmented } from "../ui/antd";
import { optionLabel, type Journey as Told } from "./model";
import styles from "./standing.module.css";

const SPANS = ["30", "90", "365", "all"] as const;

export default function JourneyPage() {
  const { object: name } = useParams({ strict: false }) as { object: string };
  const object = useCatalog().object(name);
  const t = useT();
  if (!object?.standing?.includes("lifecycle"))
    return (
      <Page title={t("standing.journey")}>
        <Nothing of="standing.journey.none" />
      </Page>
    );
  return <Shown object={object} />;
}

function Shown({ object }: { object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const navigate = useNavigate();
  const { many } = useNouns(object);
  const { span = "90" } = useSearch({ strict: false }) as { span?: string };
  const found = useQuery({
    queryKey: ["records", object.name, "journey", span],
    queryFn: ({ signal }) => {
      const since = span === "all" ? undefined : new Date(Date.now() - Number(span) * 86_400_000).toISOString();
      return api.get<Told>(`/standing/journey/${object.name}`, { since }, signal);
    },
  });
  const bar = (
    <div className={styles.spans}>
      <Segmented
        aria-label={t("standing.journey")}
        value={span}
        options={SPANS.map((one) => ({ value: one, label: t(`standing.journey.${one}` as Key) }))}
        onChange={(one: unknown) => void navigate({ to: ".", search: { span: one } as never, replace: true })}
      />
    </div>
  );
  const title = t("standing.journey.of", { objects: many });
  if (!found.data)
    return (
      <Page title={title} bar={bar} padded>
        {found.isError ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : <SkeletonRows />}
      </Page>
    );
  const { field, stages, moves } = found.data;
  const most = Math.max(1, ...stages.map((one) => one.entered));
  const word = (one: string | null) => (one ? optionLabel(object, field, one, ctx) : t("standing.passage.none"));
  const came = (one: string) => stages.find((stage) => stage.name === one)?.entered ?? 0;
  const total = stages.reduce((sum, one) => sum + one.entered, 0);
  const lost = stages.filter((one) => one.kind === "lost").reduce((sum, one) => sum + one.entered, 0);
  return (
    <Page title={title} bar={bar} padded>
      <p className={styles.lead}>
        {t("standing.journey.lead", { n: f.number(total), won: f.number(came("new_customer")), lost: f.number(lost) })}
      </p>
      <div className="sideways">
        <table className={cx(styles.table, styles.journey)} aria-labelledby={HEADING} data-testid="journey">
          <thead>
            <tr>
              <th>{t("standing.stage")}</th>
              <th>{t("standing.journey.entered")}</th>
              <th className={styles.right}>{t("standing.journey.rate")}</th>
              <th className={styles.right}>{t("standing.journey.days")}</th>
              <th className={styles.right}>{t("standing.journey.now")}</th>
            </tr>
          </thead>
          <tbody>
            {stages.map((one) => (
              <tr key={one.name} className={cx(one.kind !== "path" && styles.offPath)}>
                <th scope="row">{word(one.name)}</th>
                <td>
                  <span className={styles.funnel}>
                    <i
                      className={styles[one.kind]}
                      style={{ width: `${Math.max(one.entered ? 2 : 0, (one.entered / most) * 100)}%` }}
                    />
                    <b className="num">{f.number(one.entered)}</b>
                  </span>
                </td>
                <td className={cx(styles.right, "num")}>
                  {one.conversion === null ? (
                    <span className="dash">—</span>
                  ) : (
                    `${f.number(Math.round(one.conversion * 100))}%`
                  )}
                </td>
                <td className={cx(styles.right, "num")}>
                  {one.days === null ? <span className="dash">—</span> : f.number(one.days)}
                </td>
                <td className={cx(styles.right, "num")}>
                  <Link
                    to="/o/$object"
                    params={{ object: object.name }}
                    search={{ view: "all", filter: { field, op: "eq", value: one.name } } as never}
                  >
                    {f.number(one.now)}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {moves.length > 0 && (
        <>
          <h2 className={styles.sub}>{t("standing.journey.moves")}</h2>
          <ul className={styles.moves}>
            {moves.slice(0, 12).map((one) => (
              <li key={`${one.from} ${one.to}`}>
                <span>
                  {word(one.from)} → <b>{word(one.to)}</b>
                </span>
                <span className="num">{f.number(one.count)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}
