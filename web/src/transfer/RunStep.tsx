/** The last step: the import itself. It may be left alone, cancelled, and undone. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Progress } from "antd";
import { AlertTriangle, CheckCircle2, CircleSlash, Download, ExternalLink, RotateCw, Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { CHANGES_KEY, type Undone, useWhy } from "../admin/undoing";
import { api } from "../api/client";
import { did } from "../api/firsts";
import { touchRecords } from "../api/queries";
import { useFormat, useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { Button, ButtonLink, cx, ErrorState, SkeletonRows, useRefusal } from "../ui";
import { Frame } from "./Frame";
import { behind, knownOf, merged, type Run, recordsOf, running, share, timeLeft } from "./model";
import { Outcome, useLength } from "./Outcome";
import { ProblemWords, useFieldName } from "./Problems";
import { importKeys, useRun } from "./state";
import styles from "./transfer.module.css";

export function RunStep({ object, id }: { object: ObjectDef; id: string }) {
  const found = useRun(id);
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={found.refetch} />;
  if (!found.data) return <SkeletonRows />;
  return <Running object={object} run={found.data} />;
}

/** Whether an import was taken back before, here or under “Changes and undo”. */
function useUndone(id: string | null): boolean {
  const { data } = useQuery({
    queryKey: [...CHANGES_KEY, "recent"],
    queryFn: ({ signal }) =>
      api.get<{ data: { id: string; undone_by: string | null }[] }>("/change_sets", { limit: 200 }, signal),
    enabled: id !== null,
    staleTime: 0,
  });
  return data?.data.some((one) => one.id === id && one.undone_by !== null) ?? false;
}

