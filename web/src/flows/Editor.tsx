/** One flow: its picture with the form of the step that is open, what it would do, and what it did. Drafts save themselves. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowDown, ArrowLeft, ArrowUp, Copy, Pencil, Plus, Redo2, Trash2, Undo2, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import admin from "../admin/admin.module.css";
import { bilingual, FormPanel, type LineOf, useForm } from "../admin/Form";
import { Line, Panel, Section } from "../admin/Section";
import { Answered } from "../admin/Table";
import { ApiError, api } from "../api/client";
import { useLive } from "../api/live";
import { keys, useCatalog } from "../api/queries";
import { useLabel, useLanguage, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import { type Filter, same } from "../schema/filter";
import { Button, IconButton, Switch, TextInput, usePhone, useToast } from "../ui";
import { InputNumber, Segmented, Select } from "../ui/antd";
import { State } from "./Flows";
import styles from "./flows.module.css";
import { useObjects } from "./inputs/common";
import {
  copied,
  type Definition,
  type FullFlow,
  freeId,
  freshStep,
  type Given,
  type Kinds,
  listAt,
  moved,
  type Problem,
  rootsAt,
  type Stand,
  type Step,
  walk,
  withList,
} from "./model";
import { Parameters } from "./Parameters";
import { Picture, useOutline } from "./Picture";
import { PublicForm } from "./PublicForm";
import { useStepName } from "./parts";
import {
  droppedQuery,
  flowQuery,
  flowsQuery,
  kindsQuery,
  problemsOf,
  type StepFigures,
  versionsQuery,
} from "./queries";
import { Runs } from "./Runs";
import { Submissions } from "./Submissions";
import { Try } from "./Try";
import { useSays } from "./useSays";
import { Versions } from "./Versions";

const PAUSE = 500;
const TABS = ["edit", "try", "runs", "sent", "versions"] as const;

export function Editor({ id, tab, run }: { id: string; tab: string; run: string | undefined }) {
  const flow = useQuery(flowQuery(id));
  const kinds = useQuery(kindsQuery);
  const t = useT();
  if (!flow.data || !kinds.data)
    return (
      <Section title={t("flow.title.one")}>
        <Answered of={flow.data ? kinds : flow}>{null}</Answered>
      </Section>
    );
  return <Opened flow={flow.data} kinds={kinds.data} tab={tab} run={run} />;
}

/** The definition as it is edited, with what came before and after, saved a moment after each change. */
function useDraft(flow: FullFlow, failed: (reason: unknown) => void) {
  const client = useQueryClient();
  const [what, setWhat] = useState(flow.definition);
  const [past, setPast] = useState<Definition[]>([]);
  const [next, setNext] = useState<Definition[]>([]);
  const [saved, setSaved] = useState(flow.definition);
  const edit = useRef(flow.edit);
  const sending = useRef(Promise.resolve());
  const save = useCallback(
    (definition: Definition) => {
      sending.current = sending.current.then(async () => {
        try {
          const { data } = await api.patch<FullFlow>(`/flows/${flow.id}`, { definition }, edit.current);
          edit.current = data.edit;
          setSaved(definition);
          client.setQueryData(flowQuery(flow.id).queryKey, data);
        } catch (reason) {
          failed(reason);
        }
      });
      return sending.current;
    },
    [client, flow.id, failed],
  );
  const dirty = what !== saved;
  useEffect(() => {
    if (!dirty) return;
    const timer = setTimeout(() => void save(what), PAUSE);
    return () => clearTimeout(timer);
  }, [what, dirty, save]);
  const go = (to: Definition) => {
    setPast((before) => [...before.slice(-99), what]);
    setNext([]);
    setWhat(to);
  };
  return {
    what,
    dirty,
    go,
    flush: () => (dirty ? save(what) : sending.current),
    /** Another definition, saved at once. */
    keep: (to: Definition) => {
      go(to);
      return save(to);
    },
    /** What else was changed of the flow from here counts as read. */
    took: (changed: FullFlow) => {
      edit.current = changed.edit;
      client.setQueryData(flowQuery(flow.id).queryKey, changed);
    },
    undo: past.length
      ? () => {
          setNext([what, ...next]);
          setWhat(past[past.length - 1] as Definition);
          setPast(past.slice(0, -1));
        }
      : undefined,
    redo: next.length
      ? () => {
          setPast([...past, what]);
          setWhat(next[0] as Definition);
          setNext(next.slice(1));
        }
      : undefined,
  };
}

