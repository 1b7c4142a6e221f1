/** The third step: the import is tried without writing anything; what would go wrong is put right here. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Progress, Select } from "antd";
import { AlertTriangle, CheckCircle2, Sparkles, Undo2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, api } from "../api/client";
import { useCatalog, useMe } from "../api/queries";
import { useFormat, useLabel, useNouns, useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { ObjectDef } from "../schema/catalog";
import { cx, useToast } from "../ui";
import { Frame } from "./Frame";
import {
  addable,
  DATE_ORDERS,
  type Fix,
  fixOf,
  type How,
  howOf,
  isLink,
  mapped,
  meaning,
  merged,
  type Problem,
  type Run,
  running,
  share,
  type Target,
} from "./model";
import { Outcome, useLength } from "./Outcome";
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
  const toast = useToast();
  const navigate = useNavigate();
  const [starting, setStarting] = useState(false);
  const { run, fault, again } = useCheck(props);
  const busy = !run || running(run);
  // While it is tried again, what was found last stays where it is.
  const [settled, setSettled] = useState<Run>();
  useEffect(() => {
    if (run && !running(run)) setSettled(run);
  }, [run]);
  const shown = busy ? settled : run;
  const errors = shown?.problems.filter((problem) => problem.kind === "error") ?? [];
  const notes = shown?.problems.filter((problem) => problem.kind === "note") ?? [];
  const good = shown ? shown.created + shown.updated : 0;

  const start = async () => {
    setStarting(true);
    try {
      const { data } = await api.post<{ id: string }>("/imports", bodyOf(upload, object.name, choices, false));
      await navigate({
        to: "/import/$object",
        params: { object: object.name },
        search: { run: data.id },
        replace: true,
      });
    } catch (reason) {
      toast({
        text: reason instanceof ApiError ? (reason.errors[0]?.message ?? reason.message) : t("shell.error.text"),
        tone: "danger",
      });
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
            <Outcome run={shown} future />
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
          <span className={styles.footNote}>
            <Undo2 aria-hidden />
            {t("transfer.undoable")}
          </span>
          <span className="spring" />
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
        <div className={styles.check} aria-live="polite">
          {fault ? (
            <Refused fault={fault} onBack={back} />
          ) : (
            <>
              <div className={styles.answer}>
                {shown ? (
                  <>
                    <h2>
                      {shown.status === "failed"
                        ? t("transfer.check.failed")
                        : shown.failed
                          ? t("transfer.check.bad", { n: shown.failed })
                          : t("transfer.check.good")}
                    </h2>
                    <p className={styles.soft}>
                      {shown.status === "failed"
                        ? shown.error
                        : t("transfer.check.rest", { n: good, all: f.number(shown.read) })}
                    </p>
                  </>
                ) : (
                  <h2>{t("transfer.checking.short")}</h2>
                )}
                {busy && (
                  <Progress
                    percent={run ? Math.round(share(run) * 100) : 0}
                    size="small"
                    showInfo={false}
                    aria-label={t("transfer.checking.short")}
                  />
                )}
                {shown?.status === "failed" && !busy && <Button onClick={again}>{t("shell.retry")}</Button>}
              </div>
              <Problems
                {...props}
                problems={errors}
                onBack={back}
                onHow={(column, how) => onChange((before) => ({ mapping: mapped(before.mapping, column, how) }))}
              />
              {notes.length > 0 && (
                <>
                  <h3 className={styles.notesHead}>{t("transfer.notes")}</h3>
                  <Problems
                    {...props}
                    problems={notes}
                    onBack={back}
                    onHow={(column, how) => onChange((before) => ({ mapping: mapped(before.mapping, column, how) }))}
                  />
                </>
              )}
              {shown && shown.status === "done" && errors.length === 0 && (
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

interface ProblemsProps extends StepProps {
  problems: Problem[];
  onHow: (column: string, how: How) => void;
  onBack: () => void;
}

function Problems({ problems, ...rest }: ProblemsProps) {
  return (
    <ul className={styles.problems}>
      {merged(problems).map((problem) => (
        <ProblemItem key={`${problem.kind} ${problem.field} ${problem.code}`} problem={problem} {...rest} />
      ))}
    </ul>
  );
}

/** The name of a problem in a few words; the server's own sentence where there are none here. */
const KNOWN = new Set([
  "link_not_found",
  "link_ambiguous",
  "link_loose",
  "link_made",
  "left_empty",
  "not_an_option",
  "option_added",
  "not_a_date",
  "not_a_datetime",
  "ambiguous_date",
  "not_a_number",
  "not_an_email",
  "not_a_phone",
  "not_a_url",
  "not_yes_or_no",
  "not_unique",
  "required",
  "too_long",
  "already_there",
  "key_not_found",
  "key_ambiguous",
  "key_missing",
  "short_row",
]);