function Running({ object, run }: { object: ObjectDef; run: Run }) {
  const t = useT();
  const f = useFormat();
  const length = useLength();
  const fieldName = useFieldName(object);
  const why = useWhy();
  const refuse = useRefusal();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [undone, setUndone] = useState<Undone | null>(null);
  const live = running(run);
  const before = useUndone(live ? null : run.change_set);
  const { one, many: plural } = useNouns(object);
  const left = timeLeft(run);
  const came = run.created + run.updated;
  useEffect(() => {
    if (came > 0) did("import");
  }, [came]);

  const act = async (path: string) => {
    setBusy(true);
    try {
      const { data } = await api.post<Run>(`/imports/${run.id}/${path}`);
      client.setQueryData(importKeys.run(run.id), data);
      await client.invalidateQueries({ queryKey: importKeys.run(run.id) });
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(false);
    }
  };
  const undo = async () => {
    if (!run.change_set) return;
    setBusy(true);
    try {
      const { data } = await api.post<Undone>(`/change_sets/${run.change_set}/undo`, {});
      setUndone(data);
      await touchRecords(client);
    } catch (reason) {
      refuse(reason);
    } finally {
      setBusy(false);
    }
  };
  const kept = undone?.kept_count ?? 0;
  /** How many records were kept for each reason, as far as they are told one by one. */
  const reasons = new Map<string, number>();
  for (const one of undone?.kept ?? []) reasons.set(why(one), (reasons.get(why(one)) ?? 0) + 1);
  const filter = recordsOf(run);
  const headline =
    before && !undone
      ? t("transfer.undone")
      : undone
        ? kept
          ? t("admin.undone.kept", { n: undone.undone, kept })
          : t("transfer.undone")
        : live
          ? t(run.status === "queued" ? "transfer.run.queued" : "transfer.run.live", { objects: plural })
          : run.status === "done"
            ? came
              ? t(run.updated ? (run.created ? "transfer.run.both" : "transfer.run.changed") : "transfer.run.done", {
                  n: came,
                  created: f.number(run.created),
                  updated: f.number(run.updated),
                  objects: came === 1 ? one : plural,
                })
              : t(knownOf(run) > 0 && run.failed === 0 ? "transfer.run.known" : "transfer.run.nothing")
            : t(run.status === "failed" ? "transfer.run.failed" : "transfer.run.cancelled", { n: came });
  // Where all of it was kept the import stands, and can be undone later.
  const back = before || (undone !== null && (undone.undone > 0 || kept === 0));
  const Sign =
    back || undone
      ? Undo2
      : run.status === "done"
        ? CheckCircle2
        : run.status === "failed"
          ? AlertTriangle
          : CircleSlash;

  return (
    <Frame object={object} at="run" over={!live}>
      <div className={styles.scroll}>
        <div className={styles.run}>
          <div className={styles.runHead}>
            {!live && <Sign className={cx(run.status === "failed" && styles.dangerSign)} aria-hidden />}
            {/* Only this is told by itself: time and pace change all the while. */}
            <h2 data-testid="import-headline" aria-live="polite">
              {headline}
            </h2>
            <p className={styles.soft}>
              {run.name}
              {run.seconds > 0 && ` · ${t("transfer.run.took", { time: length(run.seconds) })}`}
              {run.rate > 0 && ` · ${t("transfer.run.rate", { n: run.rate })}`}
            </p>
            {run.error && !live && <p className={styles.fault}>{run.error}</p>}
          </div>
          {live && (
            <>
              <Progress
                percent={Math.floor(share(run) * 100)}
                status="active"
                aria-label={t("transfer.run.live", { objects: plural })}
              />
              <p className={styles.progress}>
                {t("transfer.run.read", { n: f.number(run.read), all: f.number(run.rows) })}
                {left !== null && ` · ${t("transfer.run.left", { time: length(left) })}`}
              </p>
            </>
          )}
          <Outcome run={run} />
          <div className={styles.acts}>
            {live ? (
              <>
                <Button danger loading={busy} onClick={() => void act("cancel")}>
                  {t("transfer.cancel")}
                </Button>
                <span className={styles.soft}>{t("transfer.run.leave")}</span>
              </>
            ) : (
              <>
                {came > 0 && !back && (
                  <Button
                    type="primary"
                    icon={<ExternalLink />}
                    onClick={() =>
                      void navigate({
                        to: "/o/$object",
                        params: { object: object.name },
                        search: filter ? { filter } : {},
                      })
                    }
                  >
                    {t("transfer.open", { n: came })}
                  </Button>
                )}
                {run.errors && (
                  <a className={styles.download} href={`/api/v1/imports/${run.id}/errors.csv`} download>
                    <Download aria-hidden />
                    {t("transfer.errors", { n: behind(run) })}
                  </a>
                )}
                {run.resumable && !back && (
                  <Button icon={<RotateCw />} loading={busy} onClick={() => void act("resume")}>
                    {t("transfer.resume")}
                  </Button>
                )}
                {run.change_set && !back && (
                  <Button icon={<Undo2 />} loading={busy} onClick={() => void undo()}>
                    {t("transfer.undo")}
                  </Button>
                )}
                <ButtonLink
                  to="/import/$object"
                  params={{ object: object.name }}
                  search={{}}
                  kind={came > 0 && !back ? "text" : "primary"}
                >
                  {t("transfer.another")}
                </ButtonLink>
              </>
            )}
          </div>
          {undone && kept > 0 && (
            <section className={styles.report}>
              <p className={styles.help}>
                {t("admin.kept", { n: kept })}{" "}
                <Link to="/changes" className={styles.link}>
                  {t("shell.changes")}
                </Link>
              </p>
              <table className={styles.table} aria-label={t("admin.kept", { n: kept })}>
                <tbody>
                  {[...reasons].map(([said, n]) => (
                    <tr key={said}>
                      <td className={`num ${styles.right} ${styles.tight}`}>{f.number(n)}</td>
                      <td>{said}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          {!live && run.errors && <p className={styles.help}>{t("transfer.errors.help")}</p>}
          {run.problems.length > 0 && !back && (
            <section className={styles.report}>
              <h3>{t("transfer.report")}</h3>
              <table className={styles.table} aria-label={t("transfer.report")}>
                <tbody>
                  {merged(run.problems).map((problem) => {
                    return (
                      <tr key={`${problem.kind} ${problem.field} ${problem.code}`}>
                        <td className={`num ${styles.right} ${styles.tight}`}>{f.number(problem.count)}</td>
                        <td>
                          <ProblemWords problem={problem} name={fieldName(problem.field)} />
                        </td>
                        <td className={cx(styles.soft, styles.hidePhone)}>
                          {problem.samples
                            .filter((sample) => sample.value)
                            .slice(0, 3)
                            .map((sample) => `${t("transfer.line", { n: sample.line })} ${sample.value}`)
                            .join(" · ")}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </section>
          )}
        </div>
      </div>
    </Frame>
  );
}