interface OpenedProps {
  flow: FullFlow;
  kinds: Kinds;
  tab: string;
  run: string | undefined;
}

function Opened({ flow, kinds, tab, run }: OpenedProps) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const phone = usePhone();
  const [open, setOpen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const say = useCallback(
    (reason: unknown) =>
      toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" }),
    [toast, t],
  );
  const draft = useDraft(flow, say);
  const { what } = draft;
  const { outline, toggle } = useOutline();
  const says = useSays(what, kinds);
  const problems = useQuery({
    queryKey: ["flows", flow.id, "check", flow.edit],
    queryFn: () => problemsOf(flow.id),
    placeholderData: (before) => before,
  });
  const { data: figures } = useQuery({
    queryKey: ["flows", flow.id, "figures"],
    queryFn: async ({ signal }) =>
      (await api.get<{ steps: StepFigures }>(`/flows/${flow.id}/figures`, undefined, signal)).steps,
    enabled: flow.version > 0,
  });
  useLive("flow", (news) => {
    if (news.flow && news.flow !== flow.id) return;
    for (const part of ["figures", "runs", "run", "submissions"])
      void client.invalidateQueries({ queryKey: ["flows", flow.id, part] });
  });
  const wrong = problems.data ?? [];
  const go = (to: string) =>
    void navigate({ to: "/settings/$", params: { _splat: `flows/${flow.id}${to ? `/${to}` : ""}` } });
  const turn = async (active: boolean) => {
    setBusy(true);
    try {
      await draft.flush();
      draft.took((await api.post<FullFlow>(`/flows/${flow.id}/activate`, { active })).data);
      await client.invalidateQueries({ queryKey: flowsQuery.queryKey, exact: true });
      await client.invalidateQueries({ queryKey: versionsQuery(flow.id).queryKey });
      // What flows offer stands in the catalog.
      void client.invalidateQueries({ queryKey: keys.catalog });
      toast({ text: t(active ? "flow.switched.on" : "flow.switched.off") });
    } catch (reason) {
      say(reason);
      await problems.refetch();
    } finally {
      setBusy(false);
    }
  };
  const found = open ? [...walk(what, kinds)].find(({ step }) => step.id === open) : undefined;
  const editing = tab === "";
  return (
    <Section
      title={label(flow.label, flow.name)}
      back="flows"
      actions={
        <>
          {editing && <IconButton icon={<Pencil />} label={t("flow.about")} onClick={() => setOpen("about")} />}
          {!(phone && flow.active && flow.draft) && <State flow={flow} />}
          {flow.active && flow.draft && (
            <Button type="primary" loading={busy} onClick={() => void turn(true)}>
              {t("flow.publish")}
            </Button>
          )}
          <Switch
            checked={flow.active}
            disabled={busy}
            aria-label={t("flow.switch")}
            onChange={(on) => void turn(on)}
          />
        </>
      }
      bar={
        <div className={styles.bar}>
          {!phone && (
            <Link to="/settings/$" params={{ _splat: "flows" }} className={admin.back} aria-label={t("flow.all")}>
              <ArrowLeft />
            </Link>
          )}
          <Segmented
            value={TABS.find((one) => one === tab) ?? "edit"}
            options={TABS.filter((one) => one !== "sent" || flow.trigger === "form").map((one) => ({
              value: one,
              label: t(`flow.tab.${one}`),
            }))}
            onChange={(next: string) => void draft.flush().then(() => go(next === "edit" ? "" : next))}
          />
          <span className="spring" />
          {editing && (
            <>
              <span className={styles.soft} role="status" hidden={phone && flow.draft && wrong.length === 0}>
                {draft.dirty
                  ? t("flow.saving")
                  : wrong.length
                    ? t("flow.problems", { n: wrong.length })
                    : t("flow.sound")}
              </span>
              {flow.live && flow.draft && (
                <Button
                  size="small"
                  disabled={busy}
                  onClick={() =>
                    void draft.keep(flow.live as Definition).then(() => toast({ text: t("flow.discarded") }))
                  }
                >
                  {t("flow.discard")}
                </Button>
              )}
              {toggle}
              <IconButton icon={<Undo2 />} label={t("flow.undo")} disabled={!draft.undo} onClick={draft.undo} />
              <IconButton icon={<Redo2 />} label={t("flow.redo")} disabled={!draft.redo} onClick={draft.redo} />
            </>
          )}
        </div>
      }
      panel={
        editing &&
        open &&
        (open === "about" ? (
          <About flow={flow} draft={draft} onClose={() => setOpen(null)} />
        ) : open === "trigger" ? (
          <TriggerPanel
            flow={flow}
            what={what}
            kinds={kinds}
            problems={wrong.filter((one) => one.step === null || one.step === "trigger")}
            onChange={draft.go}
            onTook={draft.took}
            onClose={() => setOpen(null)}
          />
        ) : (
          found && (
            <StepPanel
              key={open}
              what={what}
              kinds={kinds}
              at={found}
              problems={wrong.filter((one) => one.step === open)}
              onChange={draft.go}
              onOpen={setOpen}
            />
          )
        ))
      }
    >
      {tab === "runs" ? (
        <Runs flow={flow} kinds={kinds} run={run} onOpen={(one) => go(one ? `runs/${one}` : "runs")} />
      ) : tab === "sent" ? (
        <Submissions
          flow={flow.id}
          fields={(flow.live ?? flow.definition).trigger.fields}
          onOpen={(one) => go(`runs/${one}`)}
        />
      ) : tab === "try" ? (
        <Try flow={flow} kinds={kinds} />
      ) : tab === "versions" ? (
        <Versions
          flow={flow}
          kinds={kinds}
          busy={busy}
          onRestore={async (definition) => {
            await draft.keep(definition);
            if (flow.active) await turn(true);
            else toast({ text: t("flow.version.drafted") });
          }}
        />
      ) : (
        <Picture
          outline={outline}
          what={what}
          kinds={kinds}
          open={open}
          onOpen={setOpen}
          problems={wrong}
          figures={figures}
          says={says}
          onAdd={(place, at, name) => {
            const kind = kinds.steps.find((one) => one.name === name);
            if (!kind) return;
            const step = freshStep(freeId(what, kinds), kind);
            draft.go(withList(what, place, listAt(what, place).toSpliced(at, 0, step)));
            setOpen(step.id);
          }}
          onMove={(id, place, at) => draft.go(moved(what, kinds, id, place, at))}
        />
      )}
    </Section>
  );
}

