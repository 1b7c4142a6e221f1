/** One flow: its picture with the form of the step that is open, what it would do, and what it did. Drafts save themselves. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Pencil, Redo2, Undo2 } from "lucide-react";
import { useState } from "react";
import admin from "../admin/admin.module.css";
import { Section } from "../admin/Section";
import { Answered } from "../admin/Table";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { keys } from "../api/queries";
import { useLabel, useT } from "../i18n";
import { Button, IconButton, Switch, usePhone, useRefusal, useToast } from "../ui";
import { Segmented } from "../ui/antd";
import { About } from "./About";
import { FlowState } from "./FlowState";
import styles from "./flows.module.css";
import { type Definition, type FullFlow, freeId, freshStep, type Kinds, listAt, moved, walk, withList } from "./model";
import { Picture, useOutline } from "./Picture";
import { flowQuery, flowsQuery, kindsQuery, problemsOf, type StepFigures, versionsQuery } from "./queries";
import { Runs } from "./Runs";
import { StepPanel } from "./StepPanel";
import { Submissions } from "./Submissions";
import { TriggerPanel } from "./TriggerPanel";
import { Try } from "./Try";
import { useDraft } from "./useDraft";
import { useSays } from "./useSays";
import { Versions } from "./Versions";

const TABS = ["edit", "try", "runs", "sent", "versions"] as const;

export function Editor({ id, tab, run }: { id: string; tab: string; run: string | undefined }) {
  const flow = useQuery(flowQuery(id));
  const kinds = useQuery(kindsQuery);
  const t = useT();
  if (!flow.data || !kinds.data)
    return (
      <Section title={t("flow.title.one")}>
        <Answered of={flow.data ? kinds : flow} shape="steps">
          {null}
        </Answered>
      </Section>
    );
  return <Opened flow={flow.data} kinds={kinds.data} tab={tab} run={run} />;
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
  const [made, setMade] = useState("");
  const [busy, setBusy] = useState(false);
  const say = useRefusal();
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
  const go = (to: string, more?: { search: true }) =>
    void navigate({ to: "/settings/$", params: { _splat: `flows/${flow.id}${to ? `/${to}` : ""}` }, ...more });
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
          {!(phone && flow.active && flow.draft) && <FlowState flow={flow} />}
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
            aria-label={t("flow.title")}
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
              fresh={open === made}
              problems={wrong.filter((one) => one.step === open)}
              onChange={draft.go}
              onOpen={setOpen}
            />
          )
        ))
      }
    >
      {tab === "runs" ? (
        <Runs
          flow={flow}
          kinds={kinds}
          run={run}
          onOpen={(one) => go(one ? `runs/${one}` : "runs", { search: true })}
        />
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
            setMade(step.id);
          }}
          onMove={(id, place, at) => draft.go(moved(what, kinds, id, place, at))}
        />
      )}
    </Section>
  );
}
