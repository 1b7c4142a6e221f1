/** Schemes of grades and lifecycles: what counts and how much, tried on all records before it is in force. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { type FocusEvent, Fragment, type ReactNode, useState } from "react";
import admin from "../admin/admin.module.css";
import { freeName, labelOf, nameFrom } from "../admin/changes";
import { AddRow, ColorPick, Rows } from "../admin/Rows";
import { Banner, faultsOf, NO_FAULTS, Section } from "../admin/Section";
import { Answered, TabBar, Toggle } from "../admin/Table";
import { api } from "../api/client";
import { useCatalog, useRefreshCatalog } from "../api/queries";
import { useFormatContext } from "../fields";
import { useFormat, useLabel, useT, useTongues } from "../i18n";
import type { Label, ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { Badge, Button, cx, Empty, IconButton, TextInput, useRested, useToast } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import { FactorPanel } from "./FactorPanel";
import {
  type Axis,
  deciding,
  type Grade,
  inputWords,
  KINDS,
  type Kind,
  optionLabel,
  type Plan,
  type Preview,
  type Scale,
  type Scheme,
  type Stage,
  schemeQuery,
} from "./model";
import { StagePanel } from "./StagePanel";
import styles from "./standing.module.css";

const gradable = (object: ObjectDef) =>
  !object.activity && (object.custom || (object.area !== "" && object.area !== "settings"));

export default function Schemes() {
  const t = useT();
  const catalog = useCatalog();
  const objects = catalog.objects.filter(gradable);
  const splat = useParams({ strict: false, select: (params) => (params as { _splat?: string })._splat }) ?? "";
  const [, wanted, kindOf] = splat.split("/");
  const object =
    objects.find((one) => one.name === wanted) ?? objects.find((one) => one.standing?.length) ?? objects[0];
  const kind = KINDS.find((one) => one === kindOf) ?? "grade";
  if (!object) return <Empty title={t("standing.title")} />;
  return <Loaded key={`${object.name} ${kind}`} object={object} objects={objects} kind={kind} />;
}

function Loaded({ object, objects, kind }: { object: ObjectDef; objects: ObjectDef[]; kind: Kind }) {
  const t = useT();
  const label = useLabel();
  const navigate = useNavigate();
  const go = (to: string, of: Kind) => void navigate({ to: "/settings/$", params: { _splat: `standing/${to}/${of}` } });
  const found = useQuery(schemeQuery(object.name, kind));
  const bar = (
    <TabBar
      label={t("standing.title")}
      at={kind}
      onPick={(next) => go(object.name, next as Kind)}
      tabs={KINDS.map((one) => ({ name: one, text: t(`standing.${one}`) }))}
    />
  );
  const choice = (
    <Select
      aria-label={t("standing.object")}
      value={object.name}
      style={{ minWidth: 120 }}
      onChange={(next: string) => go(next, kind)}
      options={objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) }))}
    />
  );
  if (!found.data)
    return (
      <Section title={t("standing.title")} lead={t("standing.lead")} bar={bar} actions={choice}>
        <Answered of={found}>{null}</Answered>
      </Section>
    );
  return <Editor key={found.data.edit} scheme={found.data} object={object} bar={bar} choice={choice} />;
}

interface EditorProps {
  scheme: Scheme;
  object: ObjectDef;
  bar: ReactNode;
  choice: ReactNode;
}

/** What is open beside the list: a factor of an axis, or a stage. */
type Open = { axis: number; factor: number } | { stage: number } | null;