function useProblemWords(): (problem: Problem, name: string) => string {
  const t = useT();
  return (problem, name) =>
    KNOWN.has(problem.code)
      ? t(`transfer.problem.${problem.code}` as Parameters<typeof t>[0], { field: name })
      : problem.message;
}

export function ProblemWords({ problem, name }: { problem: Problem; name: string }) {
  return <>{useProblemWords()(problem, name)}</>;
}

function ProblemItem({
  problem,
  upload,
  object,
  choices,
  onChange,
  onHow,
  onBack,
}: Omit<ProblemsProps, "problems"> & { problem: Problem }) {
  const t = useT();
  const label = useLabel();
  const me = useMe();
  const words = useProblemWords();
  const stages = useCatalog()
    .pipelinesOf(object)
    .flatMap((pipeline) => pipeline.stages.filter((stage) => stage.required.includes(problem.field ?? "")))
    .map((stage) => label(stage.label, stage.name));
  const target = upload.targets.find((one) => one.field === problem.field);
  const column = upload.columns.find((one) => {
    const path = howOf(choices.mapping, one.name)?.field;
    return path === problem.field || path?.split(".")[0] === problem.field;
  });
  const name = target ? label(target.label, target.field) : fieldLabel(object, problem.field, label);
  const how = column ? howOf(choices.mapping, column.name) : null;
  // A column that is there and empty is a matter of the file, not of the mapping.
  const found = fixOf(problem, target);
  const fix = found === "column" && column ? null : found;
  const note = problem.kind === "note";
  const values = [...new Set(problem.samples.map((sample) => sample.value).filter(Boolean))];
  return (
    <li className={styles.problem}>
      <span className={cx(styles.problemSign, note && styles.noteSign)}>
        {note ? <Sparkles aria-hidden /> : <AlertTriangle aria-hidden />}
      </span>
      <div>
        <p className={styles.problemHead}>
          <b>{t("transfer.rows", { n: problem.count })}</b> {words(problem, name)}
        </p>
        {values.length > 0 && (
          <p className={styles.samples}>
            {values.map((value) => {
              const lines = problem.samples.filter((sample) => sample.value === value);
              const near = lines[0]?.near;
              return (
                <span key={value} className={styles.value}>
                  <b>{value}</b>{" "}
                  <span className={styles.soft}>
                    {t("transfer.line", { n: lines.map((sample) => sample.line).join(t("admin.say.comma")) })}
                    {note && near && ` → ${near}`}
                  </span>
                </span>
              );
            })}
          </p>
        )}
        {how && target && (fix === "unknown" || fix === "missing") && problem.kind === "error" && (
          <Meant
            object={object}
            problem={problem}
            target={target}
            how={how}
            onHow={(next) => column && onHow(column.name, next)}
          />
        )}
        {fix && (
          <Fixes
            fix={fix}
            target={target}
            field={problem.field}
            how={how}
            choices={choices}
            onHow={(how) => column && onHow(column.name, how)}
            onChange={onChange}
            onBack={onBack}
          />
        )}
        {problem.code === "required" && stages.length > 0 && (
          <p className={styles.help}>
            {t("transfer.problem.stages", { stages: stages.join(t("admin.say.comma")) })}{" "}
            {me.can.includes("catalog") && (
              <Link to="/settings/$" params={{ _splat: "pipelines" }} className={styles.link}>
                {t("admin.pipelines")}
              </Link>
            )}
          </p>
        )}
        {!note && !fix && <p className={styles.help}>{t("transfer.problem.rest")}</p>}
      </div>
    </li>
  );
}

