/** What a flow is called, and the end of it. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import admin from "../admin/admin.module.css";
import { bilingual, FormPanel, type LineOf, useForm } from "../admin/Form";
import { api } from "../api/client";
import { useLabel, useT } from "../i18n";
import { Button, useAsk, useToast } from "../ui";
import type { FullFlow } from "./model";
import { droppedQuery, flowsQuery } from "./queries";
import type { Draft } from "./useDraft";

export function About({ flow, draft: kept, onClose }: { flow: FullFlow; draft: Draft; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const ask = useAsk();
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
    const wanted = await ask({
      title: t("flow.drop.ask", { name: label(flow.label, flow.name) }),
      text: t("flow.drop.what"),
      go: t("flow.drop"),
    });
    if (!wanted) return;
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