function Editor({ scheme, object, bar, choice }: EditorProps) {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const label = useLabel();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const [plan, setPlan] = useState<Plan>(scheme.plan);
  const [active, setActive] = useState(scheme.edit === 0 ? true : scheme.active);
  const [open, setOpen] = useState<Open>(null);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const dirty = !same(plan, scheme.plan) || active !== scheme.active;
  const change = (part: Partial<Plan>) => {
    setPlan((before) => ({ ...before, ...part }));
    setFaults(NO_FAULTS);
  };
  const save = async () => {
    const at = plan.stages?.findIndex(unsaid) ?? -1;
    const mute = plan.stages?.[at];
    // One that was in force so already is somebody's choice.
    if (mute && !scheme.plan.stages?.some((one) => one.name === mute.name)) {
      setFaults({ ...NO_FAULTS, others: [t("standing.stage.say", { name: label(mute.label, mute.name) })] });
      setOpen({ stage: at });
      return;
    }
    setBusy(true);
    try {
      await api.put<Scheme>(`/standing/schemes/${object.name}/${scheme.kind}`, { plan, active }, scheme.edit);
      toast({ text: t(active ? "standing.saved" : "standing.saved.off") });
      await client.invalidateQueries({ queryKey: ["standing"] });
      await refresh();
    } catch (refused) {
      setFaults(faultsOf(refused, [], t("shell.offline")));
    } finally {
      setBusy(false);
    }
  };
  const axis = open && "axis" in open ? plan.axes?.[open.axis] : undefined;
  const factor = open && "axis" in open ? axis?.factors[open.factor] : undefined;
  const stage = open && "stage" in open ? plan.stages?.[open.stage] : undefined;
  const panel =
    factor && open && "axis" in open ? (
      <FactorPanel
        key={`${open.axis} ${open.factor}`}
        object={object}
        factor={factor}
        onClose={() => setOpen(null)}
        onChange={(next) =>
          change({
            axes: plan.axes?.map((a, i) =>
              i === open.axis ? { ...a, factors: a.factors.map((one, k) => (k === open.factor ? next : one)) } : a,
            ),
          })
        }
        onRemove={() => {
          change({
            axes: plan.axes?.map((a, i) =>
              i === open.axis ? { ...a, factors: a.factors.filter((_, k) => k !== open.factor) } : a,
            ),
          });
          setOpen(null);
        }}
      />
    ) : stage && open && "stage" in open ? (
      <StagePanel
        key={open.stage}
        object={object}
        stage={stage}
        others={(plan.stages ?? []).filter((one) => one !== stage)}
        onClose={() => setOpen(null)}
        onChange={(next) => change({ stages: plan.stages?.map((one, i) => (i === open.stage ? next : one)) })}
      />
    ) : null;
  return (
    <Section
      title={t("standing.title")}
      lead={t("standing.lead")}
      bar={bar}
      actions={
        <>
          <span className={styles.switch}>
            <Toggle label={t("standing.switch")} checked={active} onChange={setActive} />
          </span>
          {choice}
        </>
      }
      panel={panel || undefined}
      padded
      foot={
        dirty && (
          <div className={admin.foot}>
            <span className={admin.footNote}>{t("standing.dirty")}</span>
            <span className="spring" />
            <Button
              onClick={() => {
                setPlan(scheme.plan);
                setActive(scheme.edit === 0 ? true : scheme.active);
                setOpen(null);
              }}
            >
              {t("admin.discard")}
            </Button>
            <Button type="primary" loading={busy} onClick={() => void save()}>
              {t("admin.save")}
            </Button>
          </div>
        )
      }
    >
      <p className={styles.state}>
        {!(scheme.active && active) && (
          <Badge tone={scheme.active ? "ok" : "neutral"}>{t(scheme.active ? "standing.on" : "standing.off")}</Badge>
        )}
        {scheme.active && (
          <small>
            {scheme.reckoned_at ? t("standing.reckoned", { ago: f.ago(scheme.reckoned_at) }) : t("standing.reckoning")}
          </small>
        )}
      </p>
      <Banner
        messages={[
          ...faults.others,
          ...Object.entries(faults.fields).map(([place, text]) => `${place}: ${text}`),
          ...(scheme.faults.length ? [t("standing.faults"), ...scheme.faults.map((one) => one.message)] : []),
        ]}
      />
      {active && <Trial object={object} kind={scheme.kind} plan={plan} fresh={dirty} />}
      {scheme.kind === "grade" ? (
        <Grading object={object} plan={plan} onChange={change} onOpen={setOpen} />
      ) : (
        <Journey object={object} plan={plan} onChange={change} onOpen={setOpen} />
      )}
    </Section>
  );
}