/** What a flow is called, and the end of it. */
function About({
  flow,
  draft: kept,
  onClose,
}: {
  flow: FullFlow;
  draft: ReturnType<typeof useDraft>;
  onClose: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const form = useForm({ en: flow.label.en ?? "", zh: flow.label.zh ?? "" }, ["label"]);
  const { draft } = form;
  const lines = bilingual<"en" | "zh">(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], {
    faults: ["label"],
    autoFocus: true,
  }).map((line) => line as LineOf<typeof draft>);
  const said = { en: draft.en.trim() || draft.zh.trim(), zh: draft.zh.trim() || draft.en.trim() };
  const save = async () => {
    await kept.flush();
    kept.took((await api.patch<FullFlow>(`/flows/${flow.id}`, { label: said })).data);
    await client.invalidateQueries({ queryKey: flowsQuery.queryKey, exact: true });
    onClose();
  };
  const drop = async () => {
    await api.del(`/flows/${flow.id}`);
    await client.invalidateQueries({ queryKey: flowsQuery.queryKey, exact: true });
    void client.invalidateQueries({ queryKey: droppedQuery.queryKey });
    toast({ text: t("flow.dropped") });
    await navigate({ to: "/settings/$", params: { _splat: "flows" } });
  };
  return (
    <FormPanel
      form={form}
      title={t("flow.about")}
      extra={<code className={admin.mono}>{flow.name}</code>}
      onClose={onClose}
      submit={t("admin.save")}
      ready={form.dirty && Boolean(said.en)}
      onSubmit={save}
      lines={lines}
      note={t(flow.active ? "flow.drop.off" : "flow.drop.what")}
      acts={
        <Button danger icon={<Trash2 />} disabled={flow.active || form.busy} onClick={() => void form.run(drop)}>
          {t("flow.drop")}
        </Button>
      }
    />
  );
}

