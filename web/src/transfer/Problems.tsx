/** What stands in the way of rows, grouped by its cause; one decision settles it for all of them. */
import { Link } from "@tanstack/react-router";
import { AlertTriangle, Sparkles } from "lucide-react";
import { useCatalog, useMe } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { ObjectDef } from "../schema/catalog";
import { words } from "../schema/words";
import { cx } from "../ui";
import { Select } from "../ui/antd";
import {
  addable,
  DATE_ORDERS,
  type Fix,
  fallsBack,
  fixable,
  fixOf,
  guesses,
  type How,
  howOf,
  isLink,
  meaning,
  merged,
  missingOf,
  type Problem,
  type Target,
} from "./model";
import { Otherwise } from "./Otherwise";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

/** Values that are shown of one cause. */
const SHOWN = 6;

interface ProblemsProps extends StepProps {
  problems: Problem[];
  onHow: (column: string, how: How) => void;
  onBack: () => void;
}

export function Problems({ problems, ...rest }: ProblemsProps) {
  return (
    <ul className={styles.problems}>
      {merged(problems).map((problem) => (
        <ProblemItem key={`${problem.kind} ${problem.field} ${problem.code}`} problem={problem} {...rest} />
      ))}
    </ul>
  );
}

/** The name of a problem in a few words; the server's own sentence where there are none here. */
const KNOWN = new Set(words`
  link_not_found link_ambiguous known_several masked total_differs link_loose link_made left_empty first_taken
  taken_as_exact not_an_option option_added not_a_date not_a_datetime ambiguous_date not_a_number not_an_email
  not_a_phone not_a_url not_yes_or_no not_unique required used_otherwise too_long already_there key_not_found
  key_ambiguous key_missing short_row
`);

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
  const fieldName = useFieldName(object);
  const stages = useCatalog()
    .pipelinesOf(object)
    .flatMap((pipeline) => pipeline.stages.filter((stage) => stage.required.includes(problem.field ?? "")))
    .map((stage) => label(stage.label, stage.name));
  const target = upload.targets.find((one) => one.field === problem.field);
  const column = upload.columns.find((one) => {
    const path = howOf(choices.mapping, one.name)?.field;
    return path === problem.field || path?.split(".")[0] === problem.field;
  });
  const name = target ? label(target.label, target.field) : fieldName(problem.field);
  const how = column ? howOf(choices.mapping, column.name) : null;
  // A column that is there and empty is a matter of the file, not of the mapping.
  const found = fixOf(problem, target);
  const several = problem.code === "known_several";
  const fix = several || (found === "column" && column) ? null : found;
  const note = problem.kind === "note";
  const linked = several ? object.fields.find((field) => field.name === target?.via)?.target : target?.target;
  const asked = how !== null && target !== undefined && (several || fix === "unknown" || fix === "missing") && !note;
  const samples = problem.samples.filter((sample) => sample.value);
  const shown = samples.slice(0, SHOWN);
  return (
    <li className={styles.problem}>
      <span className={cx(styles.problemSign, note && styles.noteSign)}>
        {note ? <Sparkles aria-hidden /> : <AlertTriangle aria-hidden />}
      </span>
      <div role="group" aria-label={words(problem, name)}>
        <p className={styles.problemHead}>
          <b>{t("transfer.rows", { n: problem.count })}</b> {words(problem, name)}
        </p>
        {shown.length > 0 && !asked && (
          <p className={styles.samples}>
            {shown.map(({ value, line, count, near }) => (
              <span key={value} className={styles.value}>
                <b>{value}</b>{" "}
                <span className={styles.soft}>
                  {count > 1 ? t("transfer.times", { n: count }) : t("transfer.line", { n: line })}
                  {note && near && ` → ${near}`}
                </span>
              </span>
            ))}
            {samples.length > shown.length && (
              <span className={styles.soft}>{t("transfer.values.more", { n: samples.length - shown.length })}</span>
            )}
          </p>
        )}
        {asked && (
          <Meant
            object={object}
            problem={problem}
            target={target}
            linked={several || isLink(target) ? (linked ?? "user") : null}
            how={how}
            onHow={(next) => column && onHow(column.name, next)}
          />
        )}
        {target && fallsBack(target) && (problem.code === "required" || problem.code === "used_otherwise") && (
          <Otherwise object={object} upload={upload} target={target} choices={choices} onChange={onChange} />
        )}
        {fix && (
          <Fixes
            fix={fix}
            target={target}
            problem={problem}
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
        {!note && !fix && !several && <p className={styles.help}>{t("transfer.problem.rest")}</p>}
      </div>
    </li>
  );
}

interface MeantProps {
  object: ObjectDef;
  problem: Problem;
  target: Target;
  /** The object whose records are chosen from; null for options. */
  linked: string | null;
  how: How;
  onHow: (how: How) => void;
}

/** What was meant by texts that are not known: the likeliest is one click away, for each or for all; the rest is chosen. */
function Meant({ object, problem, target, linked, how, onHow }: MeantProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const field = object.fields.find((one) => one.name === target.field);
  const stages = useCatalog()
    .pipelinesOf(object)
    .flatMap((pipeline) => pipeline.stages);
  const options = field?.options.length ? field.options : stages;
  const shown = (name: string) => label(options.find((option) => option.name === name)?.label, name);
  const likely = guesses(problem);
  // A record is named by its id, which only the way of finding that tries everything understands.
  if (isLink(target) && (how.match || target.type === "links")) return null;
  return (
    <>
      {Object.keys(likely).length > 1 && (
        <div className={styles.pills}>
          <button
            type="button"
            className={styles.pill}
            onClick={() => onHow({ ...how, values: { ...how.values, ...likely } })}
          >
            {t("transfer.values.all", { n: Object.keys(likely).length })}
          </button>
        </div>
      )}
      <ul className={styles.meant}>
        {problem.samples
          .filter((sample) => sample.value)
          .map(({ value: text, count, line, near }) => (
            <li key={text}>
              <span className="ellipsis">{t("transfer.values.means", { text })}</span>
              <span className={`${styles.soft} num`}>
                {count > 1 ? t("transfer.rows", { n: count }) : t("transfer.line", { n: f.number(line) })}
              </span>
              <span>
                {near && (
                  <button type="button" className={styles.pill} onClick={() => onHow(meaning(how, text, near))}>
                    {shown(near)}
                  </button>
                )}
              </span>
              <span className={styles.meantPick}>
                {linked ? (
                  <Picker
                    object={linked}
                    size="small"
                    value={[]}
                    label={t("transfer.values.means", { text })}
                    create={false}
                    onChange={([one]) => one && onHow(meaning(how, text, one.id))}
                  />
                ) : (
                  <Select
                    size="small"
                    aria-label={t("transfer.values.means", { text })}
                    placeholder={t("transfer.values.choose")}
                    showSearch={{ optionFilterProp: "label" }}
                    popupMatchSelectWidth={false}
                    value={null}
                    options={options.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
                    onChange={(value: string | null) => value && onHow(meaning(how, text, value))}
                  />
                )}
              </span>
            </li>
          ))}
      </ul>
    </>
  );
}

/** What a field is called by its path: `account.phone` is a field of the record that a link leads to. */
export function useFieldName(object: ObjectDef): (path: string | null) => string {
  const label = useLabel();
  const catalog = useCatalog();
  return (path) => {
    const [name = "", of] = (path ?? "").split(".");
    const field = object.fields.find((one) => one.name === name);
    const inner = catalog.object(field?.target ?? "")?.fields.find((one) => one.name === of);
    const own = label(field?.label, path ?? "");
    return inner ? `${own} · ${label(inner.label, of)}` : own;
  };
}

interface FixesProps extends Pick<StepProps, "choices" | "onChange"> {
  fix: Fix;
  target: Target | undefined;
  problem: Problem;
  how: How | null;
  onHow: (how: How) => void;
  onBack: () => void;
}

function Fixes({ fix, target, problem, how, choices, onHow, onChange, onBack }: FixesProps) {
  const t = useT();
  const me = useMe();
  switch (fix) {
    case "missing":
      if (!how) return null;
      return (
        <Pills
          label={t("transfer.missing.label")}
          value={missingOf(how)}
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
    case "value":
    case "date":
      return (
        <>
          {fix === "date" && (
            <Pills
              label={t("transfer.dates")}
              value={choices.date_order}
              options={DATE_ORDERS.map((order) => ({ value: order, label: t(`transfer.dates.${order}`) }))}
              onPick={(date_order) => onChange({ date_order })}
            />
          )}
          {how && (
            <Pills
              label={t("transfer.bad.label")}
              value={how.unknown ?? "fail"}
              options={(["empty", "fail"] as const).map((one) => ({ value: one, label: t(`transfer.bad.${one}`) }))}
              onPick={(unknown) => onHow({ ...how, unknown: unknown as How["unknown"] })}
            />
          )}
        </>
      );
    case "key":
      return (
        <Pills
          label={t("transfer.key")}
          value={choices.key === problem.field ? `${choices.mode} ${choices.existing}` : ""}
          options={[
            { value: "upsert overwrite", label: t("transfer.fix.upsert") },
            { value: "upsert fill", label: t("transfer.existing.fill") },
            { value: "create overwrite", label: t("transfer.fix.skip") },
          ]}
          onPick={(picked) => {
            const [mode, existing] = picked.split(" ") as ["create" | "upsert", "overwrite" | "fill"];
            onChange({ mode, existing, key: problem.field });
          }}
        />
      );
    case "column":
      return (
        <div className={styles.pills}>
          <button type="button" className={styles.pill} onClick={onBack}>
            {t("transfer.fix.column")}
          </button>
          {target && fixable(target) && (
            <button
              type="button"
              className={styles.pill}
              onClick={() => {
                onChange((before) => ({ fixed: { [target.field]: null, ...before.fixed } }));
                onBack();
              }}
            >
              {t("transfer.fixed.set")}
            </button>
          )}
        </div>
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