/** What the draft would do to all records, reckoned as it would be in force. */
function Trial({ object, kind, plan, fresh }: { object: ObjectDef; kind: Kind; plan: Plan; fresh: boolean }) {
  const t = useT();
  const f = useFormat();
  const ctx = useFormatContext();
  const draft = useRested(plan, 400);
  const { data, isFetching, isError } = useQuery({
    queryKey: ["standing", object.name, kind, "preview", deciding(draft)],
    queryFn: ({ signal }) =>
      api.read<Preview>(`/standing/schemes/${object.name}/${kind}/preview`, { plan: draft }, signal),
    placeholderData: keepPreviousData,
    enabled: fresh && draft === plan,
    staleTime: 60_000,
    retry: false,
  });
  if (!fresh || isError || !data) return null;
  const moved = data.moves.reduce((sum, move) => sum + move.count, 0);
  const named = (name: string) => {
    const own = [...(plan.grades ?? []), ...(plan.stages ?? [])].find((one) => one.name === name);
    return ctx.label(own?.label) || optionLabel(object, plan.field ?? kind, name, ctx);
  };
  const gains = new Map<string, number>();
  for (const move of data.moves) if (move.to) gains.set(move.to, (gains.get(move.to) ?? 0) + move.count);
  return (
    <aside className={styles.trial} aria-label={t("standing.preview")} aria-busy={isFetching} data-testid="trial">
      <b>
        {moved
          ? t("standing.preview.moves", { n: f.number(moved), total: f.number(data.total) })
          : t("standing.preview.same")}
      </b>
      {moved > 0 && (
        <span>
          {[
            ...[...gains].map(([name, n]) => t("standing.preview.would", { n: f.number(n), name: named(name) })),
            ...(data.risen ? [t("standing.preview.risen", { n: f.number(data.risen) })] : []),
            ...(data.fallen ? [t("standing.preview.fallen", { n: f.number(data.fallen) })] : []),
          ].join(t("record.comma"))}
        </span>
      )}
    </aside>
  );
}

interface PartProps {
  object: ObjectDef;
  plan: Plan;
  onChange: (part: Partial<Plan>) => void;
  onOpen: (open: Open) => void;
}

export function scaleWords(scale: Scale, t: ReturnType<typeof useT>): string {
  return t(
    scale.kind === "percentile" && scale.down ? "standing.scale.percentile.down" : `standing.scale.${scale.kind}`,
  );
}

const NAME_IN = { en: "standing.name", zh: "standing.name.zh" } as const;

/** What was just added is named first. */
const BEGUN = { autoFocus: true, onFocus: (event: FocusEvent<HTMLInputElement>) => event.target.select() };

interface NamedProps {
  of: Label | undefined;
  name: string;
  /** Was just added: its name is written first. */
  fresh?: boolean;
  /** In cells of a table's row. */
  cells?: boolean;
  onChange: (label: Label) => void;
}

/** A name in both languages, the reader's own first. */
function Named({ of, name, fresh, cells, onChange }: NamedProps) {
  const t = useT();
  const Around = cells ? "td" : Fragment;
  return useTongues().map((tongue, at) => (
    <Around key={tongue}>
      <TextInput
        className={admin.bare}
        lang={tongue}
        value={of?.[tongue] ?? ""}
        {...(fresh && at === 0 && BEGUN)}
        aria-label={`${t(NAME_IN[tongue])} · ${name}`}
        placeholder={t(NAME_IN[tongue])}
        onChange={(event) => onChange({ ...of, [tongue]: event.target.value })}
      />
    </Around>
  ));
}