/** What was meant by a text that is not known: the likeliest is one click away, everything else can be chosen. */
function Meant({
  object,
  problem,
  target,
  how,
  onHow,
}: {
  object: ObjectDef;
  problem: Problem;
  target: Target;
  how: How;
  onHow: (how: How) => void;
}) {
  const t = useT();
  const label = useLabel();
  const options = object.fields.find((field) => field.name === target.field)?.options ?? [];
  const shown = (name: string) => label(options.find((option) => option.name === name)?.label, name);
  const seen = new Map<string, string | undefined>();
  for (const { value, near } of problem.samples) if (value) seen.set(value, seen.get(value) ?? near);
  // A record is named by its id, which only the way of finding that tries everything understands.
  if (isLink(target) && (how.match || target.type === "links")) return null;
  return (
    <ul className={styles.meant}>
      {[...seen].map(([text, near]) => (
        <li key={text}>
          <span className="ellipsis">{t("transfer.values.means", { text })}</span>
          {near && (
            <button type="button" className={styles.pill} onClick={() => onHow(meaning(how, text, near))}>
              {shown(near)}
            </button>
          )}
          {isLink(target) ? (
            <span className={styles.meantPick}>
              <Picker
                object={target.target ?? "user"}
                size="small"
                value={[]}
                label={t("transfer.values.means", { text })}
                create={false}
                onChange={([one]) => one && onHow(meaning(how, text, one.id))}
              />
            </span>
          ) : (
            <Select
              size="small"
              className={styles.meantPick}
              aria-label={t("transfer.values.means", { text })}
              placeholder={t("transfer.values.choose")}
              showSearch={{ optionFilterProp: "label" }}
              popupMatchSelectWidth={false}
              value={null}
              options={options.map((option) => ({ value: option.name, label: label(option.label, option.name) }))}
              onChange={(value: string | null) => value && onHow(meaning(how, text, value))}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

const fieldLabel = (object: ObjectDef, name: string | null, label: ReturnType<typeof useLabel>): string =>
  name ? label(object.fields.find((field) => field.name === name)?.label, name) : "";

function Fixes({
  fix,
  target,
  field,
  how,
  choices,
  onHow,
  onChange,
  onBack,
}: {
  fix: Fix;
  target: Target | undefined;
  field: string | null;
  how: How | null;
  choices: StepProps["choices"];
  onHow: (how: How) => void;
  onChange: StepProps["onChange"];
  onBack: () => void;
}) {
  const t = useT();
  const me = useMe();
  switch (fix) {
    case "missing":
      if (!how) return null;
      return (
        <Pills
          label={t("transfer.missing.label")}
          value={how.missing ?? "fail"}
          options={(["empty", "create", "fail"] as const)
            .filter((one) => one !== "create" || target?.type !== "user")
            .map((one) => ({ value: one, label: t(`transfer.missing.${one}`) }))}
          onPick={(missing) => onHow({ ...how, missing: missing as How["missing"] })}
        />
      );
    case "unknown":
      if (!how || isLink(target)) return null;
      return (
        <Pills
          label={t("transfer.unknown.label")}
          value={how.unknown ?? "fail"}
          options={(["add", "empty", "fail"] as const)
            .filter((one) => one !== "add" || (addable(target) && me.can.includes("catalog")))
            .map((one) => ({ value: one, label: t(`transfer.unknown.${one}`) }))}
          onPick={(unknown) => onHow({ ...how, unknown: unknown as How["unknown"] })}
        />
      );
    case "date":
      return (
        <Pills
          label={t("transfer.dates")}
          value={choices.date_order}
          options={DATE_ORDERS.map((order) => ({ value: order, label: t(`transfer.dates.${order}`) }))}
          onPick={(date_order) => onChange({ date_order })}
        />
      );
    case "key":
      return (
        <Pills
          label={t("transfer.key")}
          value={choices.key === field ? choices.mode : ""}
          options={[
            { value: "upsert", label: t("transfer.fix.upsert") },
            { value: "create", label: t("transfer.fix.skip") },
          ]}
          onPick={(mode) => onChange({ mode: mode as "create" | "upsert", key: field })}
        />
      );
    case "column":
      return (
        <button type="button" className={styles.pill} onClick={onBack}>
          {t("transfer.fix.column")}
        </button>
      );
  }
}

function Pills({
  label,
  value,
  options,
  onPick,
}: {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onPick: (value: string) => void;
}) {
  return (
    <div className={styles.pills} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          className={cx(styles.pill, option.value === value && styles.pillOn)}
          aria-pressed={option.value === value}
          onClick={() => option.value !== value && onPick(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
