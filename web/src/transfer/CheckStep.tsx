/** The third step: the import is tried without writing anything; what would go wrong is put right here. */
import { useNavigate } from "@tanstack/react-router";
import { Progress } from "antd";
import { AlertTriangle, CheckCircle2 } from "lucide-react";
import { Fragment, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, api } from "../api/client";
import { useAggregate } from "../api/queries";
import { useFormat, useNouns, useT } from "../i18n";
import { Button, useRefusal } from "../ui";
import { Frame } from "./Frame";
import { behind, knownOf, mapped, type Run, running, share, timeLeft } from "./model";
import { Outcome, useLength } from "./Outcome";
import { Problems } from "./Problems";
import { bodyOf, useRun } from "./state";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

/** Tries the import as it stands; another decision tries again, and stops what is still being tried. */
function useCheck({ object, upload, choices }: StepProps) {
  const body = useMemo(() => bodyOf(upload, object.name, choices, true), [upload, object.name, choices]);
  const [id, setId] = useState<string>();
  const [fault, setFault] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  const last = useRef<string>(undefined);
  const asked = JSON.stringify(body);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a round asks again for the same
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      if (last.current) void api.post(`/imports/${last.current}/cancel`).catch(() => undefined);
      last.current = undefined;
      setFault(null);
      api.post<{ id: string }>("/imports", JSON.parse(asked)).then(
        ({ data }) => {
          if (!current) return void api.post(`/imports/${data.id}/cancel`).catch(() => undefined);
          last.current = data.id;
          setId(data.id);
        },
        (reason) => {
          if (current && reason instanceof ApiError) setFault(reason);
        },
      );
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked, round]);
  // Who goes away does not wait for the answer.
  useEffect(
    () => () => {
      if (last.current) void api.post(`/imports/${last.current}/cancel`).catch(() => undefined);
    },
    [],
  );
  const run = useRun(id);
  return { run: run.data, fault, again: () => setRound(round + 1) };
}

