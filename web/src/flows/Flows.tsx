/** Automation: all flows, and the one that is open. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { useState } from "react";
import admin from "../admin/admin.module.css";
import { bilingual, FormPanel, type LineOf, useForm } from "../admin/Form";
import { Section } from "../admin/Section";
import { Answered, DataTable } from "../admin/Table";
import { api } from "../api/client";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Badge, Begin, Nothing } from "../ui";
import { Editor } from "./Editor";
import { FlowState } from "./FlowState";
import type { Definition, Flow, FullFlow } from "./model";
import { type DroppedFlow, flowsQuery, kindsQuery, useTemplates } from "./queries";
import { Dropped, DroppedPanel } from "./Submissions";

export default function Flows({ name }: { name: string | undefined }) {
  const splat = useParams({ strict: false, select: (params) => (params as { _splat?: string })._splat }) ?? "";
  const [, , tab = "", run] = splat.split("/");
  return name ? <Editor key={name} id={name} tab={tab} run={run} /> : <Listed />;
}

function Listed() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const [dropped, setDropped] = useState<DroppedFlow | null>(null);
  const flows = useQuery(flowsQuery);
  const { data: kinds } = useQuery(kindsQuery);
  const begin = <Begin onClick={() => setMaking(true)}>{t("flow.new")}</Begin>;
  const trigger = (flow: Flow): string => {
    const kind = kinds?.triggers.find((one) => one.name === flow.trigger);
    const object = catalog.object(flow.object);
    return [object && label(object.label, object.name), kind && label(kind.label, kind.name)]
      .filter(Boolean)
      .join(" · ");
  };
  return (
    <Section
      title={t("flow.title")}
      lead={t("flow.lead")}
      count={flows.data?.length || undefined}
      actions={begin}
      panel={
        making ? (
          <Making onClose={() => setMaking(false)} />
        ) : (
          dropped && <DroppedPanel key={dropped.id} flow={dropped} onClose={() => setDropped(null)} />
        )
      }
    >
      <Answered of={flows} empty={flows.data?.length === 0 && <Nothing of="flow.none" action={begin} />}>
        <DataTable
          rows={flows.data ?? []}
          name={(flow) => flow.id}
          onOpen={(flow) => void navigate({ to: "/settings/$", params: { _splat: `flows/${flow.id}` } })}
          columns={[
            {
              head: t("flow.title.one"),
              cell: (flow) => (
                <span className={admin.name}>
                  <Workflow aria-hidden />
                  {label(flow.label, flow.name)}
                </span>
              ),
            },
            { head: t("flow.trigger"), hide: "phone", soft: true, cell: trigger },
            { head: t("flow.state"), cell: (flow) => <FlowState flow={flow} /> },
            {
              head: t("flow.done30"),
              right: true,
              hide: "phone",
              cell: (flow) => f.number(flow.counts?.done_30d ?? 0),
            },
            {
              head: t("flow.waiting"),
              right: true,
              hide: "narrow",
              cell: (flow) => f.number((flow.counts?.waiting ?? 0) + (flow.counts?.running ?? 0)),
            },
            {
              head: t("flow.failed"),
              right: true,
              cell: (flow) =>
                flow.counts?.failed ? <Badge tone="danger">{f.number(flow.counts.failed)}</Badge> : f.number(0),
            },
          ]}
        />
      </Answered>
      <Dropped onOpen={setDropped} />
    </Section>
  );
}

const EMPTY: Definition = { object: "account", trigger: { kind: "created" }, steps: [] };

function Making({ onClose }: { onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const client = useQueryClient();
  const navigate = useNavigate();
  const templates = useTemplates().data ?? [];
  const form = useForm({ en: "", zh: "", template: "" }, ["label"]);
  const { draft } = form;
  const chosen = templates.find((one) => one.name === draft.template);
  const said = { en: draft.en.trim() || draft.zh.trim(), zh: draft.zh.trim() || draft.en.trim() };
  const ready = Boolean(said.en) || chosen !== undefined;
  const make = async () => {
    const { data } = await api.make<FullFlow>("/flows", {
      label: said.en ? said : chosen?.label,
      definition: chosen?.definition ?? EMPTY,
    });
    await client.invalidateQueries({ queryKey: flowsQuery.queryKey, exact: true });
    await navigate({ to: "/settings/$", params: { _splat: `flows/${data.id}` } });
  };
  const lines: (LineOf<typeof draft> | false)[] = [
    templates.length > 0 && {
      name: "template",
      label: t("flow.template"),
      options: [
        { value: "", label: t("flow.template.empty") },
        ...templates.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
      ],
      help: chosen && label(chosen.hint),
    },
    ...bilingual<"en" | "zh">(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], {
      faults: ["label"],
      autoFocus: true,
    }).map((line) => line as LineOf<typeof draft>),
  ];
  return (
    <FormPanel
      form={form}
      title={t("flow.new")}
      onClose={onClose}
      submit={t("flow.make")}
      ready={ready}
      onSubmit={make}
      lines={lines}
    />
  );
}