interface TriggerProps {
  flow: FullFlow;
  what: Definition;
  kinds: Kinds;
  problems: Problem[];
  onChange: (what: Definition) => void;
  onTook: (flow: FullFlow) => void;
  onClose: () => void;
}

function TriggerPanel({ flow, what, kinds, problems, onChange, onTook, onClose }: TriggerProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const objects = useObjects();
  const kind = kinds.triggers.find((one) => one.name === what.trigger.kind);
  const set = (part: Given) => onChange({ ...what, trigger: { ...what.trigger, ...part } });
  return (
    <Panel title={t("flow.trigger")} onClose={onClose}>
      <div className={admin.stacked}>
        <Line label={t("flow.trigger.kind")} help={kind && label(kind.hint)}>
          {(id) => (
            <Select
              id={id}
              className={styles.wide}
              value={what.trigger.kind}
              options={kinds.triggers.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
              onChange={(next: string) => {
                const to = kinds.triggers.find((one) => one.name === next);
                const begins = (to?.parameters ?? []).filter((one) => one.default !== undefined);
                onChange({
                  ...what,
                  object: to?.about === "must" ? what.object : null,
                  trigger: { kind: next, ...Object.fromEntries(begins.map((one) => [one.name, one.default])) },
                });
              }}
            />
          )}
        </Line>
        {kind?.about !== "no" && (
          <Line
            label={t("flow.object")}
            required={kind?.about === "must"}
            error={problems.find((one) => one.field === "object")?.message}
          >
            {(id) => (
              <Select
                id={id}
                className={styles.wide}
                allowClear={kind?.about === "may"}
                showSearch={{ optionFilterProp: "label" }}
                value={what.object}
                options={objects}
                onChange={(object: string | null) =>
                  onChange({ ...what, object: object ?? null, trigger: { ...what.trigger, filter: null } })
                }
              />
            )}
          </Line>
        )}
        <Parameters
          parameters={kind?.parameters ?? []}
          given={what.trigger}
          roots={rootsAt(what, kinds, catalog, null)}
          about={what.object}
          problems={problems}
          onChange={set}
        />
        <Line label={t("flow.limit")} help={t("flow.limit.help")}>
          {(id) => (
            <InputNumber
              id={id}
              min={1}
              max={1_000_000}
              precision={0}
              value={what.limits?.runs_per_hour ?? null}
              onChange={(n: unknown) =>
                onChange({ ...what, limits: typeof n === "number" ? { runs_per_hour: n } : undefined })
              }
            />
          )}
        </Line>
        {what.trigger.kind === "form" && <PublicForm flow={flow} onTook={onTook} />}
        {flow.hook && (
          <Line label={t("flow.hook")} help={t("flow.hook.help")}>
            {(id) => <TextInput id={id} readOnly value={`${window.location.origin}${flow.hook}`} />}
          </Line>
        )}
      </div>
    </Panel>
  );
}

interface StepPanelProps {
  what: Definition;
  kinds: Kinds;
  at: Stand;
  problems: Problem[];
  onChange: (what: Definition) => void;
  onOpen: (id: string | null) => void;
}

function StepPanel({ what, kinds, at: { step, place, at }, problems, onChange, onOpen }: StepPanelProps) {
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
