/** The public address of a form: on and off, another one, and what to put into another site. */
import { useQuery } from "@tanstack/react-query";
import { Copy, ExternalLink, RefreshCw } from "lucide-react";
import { useState } from "react";
import { Line } from "../admin/Section";
import { Answered, DataTable, Toggle } from "../admin/Table";
import { ApiError, api } from "../api/client";
import { twin, useFormatContext } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { Badge, Button, Empty, IconButton, TextBox, TextInput, useToast } from "../ui";
import { fieldsOf } from "./FormLines";
import styles from "./flows.module.css";
import type { FullFlow } from "./model";
import { submissionsQuery } from "./queries";
import { RunState } from "./RunState";

const useSay = () => {
  const t = useT();
  const toast = useToast();
  return (reason: unknown) =>
    toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" });
};

export function PublicForm({ flow, onTook }: { flow: FullFlow; onTook: (flow: FullFlow) => void }) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const say = useSay();
  const [busy, setBusy] = useState(false);
  const act = async (what: "open" | "renew" | "close") => {
    setBusy(true);
    try {
      onTook((await api.post<FullFlow>(`/flows/${flow.id}/address`, { act: what })).data);
    } catch (reason) {
      say(reason);
    } finally {
      setBusy(false);
    }
  };
  const copy = (text: string) =>
    void navigator.clipboard?.writeText(text).then(() => toast({ text: t("admin.copied") }));
  const address = flow.form ? `${window.location.origin}${flow.form}` : "";
  const title = label((flow.live?.trigger.label as Label | undefined) ?? flow.label, flow.name).replace(/"/g, "");
  const embed = `<iframe src="${address}" title="${title}" style="width:100%;height:760px;border:0" loading="lazy"></iframe>`;
  const sites = (flow.live?.trigger.origins as string[] | undefined) ?? [];
  return (
    <>
      <Toggle
        label={t("flow.public")}
        help={t(flow.active ? "flow.public.help" : "flow.public.off")}
        checked={Boolean(flow.form)}
        disabled={busy || !flow.active}
        onChange={(on) => void act(on ? "open" : "close")}
      />
      {flow.form && (
        <>
          <Line label={t("flow.public.address")}>
            {(id) => (
              <div className={styles.address}>
                <TextInput id={id} readOnly value={address} onFocus={(event) => event.target.select()} />
                <IconButton icon={<Copy />} label={t("flow.public.copy")} onClick={() => copy(address)} />
                <IconButton
                  icon={<ExternalLink />}
                  label={t("flow.public.open")}
                  onClick={() => window.open(address, "_blank", "noopener")}
                />
                <IconButton
                  icon={<RefreshCw />}
                  label={t("flow.public.renew")}
                  disabled={busy}
                  onClick={() => void act("renew")}
                />
              </div>
            )}
          </Line>
          {sites.length > 0 && (
            <Line label={t("flow.public.embed")} help={sites.join(" · ")}>
              {(id) => (
                <div className={styles.address}>
                  <TextBox id={id} rows={3} readOnly value={embed} />
                  <IconButton icon={<Copy />} label={t("flow.public.embed.copy")} onClick={() => copy(embed)} />
                </div>
              )}
            </Line>
          )}
        </>
      )}
    </>
  );
}

/** What was sent by the form, whatever became of it. */
export function Submissions({ flow, onOpen }: { flow: FullFlow; onOpen: (run: string) => void }) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const say = useSay();
  const ctx = useFormatContext();
  const sent = useQuery(submissionsQuery(flow.id));
  const rows = sent.data ?? [];
  const fields = fieldsOf(((flow.live ?? flow.definition).trigger.fields as never[] | undefined) ?? []);
  const rank = (name: string) =>
    (fields.findIndex((one) => one.name === name) + fields.length + 1) % (fields.length + 1);
  const shown = (input: Record<string, unknown>) =>
    Object.entries(input)
      .sort(([a], [b]) => rank(a) - rank(b))
      .map(([name, value]) => {
        const field = fields.find((one) => one.name === name);
        const said = name === "consent" ? t("flow.sent.consent") : label(field?.label, name);
        const yes = typeof value === "boolean" ? t(value ? "flow.sent.yes" : "flow.sent.no") : undefined;
        return `${said.replace(/[?？:：]$/, "")}: ${yes ?? (field ? twin(field).format(value, field, ctx) : String(value))}`;
      })
      .join(" · ");
  const act = async (work: Promise<unknown>) => {
    try {
      await work;
      await sent.refetch();
    } catch (reason) {
      say(reason);
    }
  };
  return (
    <Answered
      of={sent}
      empty={rows.length === 0 && <Empty title={t("flow.sent.none")} text={t("flow.sent.none.text")} />}
    >
      <DataTable
        rows={rows}
        name={(one) => one.id}
        onOpen={(one) => one.run && onOpen(one.run)}
        columns={[
          { head: t("flow.sent.what"), cell: (one) => <span className={styles.sentText}>{shown(one.input)}</span> },
          {
            head: t("flow.state"),
            cell: (one) =>
              one.held ? (
                <span className={styles.sentActs}>
                  <Badge tone="warn">{t("flow.sent.held")}</Badge>
                  <Button
                    size="small"
                    onClick={() => void act(api.post(`/flows/${flow.id}/submissions/${one.id}/release`, {}))}
                  >
                    {t("flow.sent.release")}
                  </Button>
                  <Button
                    size="small"
                    danger
                    onClick={() => void act(api.del(`/flows/${flow.id}/submissions/${one.id}`))}
                  >
                    {t("flow.sent.discard")}
                  </Button>
                </span>
              ) : one.state ? (
                <RunState state={one.state} />
              ) : (
                "—"
              ),
          },
          { head: t("flow.run.began"), soft: true, hide: "phone", cell: (one) => f.ago(one.at) },
          {
            head: t("flow.sent.by"),
            soft: true,
            hide: "narrow",
            cell: (one) => one.origin ?? t(one.actor ? "flow.sent.inside" : "flow.sent.public"),
          },
        ]}
      />
    </Answered>
  );
}
