/** One message of a webhook with its attempts, and sending many again. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../api/client";
import { DateInput } from "../fields/DateEntry";
import { useFormat, useT } from "../i18n";
import { Badge, Button, useToast } from "../ui";
import styles from "./admin.module.css";
import { FormPanel, useForm } from "./Form";
import { Panel } from "./Section";
import { Toggle } from "./Table";
import { type Delivery, KEY, lines, useAct, type Webhook } from "./webhook";

export function OneMessage({ hook, id, onClose }: { hook: Webhook; id: string; onClose: () => void }) {
  const t = useT();
  const f = useFormat();
  const act = useAct();
  const found = useQuery({
    queryKey: [...KEY, hook.id, "delivery", id],
    queryFn: ({ signal }) => api.get<Delivery>(`/webhooks/${hook.id}/deliveries/${id}`, undefined, signal),
  });
  const again = () =>
    act(() => api.post(`/webhooks/${hook.id}/replay`, { messages: [id] }), t("admin.hook.again.done"));
  const message = found.data;
  const next = [message?.due_at ?? "", hook.paused_until ?? ""].sort().at(-1) ?? "";
  return (
    <Panel
      title={message?.event ?? "…"}
      onClose={onClose}
      foot={
        <Button className={styles.grow} icon={<RotateCw />} onClick={() => void again()}>
          {t("admin.hook.again")}
        </Button>
      }
    >
      {message && (
        <div className={styles.form}>
          {message.state === "waiting" && <p>{t("admin.hook.next", { at: f.datetime(next) })}</p>}
          <h3 className={styles.group}>{t("admin.hook.log")}</h3>
          {message.log.length === 0 && <p className={styles.soft}>{t("admin.hook.log.none")}</p>}
          {message.log.map((attempt) => (
            <Fold
              key={attempt.attempt}
              head={
                <>
                  <Badge tone={attempt.status && attempt.status < 300 ? "ok" : "danger"}>
                    {attempt.status ?? t("admin.hook.unreached")}
                  </Badge>{" "}
                  {f.datetime(attempt.at)} · {f.number(attempt.ms)} ms
                </>
              }
            >
              {attempt.error && <p>{attempt.error}</p>}
              <pre className={styles.details}>{lines(attempt.headers)}</pre>
              {attempt.answer && <pre className={styles.secret}>{attempt.answer}</pre>}
            </Fold>
          ))}
          <h3 className={styles.group}>{t("admin.hook.payload")}</h3>
          <pre className={styles.secret}>{JSON.stringify(message.payload, null, 2)}</pre>
        </div>
      )}
    </Panel>
  );
}

function Fold({ head, children }: { head: ReactNode; children: ReactNode }) {
  return (
    <details className={styles.attempt}>
      <summary>{head}</summary>
      {children}
    </details>
  );
}

export function Replay({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const form = useForm({
    since: new Date(Date.now() - 86_400_000).toISOString() as string | null | undefined,
    until: null as string | null | undefined,
    failed: false,
  });
  const { draft } = form;
  const go = async () => {
    const { data } = await api.post<{ messages: number }>(`/webhooks/${hook.id}/replay`, {
      since: draft.since,
      ...(draft.until ? { until: draft.until } : {}),
      ...(draft.failed ? { state: "failed" } : {}),
    });
    toast({ text: t("admin.hook.replayed", { n: data.messages }) });
    await client.invalidateQueries({ queryKey: KEY });
    onClose();
  };
  const momentOf = (name: "since" | "until") => ({
    name,
    label: t(`admin.hook.${name}`),
    render: (id: string) => (
      <DateInput time id={id} value={draft[name]} onChange={(value) => form.set({ [name]: value })} />
    ),
  });
  return (
    <FormPanel
      form={form}
      title={t("admin.hook.replay")}
      onClose={onClose}
      submit={t("admin.hook.replay.go")}
      ready={Boolean(draft.since) && draft.until !== undefined}
      onSubmit={go}
      says={t("admin.hook.replay.says")}
      lines={[
        momentOf("since"),
        momentOf("until"),
        {
          name: "failed",
          label: t("admin.hook.more"),
          faults: ["state", "messages"],
          render: () => (
            <Toggle
              label={t("admin.hook.replay.failed")}
              checked={draft.failed}
              onChange={(failed) => form.set({ failed })}
            />
          ),
        },
      ]}
    />
  );
}
