/** What a flow did: its runs, and of each the log of its steps with what can be done about it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Ban, FastForward, RotateCcw, SkipForward, Undo2 } from "lucide-react";
import { useState } from "react";
import { oneOf, useInAddress } from "../admin/address";
import { Kept } from "../admin/Kept";
import { Banner } from "../admin/Section";
import { Answered, DataTable, When } from "../admin/Table";
import type { Undone } from "../admin/undoing";
import { ApiError, api } from "../api/client";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, Button, Nothing, useToast } from "../ui";
import { Select } from "../ui/antd";
import styles from "./flows.module.css";
import { becameOf, passOf } from "./layout";
import { type FullFlow, type Given, type Kinds, walk } from "./model";
import { Picture, useOutline } from "./Picture";
import { useStepName } from "./parts";
import { type Run, versionQuery } from "./queries";
import { RunState } from "./RunState";
import { useSays } from "./useSays";

const STATES = ["running", "waiting", "done", "failed", "cancelled", "unknown", "stopped"] as const;
interface Props {
  flow: FullFlow;
  kinds: Kinds;
  run: string | undefined;
  onOpen: (run: string | null) => void;
}

export function Runs(props: Props) {
  return props.run ? <OneRun {...props} run={props.run} /> : <RunList {...props} />;
}

function RunList({ flow, onOpen }: Props) {
  const t = useT();
  const [chosen, setState] = useInAddress("state");
  const state = oneOf(chosen, STATES) ?? null;
  const runs = useInfiniteQuery({
    queryKey: ["flows", flow.id, "runs", state],
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: Run[]; next: string | null }>(`/flows/${flow.id}/runs`, { state, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 10_000,
  });
  const rows = runs.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <div className={styles.bar}>
        <Select
          aria-label={t("flow.state")}
          allowClear
          placeholder={t("flow.run.any")}
          value={state}
          options={STATES.map((one) => ({ value: one, label: t(`flow.run.${one}`) }))}
          onChange={(next: string | null) => setState(next)}
        />
      </div>
      <Answered of={runs} empty={rows.length === 0 && <Nothing of="flow.run.none" />}>
        <DataTable
          rows={rows}
          name={(run) => run.id}
          onOpen={(run) => onOpen(run.id)}
          columns={[
            { head: t("flow.run.record"), cell: (run) => run.record?.title ?? t("flow.run.no.record") },
            { head: t("flow.state"), cell: (run) => <RunState state={run.state} undone={run.undone_by !== null} /> },
            { head: t("flow.run.began"), soft: true, cell: (run) => <When at={run.started_at} /> },
            { head: t("flow.run.version"), hide: "phone", right: true, cell: (run) => run.version },
            { head: t("flow.run.error"), hide: "phone", soft: true, cell: (run) => run.error?.message },
          ]}
        />
      </Answered>
    </>
  );
}

const ACTS = {
  retry: <RotateCcw />,
  resume: <FastForward />,
  skip: <SkipForward />,
  cancel: <Ban />,
  undo: <Undo2 />,
} as const;
type Act = keyof typeof ACTS;

function OneRun({ flow, kinds, run, onOpen }: Props & { run: string }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const toast = useToast();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["flows", flow.id, "run", run],
    queryFn: ({ signal }) => api.get<Run>(`/flows/runs/${run}`, undefined, signal),
    refetchInterval: ({ state }) => (["running", "waiting"].includes(state.data?.state ?? "") ? 3_000 : false),
  });
  const [undone, setUndone] = useState<Undone | null>(null);
  const act = useMutation({
    mutationFn: ([what, body]: [Act, { force?: boolean }]) =>
      api.post<Undone | Run>(`/flows/runs/${run}/${what}`, body),
    onSuccess: async ({ data }, [what]) => {
      const kept = what === "undo" && "kept_count" in data && data.kept_count > 0;
      setUndone(kept ? data : null);
      if (!kept) toast({ text: t(`flow.act.${what}.done`) });
      await client.invalidateQueries({ queryKey: ["flows", flow.id] });
    },
  });
  const version = useQuery({
    ...versionQuery(flow.id, found.data?.version ?? 0),
    enabled: Boolean(found.data?.version),
  });
  const what = version.data?.definition ?? flow.live ?? flow.definition;
  const { outline } = useOutline();
  const handed = new Map((found.data?.steps ?? []).map((line) => [line.step, (line.input ?? {}) as Given]));
  const says = useSays(what, kinds, handed);
  const nameOf = useStepName();
  const names = new Map([...walk(what, kinds)].map(({ step }) => [step.id, nameOf(step)]));
  const named = (step: string, kind: string) => {
    const known = kinds.steps.find((one) => one.name === kind);
    return names.get(step) || (known ? label(known.label, kind) : kind);
  };
  const one = found.data;
  const tried = new Map<string, number>();
  const lines = (one?.steps ?? []).map((line) => {
    const attempt = (tried.get(passOf(line)) ?? 0) + 1;
    tried.set(passOf(line), attempt);
    return { line, attempt };
  });
  return (
    <div className={styles.pad}>
      <div className={styles.logHead}>
        <Button type="text" icon={<ArrowLeft />} onClick={() => onOpen(null)}>
          {t("flow.tab.runs")}
        </Button>
        {one && <RunState state={one.state} undone={one.undone_by !== null} />}
        {one?.record && (
          <Link to="/o/$object/$id" params={{ object: one.record.object, id: one.record.id }}>
            {one.record.title ?? one.record.id}
          </Link>
        )}
        <span className="spring" />
        {one &&
          (Object.keys(ACTS) as Act[])
            .filter((name) => one.acts?.includes(name))
            .map((name) => (
              <Button
                key={name}
                icon={ACTS[name]}
                danger={name === "cancel"}
                disabled={act.isPending}
                onClick={() => act.mutate([name, {}])}
              >
                {t(`flow.act.${name}`)}
              </Button>
            ))}
      </div>
      <Banner
        messages={[
          ...(one?.error ? [one.error.message] : []),
          ...(act.error instanceof ApiError ? [act.error.message] : []),
        ]}
      />
      {one?.change_set && undone && (
        <Kept
          change={{ id: one.change_set, kind: "flow" }}
          result={undone}
          busy={act.isPending}
          onUndo={() => act.mutate(["undo", { force: true }])}
          onLeave={() => setUndone(null)}
        />
      )}
      {one && one.cause.length > 0 && (
        <ol className={styles.chain} aria-label={t("flow.run.chain")}>
          <li aria-hidden>{t("flow.run.chain")}</li>
          {one.cause.map((link, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a flow may stand in a chain twice
            <li key={`${link.flow}${at}`}>
              <Link to="/settings/$" params={{ _splat: `flows/${link.flow}` }}>
                {label(link.label ?? undefined, t("flow.gone"))}
              </Link>
            </li>
          ))}
          <li>{label(flow.label, flow.name)}</li>
        </ol>
      )}
      {one && version.data && (
        <Picture
          outline={outline}
          framed
          what={what}
          kinds={kinds}
          open={null}
          onOpen={(step) => document.getElementById(`line-${step}`)?.scrollIntoView({ block: "center" })}
          says={says}
          became={becameOf(one.steps ?? [])}
          ended={one.state === "done"}
        />
      )}
      <Answered of={found} empty={one?.steps?.length === 0 && t("flow.run.nothing")}>
        <ol className={styles.log}>
          {lines.map(({ line, attempt }) => (
            <li key={`${line.run}${line.seq}`} id={`line-${line.step}`}>
              <div className={styles.logHead}>
                <b>{named(line.step, line.kind)}</b>
                <RunState state={line.state} />
                {line.iteration !== null && <Badge>{t("flow.run.pass", { n: line.iteration + 1 })}</Badge>}
                {attempt > 1 && <Badge tone="warn">{t("flow.run.attempt", { n: attempt })}</Badge>}
                <time dateTime={line.started_at}>{f.datetime(line.started_at)}</time>
              </div>
              {line.error && <p className={styles.fault}>{line.error.message}</p>}
              <NotSent output={line.output as Letters | null} />
              <Shown title={t("flow.run.input")} value={line.input} />
              <Shown title={t("flow.run.output")} value={line.output} />
            </li>
          ))}
        </ol>
      </Answered>
    </div>
  );
}

interface Letters {
  withheld?: Record<string, string>;
  later?: Record<string, string>;
}

/** Letters of a step that did not go out, or not yet, each with why. */
function NotSent({ output }: { output: Letters | null }) {
  const t = useT();
  const f = useFormat();
  const held = Object.entries(output?.withheld ?? {}).map(([to, why]) =>
    t("flow.run.withheld", { to, why: t(`mail.withheld.${why as "opted_out"}`) }),
  );
  const later = Object.entries(output?.later ?? {}).map(([to, at]) =>
    t("flow.run.later", { to, when: f.datetime(at) }),
  );
  return [...held, ...later].map((text) => (
    <p key={text} className={styles.soft}>
      {text}
    </p>
  ));
}

function Shown({ title, value }: { title: string; value: unknown }) {
  if (value === null || value === undefined || Object.keys(value as object).length === 0) return null;
  return (
    <details>
      <summary className={styles.soft}>{title}</summary>
      <pre className={styles.json}>{JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
