/** Many groups of records made one each by a rule: which groups, which record stays, which values; looked at before, undone as one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { GitMerge } from "lucide-react";
import { useState } from "react";
import { ApiError, api } from "../api/client";
import { keys, touchRecords, useCatalog } from "../api/queries";
import { useUndo } from "../api/writes";
import { type Key, useFormat, useLabel, useNouns, useT } from "../i18n";
import { busy as comparing, looksQuery } from "../quality/looks";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, ButtonLink, Empty, ErrorState, Page, SkeletonRows, useRefusal, useTaking } from "../ui";
import { Progress, Segmented, Select } from "../ui/antd";
import styles from "./merging.module.css";

const LIKELY = [0.99, 0.95, 0.9, 0.8, 0.5];
const HOWS = ["exact", "folded", "phone", "email"] as const;
const STAYS = ["oldest", "latest", "complete", "children"] as const;
const VALUES = ["survivor", "latest", "frequent", "longest"] as const;
const SHOWN = 20;

interface Found {
  total: number;
  records: number;
  clusters: string[][];
}

interface Run {
  id?: string;
  status: "queued" | "running" | "done" | "failed" | "interrupted";
  total: number;
  done?: number;
  merged: number;
  failed: number;
  problems: { ids: string[]; message: string }[];
  change_set: string | null;
}

export default function ManyPage() {
  const t = useT();
  const { object: name } = useParams({ strict: false }) as { object: string };
  const object = useCatalog().object(name);
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  return (
    <Page title={t("merge.many.title")} padded>
      <Many key={object.name} object={object} />
    </Page>
  );
}

function Many({ object }: { object: ObjectDef }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const client = useQueryClient();
  const refuse = useRefusal();
  const undo = useUndo();
  const take = useTaking();
  // What is one short text; the name is looked at first.
  const texts = object.fields
    .filter(
      (one) =>
        one.operators.includes("starts_with") && one.type !== "longtext" && !one.masked && !one.system && !one.of,
    )
    .sort((a, b) => Number(b.name === object.title) - Number(a.name === object.title));
  const [by, setBy] = useState<"likely" | "key">("likely");
  const [likely, setLikely] = useState(0.95);
  const [field, setField] = useState(texts[0]?.name ?? "");
  const [how, setHow] = useState<(typeof HOWS)[number]>("folded");
  const [stays, setStays] = useState<(typeof STAYS)[number]>("oldest");
  const [values, setValues] = useState<(typeof VALUES)[number]>("survivor");
  const [run, setRun] = useState<Run | null>(null);
  const [busy, setBusy] = useState(false);
  // Groups of likely ones are known anew when all have been compared.
  const ended = useQuery(looksQuery).data?.find((one) => one.object === object.name)?.ended_at;
  const source = by === "likely" ? { likely } : { key: { field, how } };
  const found = useQuery({
    queryKey: [...keys.records(object.name), "merge many", source, ended],
    queryFn: ({ signal }) =>
      api.read<Found>(`/records/${object.name}/merge_many`, { ...source, dry_run: true }, signal),
    enabled: run === null,
    retry: false,
  });
  const clusters = found.data?.clusters ?? [];
  const seen = run
    ? run.problems.slice(0, SHOWN).flatMap(({ ids }) => ids.slice(0, 1))
    : clusters.slice(0, SHOWN).flat();
  const titles = useQuery({
    queryKey: [...keys.records(object.name), "merge many titles", seen.join()],
    queryFn: ({ signal }) =>
      api.read<{ data: RecordData[] }>(
        `/records/${object.name}/query`,
        { filter: { field: "id", op: "in", value: seen }, fields: [object.title], limit: 200 },
        signal,
      ),
    enabled: seen.length > 0,
  });
  const title = (id: string): string => {
    const one = titles.data?.data.find((record) => record.id === id);
    return (one && titleOf(object, one)) || (titles.isPending ? "…" : t("merge.untitled"));
  };
  const going = run !== null && (run.status === "queued" || run.status === "running");
  useQuery({
    queryKey: ["merge run", run?.id],
    queryFn: async ({ signal }) => {
      const data = await api.get<Run>(`/records/${object.name}/${run?.id}/merge_run`, {}, signal);
      setRun(data);
      if (data.status !== "queued" && data.status !== "running") void touchRecords(client);
      return data;
    },
    enabled: going && run?.id !== undefined,
    refetchInterval: 1_000,
  });
  const begin = async () => {
    setBusy(true);
    try {
      const rule = { survivor: stays, fields: values === "survivor" ? {} : { "*": values } };
      const { data } = await api.make<Run>(`/records/${object.name}/merge_many`, { ...source, rule });
      setRun(data);
      void touchRecords(client);
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(false);
    }
  };
  const back = async () => {
    const set = run?.change_set;
    if (set) await take(() => undo(set), t("merge.many.done", { n: run.merged }));
    setRun(null);
  };
  const options = <Name extends string>(names: readonly Name[], prefix: string) =>
    names.map((value) => ({ value, label: t(`${prefix}.${value}` as Key) }));
  const total = found.data?.total ?? 0;

  if (run) {
    return (
      <div className={styles.sheet}>
        {going ? (
          <>
            <p role="status">{t("merge.many.running", { done: run.done ?? 0, total: run.total })}</p>
            <Progress
              percent={run.total ? Math.floor(((run.done ?? 0) / run.total) * 100) : 0}
              aria-label={t("merge.many.title")}
            />
          </>
        ) : (
          <>
            <p className={styles.outcome} role="status">
              {t("merge.many.done", { n: run.merged })}
            </p>
            {run.status !== "done" && <p role="alert">{t("merge.many.broke")}</p>}
            {run.failed > 0 && (
              <div className={styles.hindered}>
                <b>{t("merge.many.failed", { n: run.failed })}</b>
                <ul>
                  {run.problems.slice(0, SHOWN).map((one) => (
                    <li key={one.ids.join()}>
                      {title(one.ids[0] ?? "")}: {one.message}
                    </li>
                  ))}
                </ul>
              </div>
            )}
            <div className={styles.acts}>
              {run.change_set && <Button onClick={() => void back()}>{t("shell.undo")}</Button>}
              <Button onClick={() => setRun(null)}>{t("merge.many.again")}</Button>
            </div>
          </>
        )}
      </div>
    );
  }

  return (
    <div className={styles.sheet}>
      <p className={styles.lead}>{t("merge.many.lead")}</p>
      <dl className={styles.rule}>
        <dt>{t("merge.many.which")}</dt>
        <dd>
          <Segmented
            aria-label={t("merge.many.which")}
            value={by}
            options={[
              { value: "likely", label: t("merge.many.likely") },
              { value: "key", label: t("merge.many.key") },
            ]}
            onChange={setBy}
          />
          {by === "likely" ? (
            <Select
              aria-label={t("merge.many.least")}
              value={likely}
              options={LIKELY.map((value) => ({
                value,
                label: `${t("merge.many.least")} ${f.percent(Math.round(value * 100))}`,
              }))}
              onChange={setLikely}
              popupMatchSelectWidth={false}
            />
          ) : (
            <>
              <Select
                aria-label={t("merge.many.field")}
                value={field}
                options={texts.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
                onChange={(chosen) => {
                  setField(chosen);
                  const type = object.fields.find((one) => one.name === chosen)?.type;
                  setHow(type === "phone" || type === "email" ? type : "folded");
                }}
                popupMatchSelectWidth={false}
              />
              <Select
                aria-label={t("merge.many.how")}
                value={how}
                options={options(HOWS, "merge.many.how")}
                onChange={setHow}
                popupMatchSelectWidth={false}
              />
            </>
          )}
        </dd>
        <dt>{t("merge.many.stays")}</dt>
        <dd>
          <Select
            aria-label={t("merge.many.stays")}
            value={stays}
            options={options(STAYS, "merge.many.stays")}
            onChange={setStays}
            popupMatchSelectWidth={false}
          />
        </dd>
        <dt>{t("merge.many.values")}</dt>
        <dd>
          <Select
            aria-label={t("merge.many.values")}
            value={values}
            options={options(VALUES, "merge.many.values")}
            onChange={setValues}
            popupMatchSelectWidth={false}
          />
        </dd>
      </dl>
      {found.isLoadingError ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : !found.data ? (
        <SkeletonRows rows={6} />
      ) : total === 0 ? (
        <None object={object} likely={by === "likely"} />
      ) : (
        <>
          <div className={styles.acts}>
            <p role="status">{t("merge.many.found", { n: total, records: found.data.records })}</p>
            <Button type="primary" icon={<GitMerge />} loading={busy} onClick={() => void begin()}>
              {t("merge.many.go", { n: total })}
            </Button>
          </div>
          <ul className={styles.clusters}>
            {clusters.slice(0, SHOWN).map((ids) => (
              <li key={ids.join()}>
                {ids.map((id) => (
                  <a key={id} href={`/o/${object.name}/${id}`} target="_blank" rel="noreferrer">
                    {title(id)}
                  </a>
                ))}
                <Link
                  to="/merge/$object"
                  params={{ object: object.name }}
                  search={{ ids: ids.join() }}
                  className={styles.compare}
                  aria-label={t("merge.many.compare.these", { title: title(ids[0] ?? "") })}
                >
                  {t("merge.many.compare")}
                </Link>
              </li>
            ))}
          </ul>
          {total > SHOWN && <p className={styles.lead}>{t("merge.many.more", { n: total - SHOWN })}</p>}
        </>
      )}
    </div>
  );
}

/** Why there is no group: nothing is alike, or, of likely ones, nobody has compared the records. */
function None({ object, likely }: { object: ObjectDef; likely: boolean }) {
  const t = useT();
  const { many } = useNouns(object);
  const looks = useQuery(looksQuery);
  const look = looks.data?.find((one) => one.object === object.name);
  if (!likely || !look || look.ended_at) return <Empty title={t("merge.many.none")} text={t("merge.many.none.next")} />;
  return (
    <Empty
      title={comparing(look) ? t("twins.running") : t("twins.never", { objects: many })}
      text={t("twins.what")}
      action={
        <ButtonLink to="/duplicates/$name" params={{ name: object.name }}>
          {t("twins.title")}
        </ButtonLink>
      }
    />
  );
}
