/** The definitions that were in force, what changed from one to the next, and one of them put in force again. */
import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { Line } from "../admin/Section";
import { Answered } from "../admin/Table";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, cx, Nothing, type Tone } from "../ui";
import { Select } from "../ui/antd";
import styles from "./flows.module.css";
import { type Definition, type Difference, differences, type FullFlow, type Kinds } from "./model";
import { useStepName } from "./parts";
import { versionQuery, versionsQuery } from "./queries";

const TONES: Record<Difference["what"], Tone> = { added: "ok", removed: "danger", changed: "warn", moved: "info" };

interface Props {
  flow: FullFlow;
  kinds: Kinds;
  busy: boolean;
  /** Makes a definition the draft, and puts it in force where the flow is on. */
  onRestore: (definition: Definition) => Promise<void>;
}

export function Versions({ flow, kinds, busy, onRestore }: Props) {
  const t = useT();
  const f = useFormat();
  const list = useQuery(versionsQuery(flow.id));
  const rows = list.data ?? [];
  /** 0 is the draft. */
  const [open, setOpen] = useState<number | null>(null);
  const [against, setAgainst] = useState<number | null>(null);
  const shown = open ?? (flow.draft ? 0 : (rows[0]?.version ?? null));
  const before = against ?? rows.find((one) => shown === 0 || one.version < (shown ?? 0))?.version ?? null;
  const choose = (version: number) => {
    setOpen(version);
    setAgainst(null);
  };
  const one = useQuery({ ...versionQuery(flow.id, shown ?? 0), enabled: Boolean(shown) });
  const other = useQuery({ ...versionQuery(flow.id, before ?? 0), enabled: Boolean(before) });
  const definition = shown === 0 ? flow.definition : one.data?.definition;
  const current = shown === flow.version && !flow.draft;
  return (
    <div className={styles.pad}>
      <Answered of={list} empty={rows.length === 0 && !flow.draft && <Nothing of="flow.version.none" />}>
        <div className={styles.versions}>
          <ul className={styles.versionList} aria-label={t("flow.tab.versions")}>
            {flow.draft && (
              <li>
                <button
                  type="button"
                  className={cx(styles.version, shown === 0 && styles.cardOn)}
                  aria-pressed={shown === 0}
                  onClick={() => choose(0)}
                >
                  <b>{t("flow.version.draft")}</b>
                  <Badge tone="warn">{t("flow.version.not")}</Badge>
                </button>
              </li>
            )}
            {rows.map((row) => (
              <li key={row.version}>
                <button
                  type="button"
                  className={cx(styles.version, shown === row.version && styles.cardOn)}
                  aria-pressed={shown === row.version}
                  onClick={() => choose(row.version)}
                >
                  <b>{t("flow.version.n", { n: row.version })}</b>
                  {row.version === flow.version && (
                    <Badge tone={flow.active ? "ok" : "neutral"}>
                      {t(flow.active ? "flow.version.live" : "flow.version.last")}
                    </Badge>
                  )}
                  <span className={styles.soft}>
                    {[row.actor?.title, f.datetime(row.at)].filter(Boolean).join(" · ")}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {definition && (
            <section className={styles.changes} aria-label={t("flow.version.changes")}>
              <div className={styles.logHead}>
                <h2>{shown === 0 ? t("flow.version.draft") : t("flow.version.n", { n: shown ?? 0 })}</h2>
                <span className="spring" />
                {shown !== 0 && !current && (
                  <Button
                    icon={<RotateCcw />}
                    loading={busy}
                    onClick={() => void onRestore(definition).then(() => setOpen(null))}
                  >
                    {t(flow.active ? "flow.version.restore" : "flow.version.edit")}
                  </Button>
                )}
              </div>
              {before === null ? (
                <p className={styles.soft}>{t("flow.version.first")}</p>
              ) : (
                <>
                  <Line label={t("flow.version.against")}>
                    {(id) => (
                      <Select
                        id={id}
                        value={before}
                        options={rows
                          .filter((row) => row.version !== shown)
                          .map((row) => ({ value: row.version, label: t("flow.version.n", { n: row.version }) }))}
                        onChange={(next: number) => setAgainst(next)}
                      />
                    )}
                  </Line>
                  {other.data && <Changes before={other.data.definition} after={definition} kinds={kinds} />}
                </>
              )}
            </section>
          )}
        </div>
      </Answered>
    </div>
  );
}

function Changes({ before, after, kinds }: { before: Definition; after: Definition; kinds: Kinds }) {
  const t = useT();
  const label = useLabel();
  const nameOf = useStepName();
  const found = differences(before, after, kinds);
  if (found.length === 0) return <p className={styles.soft}>{t("flow.version.same")}</p>;
  return (
    <ul className={styles.log}>
      {found.map(({ what, step, parts }) => {
        const kind = step
          ? kinds.steps.find((one) => one.name === step.kind)
          : kinds.triggers.find((one) => one.name === after.trigger.kind);
        const named = (part: string): string => {
          const one = kind?.parameters.find((each) => each.name === part);
          if (one) return label(one.label, part);
          const own: Record<string, Key> = {
            name: "flow.step.name",
            object: "flow.object",
            kind: "flow.version.kind",
            cases: "flow.version.cases",
            runs_per_hour: "flow.limit",
          };
          return own[part] ? t(own[part]) : part;
        };
        return (
          <li key={`${what}${step?.id}`}>
            <div className={styles.logHead}>
              <Badge tone={TONES[what]}>{t(`flow.version.${what}`)}</Badge>
              <b>{step ? nameOf(step) || (kind ? label(kind.label, kind.name) : step.kind) : t("flow.trigger")}</b>
              {step?.name && kind && <span className={styles.soft}>{label(kind.label)}</span>}
              {parts.length > 0 && <span>{parts.map(named).join(t("record.comma"))}</span>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