/** The weights of what counts, and the grades that the points lead to. */
function Grading({ object, plan, onChange, onOpen }: PartProps) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const ctx = useFormatContext();
  const axes = plan.axes ?? [];
  const grades = plan.grades ?? [];
  const tongues = useTongues();
  const contacts = plan.contacts ?? [];
  const [fresh, setFresh] = useState("");
  const whole = axes.reduce((sum, axis) => sum + axis.weight, 0);
  const labels = (grade: Grade): Label =>
    grade.label ??
    object.fields.find((one) => one.name === (plan.field ?? "grade"))?.options.find((one) => one.name === grade.name)
      ?.label ??
    {};
  const put = (at: number, part: Partial<Axis>) =>
    onChange({ axes: axes.map((one, i) => (i === at ? { ...one, ...part } : one)) });
  const set = (at: number, part: Partial<Grade>) =>
    onChange({ grades: grades.map((one, i) => (i === at ? { ...one, ...part } : one)) });
  return (
    <>
      <h2 className={styles.sub}>{t("standing.axes")}</h2>
      {axes.map((axis, at) => {
        const inside = axis.factors.reduce((sum, factor) => sum + factor.weight, 0);
        return (
          <section key={axis.name} className={styles.axis} aria-label={label(axis.label, axis.name)}>
            <header className={styles.axisHead}>
              <Named
                of={axis.label}
                name={label(axis.label, axis.name)}
                fresh={axis.name === fresh}
                onChange={(next) => put(at, { label: next })}
              />
              <InputNumber
                className={styles.number}
                min={0}
                max={1000}
                controls={false}
                value={axis.weight}
                aria-label={`${t("standing.weight")} · ${label(axis.label, axis.name)}`}
                onChange={(weight) => put(at, { weight: weight ?? 0 })}
              />
              <small className="num">
                {whole ? t("standing.share", { n: f.number(Math.round((axis.weight / whole) * 100)) }) : ""}
              </small>
              <IconButton
                small
                icon={<Trash2 />}
                label={t("standing.factor.remove", { name: label(axis.label, axis.name) })}
                disabled={axes.length < 2}
                onClick={() => onChange({ axes: axes.filter((_, i) => i !== at) })}
              />
            </header>
            {axis.factors.map((factor, k) => (
              <div key={factor.name} className={styles.factor}>
                <button type="button" className={styles.name} onClick={() => onOpen({ axis: at, factor: k })}>
                  {label(factor.label, factor.name)}
                </button>
                <span className={styles.soft}>{inputWords(factor.input, object, catalog, ctx)}</span>
                <span className={styles.soft}>{scaleWords(factor.scale, t)}</span>
                <InputNumber
                  className={styles.number}
                  variant="borderless"
                  min={0}
                  max={1000}
                  controls={false}
                  value={factor.weight}
                  aria-label={`${t("standing.weight")} · ${label(factor.label, factor.name)}`}
                  onChange={(weight) =>
                    put(at, {
                      factors: axis.factors.map((one, i) => (i === k ? { ...one, weight: weight ?? 0 } : one)),
                    })
                  }
                />
                <small className="num">
                  {inside ? t("standing.share", { n: f.number(Math.round((factor.weight / inside) * 100)) }) : ""}
                </small>
              </div>
            ))}
            <AddRow
              name={`${t("standing.factor.add")} · ${label(axis.label, axis.name)}`}
              onClick={() => {
                const name = freeName(
                  "factor",
                  axis.factors.map((one) => one.name),
                );
                const fresh = {
                  name,
                  label: { en: t("standing.factor"), zh: t("standing.factor") },
                  weight: 10,
                  input: { formula: "" },
                  scale: { kind: "percentile" as const },
                  empty: 0,
                };
                put(at, { factors: [...axis.factors, fresh] });
                onOpen({ axis: at, factor: axis.factors.length });
              }}
            >
              {t("standing.factor.add")}
            </AddRow>
          </section>
        );
      })}
      <AddRow
        onClick={() => {
          const name = freeName(
            "side",
            axes.map((one) => one.name),
          );
          setFresh(name);
          onChange({ axes: [...axes, { name, label: { en: "Dimension", zh: "维度" }, weight: 20, factors: [] }] });
        }}
      >
        {t("standing.axis.add")}
      </AddRow>
      <h2 className={styles.sub}>{t("standing.grades")}</h2>
      <div className="sideways">
        <table className={styles.table} aria-label={t("standing.grades")}>
          <thead>
            <tr>
              {tongues.map((tongue) => (
                <th key={tongue}>{t(NAME_IN[tongue])}</th>
              ))}
              <th>{t("standing.grade.from")}</th>
              {contacts.map((one) => (
                <th key={one.name}>{t("standing.grade.every", { contact: label(one.label, one.name) })}</th>
              ))}
              <th>{t("standing.grade.response")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {grades.map((grade, at) => {
              const name = label(labels(grade), grade.name);
              const lowest = at === grades.length - 1;
              return (
                <tr key={grade.name}>
                  <Named
                    cells
                    of={labels(grade)}
                    name={name}
                    fresh={grade.name === fresh}
                    onChange={(label) => set(at, { label })}
                  />
                  <td>
                    <InputNumber
                      min={0}
                      max={100}
                      controls={false}
                      disabled={lowest}
                      value={grade.from}
                      aria-label={`${t("standing.grade.from")} · ${name}`}
                      onChange={(from) => set(at, { from: from ?? 0 })}
                    />
                  </td>
                  {contacts.map((one) => (
                    <td key={one.name}>
                      <InputNumber
                        min={1}
                        max={3660}
                        controls={false}
                        value={grade.every?.[one.name] ?? null}
                        aria-label={`${t("standing.grade.every", { contact: label(one.label, one.name) })} · ${name}`}
                        onChange={(days) => set(at, { every: { ...grade.every, [one.name]: days ?? null } })}
                      />
                    </td>
                  ))}
                  <td>
                    <InputNumber
                      min={1}
                      max={8760}
                      controls={false}
                      value={grade.response ?? null}
                      aria-label={`${t("standing.grade.response")} · ${name}`}
                      onChange={(response) => set(at, { response: response ?? null })}
                    />
                  </td>
                  <td>
                    <IconButton
                      small
                      icon={<Trash2 />}
                      label={t("standing.factor.remove", { name })}
                      disabled={lowest || grades.length < 2}
                      onClick={() => onChange({ grades: grades.filter((_, i) => i !== at) })}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <AddRow
        onClick={() => {
          const name = freeName(
            "grade",
            grades.map((one) => one.name),
          );
          const from = Math.min(100, (grades[0]?.from ?? 50) + 10);
          setFresh(name);
          onChange({ grades: [{ name, label: { en: "New grade", zh: "新等级" }, from }, ...grades] });
        }}
      >
        {t("standing.grade.add")}
      </AddRow>
    </>
  );
}

/** The stages in the order of the journey. */
function Journey({ object, plan, onChange, onOpen }: PartProps) {
  const t = useT();
  const label = useLabel();
  const stages = plan.stages ?? [];
  const [fresh, setFresh] = useState<string>();
  const options = object.fields.find((one) => one.name === (plan.field ?? "lifecycle"))?.options ?? [];
  const labels = (stage: Stage): Label => stage.label ?? options.find((one) => one.name === stage.name)?.label ?? {};
  const set = (name: string, part: Partial<Stage>) =>
    onChange({ stages: stages.map((one) => (one.name === name ? { ...one, ...part } : one)) });
  return (
    <>
      <p className={styles.hint}>{t("standing.stages")}</p>
      <Rows
        rows={stages.map((stage) => ({ ...stage, key: stage.name }))}
        name={(stage) => label(labels(stage), stage.name)}
        onMove={(rows) => onChange({ stages: rows.map(({ key: _key, ...stage }) => stage) })}
        render={(stage, at) => {
          const name = label(labels(stage), stage.name);
          return (
            <div className={styles.stageRow}>
              <ColorPick color={stage.color ?? ""} name={name} onChange={(color) => set(stage.name, { color })} />
              <Named
                of={labels(stage)}
                name={name}
                fresh={stage.name === fresh}
                onChange={(next) => set(stage.name, { label: next })}
              />
              <Select
                variant="borderless"
                value={stage.kind ?? "path"}
                aria-label={`${t("standing.stage.kind")} · ${name}`}
                onChange={(kind: NonNullable<Stage["kind"]>) => set(stage.name, { kind })}
                options={(["path", "aside", "lost"] as const).map((one) => ({
                  value: one,
                  label: t(`standing.stage.${one}`),
                }))}
              />
              <button
                type="button"
                className={cx(styles.name, unsaid(stage, at) && styles.unsaid)}
                onClick={() => onOpen({ stage: at })}
              >
                {unsaid(stage, at)
                  ? t("standing.stage.unsaid")
                  : partsOf(stage)
                    ? t("standing.stage.some", { n: partsOf(stage) })
                    : t("standing.stage.always")}
              </button>
              <IconButton
                small
                icon={<Trash2 />}
                label={t("standing.factor.remove", { name })}
                disabled={stages.length < 2}
                onClick={() => onChange({ stages: stages.filter((one) => one.name !== stage.name) })}
              />
            </div>
          );
        }}
      />
      <AddRow
        onClick={() => {
          const called = labelOf("New stage", "新阶段");
          const name = freeName(
            nameFrom(called.en ?? "") || "stage",
            stages.map((one) => one.name),
          );
          setFresh(name);
          onChange({ stages: [...stages, { name, label: called, when: null }] });
        }}
      >
        {t("standing.stage.add")}
      </AddRow>
    </>
  );
}

const partsOf = (stage: Stage): number => {
  const when = stage.when as { and?: unknown[] } | null | undefined;
  return (when ? (when.and?.length ?? 1) : 0) + (stage.after?.length ? 1 : 0);
};

/** Whether a stage further on would take everybody, as nothing says yet to whom it applies. */
const unsaid = (stage: Stage, at: number): boolean => at > 0 && partsOf(stage) === 0;
