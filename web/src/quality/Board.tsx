/** How good the records are: a score with what it is made of, field by field and by owner and source, each with the way to mend it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Copy, SlidersHorizontal, X } from "lucide-react";
import { Suspense, useEffect, useState } from "react";
import { Answered } from "../admin/Table";
import { api } from "../api/client";
import { keys, useCatalog, useMe } from "../api/queries";
import { twin, useFormatContext } from "../fields";
import { type Key, useFormat, useLabel, useNouns, useT } from "../i18n";
import { part } from "../renew";
import type { ObjectDef } from "../schema/catalog";
import { both, type Filter } from "../schema/filter";
import { Avatar, Button, cx, Empty, Meter, Page, SkeletonRows, TabsToCome, useRefusal } from "../ui";
import { Segmented } from "../ui/antd";
import styles from "./board.module.css";
import { busy, looksQuery } from "./looks";
import { type BoardSearch, type Figures, keyOf, SHARES, type Share, type Told, within } from "./model";

const CountsDialog = part(() => import("./Counts"));

interface Line extends Figures {
  object: string;
  day: string | null;
}

export default function BoardPage() {
  const t = useT();
  const catalog = useCatalog();
  const { name } = useParams({ strict: false }) as { name?: string };
  const found = useQuery({
    queryKey: [...keys.records(), "quality"],
    queryFn: async ({ signal }) => (await api.get<{ data: Line[] }>("/quality", undefined, signal)).data,
  });
  const lines = (found.data ?? []).filter((one) => catalog.object(one.object));
  const object = catalog.object(lines.find((one) => one.object === name)?.object ?? lines[0]?.object);
  if (!object)
    return (
      <Page title={t("quality.title")} bar={found.isPending && <TabsToCome />} padded>
        <Answered of={found} shape="figures" empty={<Empty title={t("quality.nothing")} />}>
          {null}
        </Answered>
      </Page>
    );
  return <Shown key={object.name} object={object} lines={lines} />;
}

/** A share in words and as a bar; what is low stands out by its word too. */
function Bar({ value, points }: { value: number | null; points?: boolean }) {
  const f = useFormat();
  if (value === null) return <span className="dash">—</span>;
  const whole = Math.round(value);
  return <Meter value={value} text={points ? f.number(whole) : f.percent(whole)} low={value < 60} />;
}