export function CheckStep(props: StepProps) {
  const { object, upload, choices, onChange } = props;
  const t = useT();
  const f = useFormat();
  const length = useLength();
  const { many } = useNouns(object);
  const refuse = useRefusal();
  const navigate = useNavigate();
  const [starting, setStarting] = useState(false);
  const { run, fault, again } = useCheck(props);
  const busy = !run || running(run);
  const left = run ? timeLeft(run) : null;
  // While it is tried again, what was found last stays where it is.
  const [settled, setSettled] = useState<Run>();
  useEffect(() => {
    if (run && !running(run)) setSettled(run);
  }, [run]);
  const shown = busy ? settled : run;
  const errors = shown?.problems.filter((problem) => problem.kind === "error") ?? [];
  const notes = shown?.problems.filter((problem) => problem.kind === "note") ?? [];
  const total = useAggregate(object.name, { measures: [{ fn: "count", as: "n" }] }).data?.[0]?.values.n;
  const good = shown ? shown.created + shown.updated : 0;
  const known = shown ? knownOf(shown) : 0;
  const same = good === 0 && known > 0;
  const fresh = shown ? (shown.objects.find((one) => one.object === object.name) ?? shown).created : 0;

  const start = async () => {
    setStarting(true);
    try {
      const { data } = await api.make<{ id: string }>("/imports", bodyOf(upload, object.name, choices, false));
      await navigate({
        to: "/import/$object",
        params: { object: object.name },
        search: { run: data.id },
        replace: true,
      });
    } catch (reason) {
      refuse(reason);
      setStarting(false);
    }
  };
  const back = () =>
    void navigate({ to: "/import/$object", params: { object: object.name }, search: { upload: upload.id } });

  return (
    <Frame
      object={object}
      at="check"
      upload={upload.id}
      aside={
        <div className={styles.asideBody}>
          <h2>{t("transfer.after")}</h2>
          {shown ? (
            <>
              <Outcome run={shown} future />
              {typeof total === "number" && fresh > 0 && (
                <p className={styles.soft}>
                  {t("transfer.total", { objects: many, now: f.number(total), next: f.number(total + fresh) })}
                </p>
              )}
            </>
          ) : (
            <p className={styles.soft}>{t("transfer.checking", { name: upload.name })}</p>
          )}
          {shown && shown.rate > 0 && good > 0 && (
            <p className={styles.help}>{t("transfer.takes", { time: length(shown.seconds * 2) })}</p>
          )}
        </div>
      }
      foot={
        <>
          <Button onClick={back}>{t("transfer.back")}</Button>
          <Button
            type="primary"
            disabled={busy || good === 0 || fault !== null}
            loading={starting}
            onClick={() => void start()}
          >
            {shown && !busy ? t("transfer.start", { n: good }) : t("transfer.checking.short")}
          </Button>
        </>
      }
    >
      <div className={styles.scroll}>
        <div className={styles.check}>
          {fault ? (
            <Refused fault={fault} onBack={back} />
          ) : (
            <>
              <div className={styles.answer}>
                {/* What came of it is told; what is to be done about it is there to be gone through. */}
                <h2 aria-live="polite">
                  {!shown
                    ? t("transfer.checking.short")
                    : shown.status === "failed"
                      ? t("transfer.check.failed")
                      : shown.failed
                        ? t("transfer.check.bad", { n: shown.failed })
                        : t(same ? "transfer.run.known" : "transfer.check.good")}
                </h2>
                {shown && (
                  <p className={styles.soft}>
                    {shown.status === "failed"
                      ? shown.error
                      : t("transfer.check.rest", { n: good + known, all: f.number(shown.read) })}
                  </p>
                )}
                {busy && run && run.rows > 0 && (
                  <p className={styles.soft}>
                    {t("transfer.run.read", { n: f.number(run.read), all: f.number(run.rows) })}
                    {left !== null && ` · ${t("transfer.run.left", { time: length(left) })}`}
                  </p>
                )}
                {busy && (
                  <Progress
                    percent={run ? Math.round(share(run) * 100) : 0}
                    size="small"
                    showInfo={false}
                    aria-label={t("transfer.checking.short")}
                  />
                )}
                {shown?.errors && !busy && (
                  <a className={styles.link} href={`/api/v1/imports/${shown.id}/errors.csv`} download>
                    {t("transfer.check.rows", { n: behind(shown) })}
                  </a>
                )}
                {shown?.status === "failed" && !busy && <Button onClick={again}>{t("shell.retry")}</Button>}
              </div>
              {[errors, notes].map(
                (problems, at) =>
                  problems.length > 0 && (
                    <Fragment key={at ? "notes" : "errors"}>
                      {at === 1 && <h3 className={styles.notesHead}>{t("transfer.notes")}</h3>}
                      <Problems
                        {...props}
                        problems={problems}
                        onBack={back}
                        onHow={(column, how) =>
                          onChange((before) => ({ mapping: mapped(before.mapping, column, how) }))
                        }
                      />
                    </Fragment>
                  ),
              )}
              {shown && shown.status === "done" && errors.length === 0 && !same && (
                <p className={styles.allGood}>
                  <CheckCircle2 aria-hidden />
                  {t("transfer.check.clean", { objects: many })}
                </p>
              )}
            </>
          )}
        </div>
      </div>
    </Frame>
  );
}

function Refused({ fault, onBack }: { fault: ApiError; onBack: () => void }) {
  const t = useT();
  return (
    <div className={styles.refused} role="alert">
      <AlertTriangle aria-hidden />
      <div>
        <h2>{t("transfer.refused")}</h2>
        <ul>
          {(fault.status === 0 ? [t("shell.offline")] : fault.errors.map((error) => error.message)).map((message) => (
            <li key={message}>{message}</li>
          ))}
          {fault.status !== 0 && fault.errors.length === 0 && <li>{fault.message}</li>}
        </ul>
        <Button onClick={onBack}>{t("transfer.refused.back")}</Button>
      </div>
    </div>
  );
}
