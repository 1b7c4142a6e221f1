/** One step of a flow: what it is called, its parameters, and the cases of a branch. */
import { ArrowDown, ArrowUp, Copy, Plus, Trash2, X } from "lucide-react";
import admin from "../admin/admin.module.css";
import { Line, Panel } from "../admin/Section";
import { useCatalog } from "../api/queries";
import { useLabel, useLanguage, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import { type Filter, same } from "../schema/filter";
import { Button, IconButton, TextInput } from "../ui";
import styles from "./flows.module.css";
import {
  copied,
  type Definition,
  type Given,
  type Kinds,
  listAt,
  type Problem,
  rootsAt,
  type Stand,
  type Step,
  withList,
} from "./model";
import { Parameters } from "./Parameters";
import { useStepName } from "./parts";

/** The card of the first of these that is still there. */
function near(ids: (string | undefined)[]): HTMLElement | null {
  for (const id of ids) {
    const card = id && document.querySelector<HTMLElement>(`[data-step="${CSS.escape(id)}"]`);
    if (card) return card;
  }
  return null;
}

interface StepPanelProps {
  what: Definition;
  kinds: Kinds;
  at: Stand;
  /** Whether it was added a moment ago: what to call it is asked first. */
  fresh: boolean;
  problems: Problem[];
  onChange: (what: Definition) => void;
  onOpen: (id: string | null) => void;
}

export function StepPanel({ what, kinds, at: { step, place, at }, fresh, problems, onChange, onOpen }: StepPanelProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const kind = kinds.steps.find((one) => one.name === step.kind);
  const steps = listAt(what, place);
  const put = (list: Step[]) => onChange(withList(what, place, list));
  const set = (part: Given) => put(steps.with(at, { ...step, ...part }));
  const move = (by: number) => put(steps.toSpliced(at, 1).toSpliced(at + by, 0, step));
  const copy = () => {
    const made = copied(what, kinds, step);
    put(steps.toSpliced(at + 1, 0, made));
    onOpen(made.id);
  };
  const named = useStepName()(step);
  const { language } = useLanguage();
  const name = (text: string) => (typeof step.name === "object" && text ? { ...step.name, [language]: text } : text);
  const roots = rootsAt(what, kinds, catalog, step.id);
  const cases = (step.cases as Case[] | undefined) ?? [];
  const others = problems.filter(
    (one) =>
      !kind?.parameters.some((each) => each.name === one.field) && !cases.some((_, at) => faultOf(at) === one.field),
  );
  return (
    <Panel
      title={named || (kind ? label(kind.label, kind.name) : step.kind)}
      extra={<code className={admin.mono}>{step.id}</code>}
      onClose={() => onOpen(null)}
      home={() => near([step.id, steps[at + 1]?.id, steps[at - 1]?.id, "trigger"])}
      foot={
        <>
          <IconButton icon={<ArrowUp />} label={t("flow.up")} disabled={at === 0} onClick={() => move(-1)} />
          <IconButton
            icon={<ArrowDown />}
            label={t("flow.down")}
            disabled={at === steps.length - 1}
            onClick={() => move(1)}
          />
          <IconButton icon={<Copy />} label={t("flow.copy")} onClick={copy} />
          <span className="spring" />
          <Button
            danger
            icon={<Trash2 />}
            onClick={() => {
              put(steps.toSpliced(at, 1));
              onOpen(null);
            }}
          >
            {t("flow.remove")}
          </Button>
        </>
      }
    >
      <div className={admin.stacked}>
        {kind && label(kind.hint) && <p className={styles.soft}>{label(kind.hint)}</p>}
        {others.map((one) => (
          <p key={one.code + one.field} className={admin.fault} role="alert">
            {one.message}
          </p>
        ))}
        <Line label={t("flow.step.name")}>
          {(id) => (
            <TextInput
              id={id}
              value={named}
              maxLength={80}
              autoFocus={fresh}
              placeholder={kind ? label(kind.label) : ""}
              onChange={(event) => set({ name: name(event.target.value) || undefined })}
            />
          )}
        </Line>
        <Parameters
          parameters={kind?.parameters ?? []}
          given={step}
          roots={roots}
          about={what.object}
          problems={problems}
          onChange={set}
        />
        {kind?.nested.includes("cases") && (
          <Cases
            cases={cases}
            about={roots.find((one) => one.path === "loop.record")?.object ?? what.object}
            problems={problems}
            onChange={(cases) => set({ cases })}
          />
        )}
      </div>
    </Panel>
  );
}

/** Where the server says that the condition of a case is wrong. */
const faultOf = (at: number) => `cases.${at}.filter`;

interface Case {
  name: string;
  filter: Filter | null;
  steps: Step[];
}

interface CasesProps {
  cases: Case[];
  about: string | null;
  problems: Problem[];
  onChange: (cases: Case[]) => void;
}

function Cases({ cases, about, problems, onChange }: CasesProps) {
  const t = useT();
  const object = useCatalog().object(about);
  return (
    <div className={styles.rows}>
      {cases.map((one, at) => {
        const set = (part: Partial<Case>) => onChange(cases.with(at, { ...one, ...part }));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a case has no identity but its place
          <div key={at} className={styles.set}>
            <TextInput
              aria-label={t("flow.case.name", { n: at + 1 })}
              placeholder={t("flow.case", { n: at + 1 })}
              value={one.name}
              onChange={(event) => set({ name: event.target.value })}
            />
            {object ? (
              <Conditions
                object={object}
                filter={one.filter}
                onChange={(filter) => (same(filter, one.filter) ? undefined : set({ filter }))}
              />
            ) : (
              <p className={styles.soft}>{t("flow.object.first")}</p>
            )}
            {problems
              .filter((problem) => problem.field === faultOf(at))
              .map((problem) => (
                <p key={problem.code} className={admin.fault} role="alert">
                  {problem.message}
                </p>
              ))}
            <IconButton
              small
              icon={<X />}
              label={t("flow.value.remove", { name: one.name || t("flow.case", { n: at + 1 }) })}
              disabled={cases.length < 2}
              onClick={() => onChange(cases.toSpliced(at, 1))}
            />
          </div>
        );
      })}
      <button
        type="button"
        className={styles.add}
        onClick={() => onChange([...cases, { name: "", filter: null, steps: [] }])}
      >
        <Plus /> {t("flow.case.add")}
      </button>
    </div>
  );
}