function Shown({ object, lines }: { object: ObjectDef; lines: Line[] }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const ctx = useFormatContext();
  const catalog = useCatalog();
  const me = useMe();
  const navigate = useNavigate();
  const { many } = useNouns(object);
  const search = useSearch({ strict: false }) as BoardSearch;
  const only = within(search);
  const [setting, setSetting] = useState(false);
  const [by, setBy] = useState<string>();
  const found = useQuery({
    queryKey: [...keys.records(), "quality", object.name, search],
    queryFn: async () =>
      (
        await api.post<Told>(`/quality/${object.name}`, {
          filter: only,
        })
      ).data,
    placeholderData: (old) => old,
  });
  const trend = useQuery({
    queryKey: [...keys.records(), "quality", object.name, "trend"],
    queryFn: async ({ signal }) =>
      (
        await api.get<{ data: (Figures & { day: string })[] | null }>(
          `/quality/${object.name}/trend`,
          { days: 90 },
          signal,
        )
      ).data,
  });
  const told = found.data;
  const field = (name: string) => object.fields.find((one) => one.name === name);
  const named = (name: string) => label(field(name)?.label, name);
  /** The list in which what a figure counts is mended where it stands. */
  const list = (filter: Filter, ...columns: string[]) => ({
    to: "/o/$object" as const,
    params: { object: object.name },
    search: {
      view: "all",
      filter: both(filter, only),
      ...(columns.length > 0 && {
        columns: [...new Set([object.title, ...columns, object.owner, "updated_at"])].filter(Boolean),
      }),
    } as never,
  });
  const fix: Record<Share, Filter | null | undefined> = {
    complete: told?.scheme.incomplete,
    valid: told?.scheme.invalid,
    fresh: told?.scheme.stale,
    unique: told?.scheme.duplicate,
  };
  const groups = Object.keys(told?.groups ?? {});
  const shownBy = by && groups.includes(by) ? by : groups[0];
  const groupName = (name: string, key: unknown): string => {
    const of = field(name);
    return (of && key !== null && twin(of).format(key, of, ctx)) || t("quality.none");
  };
  const chosen = search.by && told?.groups[search.by]?.find((one) => keyOf(one.key) === search.of);
  const faults = [...(told?.fields ?? [])].sort(
    (a, b) => b.weight * (b.missing + (b.invalid ?? 0)) - a.weight * (a.missing + (a.invalid ?? 0)),
  );
  /** The fields in which most is to be mended, as columns of the list. */
  const worst = (of: "missing" | "invalid") =>
    faults
      .filter((one) => one[of])
      .slice(0, 6)
      .map((one) => one.field);
  const said = (one: (typeof faults)[number], of: "missing" | "invalid") =>
    `${named(one.field)} · ${t(`quality.${of}`)}: ${f.number(Math.round(one[of] ?? 0))}`;
  const columns: Partial<Record<Share, string[]>> = { complete: worst("missing"), valid: worst("invalid") };
  return (
    <Page
      title={t("quality.title")}
      name={t("quality.title")}
      actions={
        me.can.includes("settings") && (
          <Button icon={<SlidersHorizontal />} onClick={() => setSetting(true)}>
            {t("quality.counts")}
          </Button>
        )
      }
      bar={
        <nav className={cx(styles.objects, "sideways")} aria-label={t("quality.objects")}>
          {lines.map((one) => {
            const of = catalog.object(one.object);
            return (
              <Link
                key={one.object}
                to="/quality/$name"
                params={{ name: one.object }}
                search={{}}
                aria-current={one.object === object.name ? "page" : undefined}
                className={cx(one.object === object.name && styles.on)}
              >
                {label(of?.plural, one.object)}
                {one.score !== null && <b className="num">{f.number(Math.round(one.score))}</b>}
              </Link>
            );
          })}
        </nav>
      }
      padded
    >
      <Answered
        of={found}
        shape="figures"
        empty={told?.total.records === 0 && !only && <Empty title={t("quality.empty", { objects: many })} />}
      >
        {told && (
          <div className={styles.board} data-testid="quality">
            {only && (
              <p className={styles.only}>
                {t("quality.only", {
                  field: named(search.by ?? ""),
                  value: chosen ? groupName(search.by ?? "", chosen.key) : t("quality.none"),
                })}
                <Button
                  size="small"
                  icon={<X />}
                  onClick={() => void navigate({ to: "/quality/$name", params: { name: object.name }, search: {} })}
                >
                  {t("quality.all")}
                </Button>
              </p>
            )}
            <div className={styles.figures}>
              <section className={styles.score} aria-label={t("quality.score")}>
                <h2>{t("quality.score")}</h2>
                <p>
                  <b className="num">{told.total.score === null ? "—" : f.number(told.total.score)}</b>
                  <span>{t("quality.of100")}</span>
                </p>
                <small>
                  {t(told.sampled < 1 ? "quality.records.about" : "quality.records", {
                    n: told.total.records,
                    objects: many,
                  })}
                </small>
                {!only && <Trend days={trend.data ?? null} />}
              </section>
              {SHARES.map((share) => {
                const value = told.total[share];
                const filter = fix[share];
                return (
                  <section key={share} aria-label={t(`quality.${share}`)}>
                    <h2>{t(`quality.${share}`)}</h2>
                    <p>
                      <b className="num">{value === null ? "—" : f.percent(value)}</b>
                    </p>
                    {value !== null && <Meter value={value} low={value < 60} />}
                    {share === "unique" && value === null ? (
                      <Uncompared object={object} />
                    ) : (
                      <small>
                        {t(`quality.${share}.what` as Key, {
                          days: told.scheme.days,
                          field: told.scheme.since ? named(told.scheme.since) : "",
                        })}
                      </small>
                    )}
                    {filter && value !== null && value < 100 && (
                      <Link className={styles.link} {...list(filter, ...(columns[share] ?? []))}>
                        {t(`quality.${share}.fix` as Key)}
                      </Link>
                    )}
                  </section>
                );
              })}
            </div>
            <div className={styles.columns}>
              <section className={styles.part}>
                <div className={styles.head}>
                  <h2>{t("quality.fields")}</h2>
                </div>
                <table className={styles.table} aria-label={t("quality.fields")}>
                  <thead>
                    <tr>
                      <th>{t("quality.field")}</th>
                      <th>{t("quality.filled")}</th>
                      <th className={styles.right}>{t("quality.missing")}</th>
                      <th className={styles.right}>{t("quality.invalid")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {faults.map((one) => {
                      const asked = told.scheme.fields.find((of) => of.field === one.field);
                      return (
                        <tr key={one.field}>
                          <th scope="row">
                            {named(one.field)}
                            <span className={styles.weight} title={t("quality.weight", { n: one.weight })}>
                              ×{one.weight}
                            </span>
                          </th>
                          <td>
                            <Bar value={one.of ? (100 * (one.of - one.missing)) / one.of : null} />
                          </td>
                          <td className={cx(styles.right, "num")}>
                            {one.missing && asked ? (
                              <Link {...list(asked.missing, one.field)} aria-label={said(one, "missing")}>
                                {f.number(Math.round(one.missing))}
                              </Link>
                            ) : (
                              f.number(one.missing)
                            )}
                          </td>
                          <td className={cx(styles.right, "num")}>
                            {one.invalid && asked?.invalid ? (
                              <Link {...list(asked.invalid, one.field)} aria-label={said(one, "invalid")}>
                                {f.number(Math.round(one.invalid))}
                              </Link>
                            ) : one.invalid === null ? (
                              <span className="dash">—</span>
                            ) : (
                              f.number(0)
                            )}
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </section>
              {shownBy && (
                <section className={styles.part}>
                  <div className={styles.head}>
                    <h2>{t("quality.by")}</h2>
                    {groups.length > 1 && (
                      <Segmented
                        aria-label={t("quality.by")}
                        value={shownBy}
                        onChange={(next: unknown) => setBy(String(next))}
                        options={groups.map((name) => ({ value: name, label: named(name) }))}
                      />
                    )}
                  </div>
                  <table className={styles.table} aria-label={t("quality.by")}>
                    <thead>
                      <tr>
                        <th>{named(shownBy)}</th>
                        <th className={styles.right}>{label(object.plural, object.name)}</th>
                        <th>{t("quality.score")}</th>
                        {SHARES.map((share) => (
                          <th key={share} className={cx(styles.right, styles.wide)}>
                            {t(`quality.${share}`)}
                          </th>
                        ))}
                      </tr>
                    </thead>
                    <tbody>
                      {(told.groups[shownBy] ?? []).map((one) => (
                        <tr key={keyOf(one.key)}>
                          <th scope="row">
                            <Link
                              to="/quality/$name"
                              params={{ name: object.name }}
                              search={{ by: shownBy, of: keyOf(one.key) }}
                            >
                              {field(shownBy)?.type === "user" && one.key !== null && (
                                <Avatar name={groupName(shownBy, one.key)} id={keyOf(one.key)} size={18} />
                              )}
                              {groupName(shownBy, one.key)}
                            </Link>
                          </th>
                          <td className={cx(styles.right, "num")}>{f.number(one.records)}</td>
                          <td>
                            <Bar value={one.score} points />
                          </td>
                          {SHARES.map((share) => (
                            <td key={share} className={cx(styles.right, styles.wide, "num")}>
                              {one[share] === null ? (
                                <span className="dash">—</span>
                              ) : (
                                f.percent(Math.round(one[share]))
                              )}
                            </td>
                          ))}
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </section>
              )}
            </div>
          </div>
        )}
      </Answered>
      {setting && told && (
        <Suspense fallback={<SkeletonRows />}>
          <CountsDialog object={object} counts={told.scheme} onClose={() => setSetting(false)} />
        </Suspense>
      )}
    </Page>
  );
}

/** Of records that were never compared nothing is known: it says so, and has them compared. */
function Uncompared({ object }: { object: ObjectDef }) {
  const t = useT();
  const client = useQueryClient();
  const refuse = useRefusal();
  const look = useQuery(looksQuery).data?.find((one) => one.object === object.name);
  const find = useMutation({
    mutationFn: () => api.post(`/duplicates/${object.name}/find`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: looksQuery.queryKey, exact: true }),
    onError: refuse,
  });
  const ended = look?.state === "done" ? look.ended_at : null;
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: [...keys.records(), "quality"] });
  }, [ended, client]);
  if (!look) return null;
  return (
    <>
      <small role="status">
        {t(
          busy(look)
            ? "quality.unique.running"
            : look.state === "failed"
              ? "quality.unique.failed"
              : "quality.unique.never",
        )}
      </small>
      {look.may_find && !busy(look) && (
        <Button size="small" icon={<Copy />} loading={find.isPending} onClick={() => find.mutate()}>
          {t("quality.unique.find")}
        </Button>
      )}
    </>
  );
}

/** The score day by day as a line; nothing for who does not see all that it is made of. */
function Trend({ days }: { days: (Figures & { day: string })[] | null }) {
  const t = useT();
  const f = useFormat();
  const scores = (days ?? []).flatMap((day) => (day.score === null ? [] : [day.score]));
  const [first, last] = [scores[0], scores.at(-1)];
  if (days === null) return null;
  if (scores.length < 2 || first === undefined || last === undefined) return <small>{t("quality.trend.none")}</small>;
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const at = (score: number) => (high === low ? 16 : 30 - (28 * (score - low)) / (high - low));
  const line = scores.map((score, i) => `${i ? "L" : "M"}${(160 * i) / (scores.length - 1)} ${at(score)}`).join("");
  const said = t("quality.trend.said", { from: f.number(first), to: f.number(last), n: scores.length });
  return (
    <span className={styles.trend}>
      <svg viewBox="0 0 160 32" role="img" aria-label={`${t("quality.trend")}: ${said}`} preserveAspectRatio="none">
        <path d={line} vectorEffect="non-scaling-stroke" />
      </svg>
      <small>{said}</small>
    </span>
  );
}
