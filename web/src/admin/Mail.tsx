/** Mail out: the server, how it is signed, a test, and what became of each letter. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useFormat, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { Badge, Button, Nothing, type Tone, usePhone, useToast } from "../ui";
import styles from "./admin.module.css";
import { Lines, useForm } from "./Form";
import { Banner, Section } from "./Section";
import { Answered, DataTable } from "./Table";

interface Settings {
  server: { host: string; port: number; tls: "tls" | "starttls" | "none"; from: string } | null;
  name: string;
  reply_to: string;
}

interface Letter {
  id: string;
  at: string;
  to: string;
  subject: string | null;
  record: Ref | null;
  state: "queued" | "sending" | "sent" | "failed" | "unknown" | "withheld";
  due_at: string | null;
  answer: string;
}

const TONES: Record<Letter["state"], Tone> = {
  queued: "neutral",
  sending: "info",
  sent: "ok",
  failed: "danger",
  unknown: "warn",
  withheld: "neutral",
};
const KEY = ["mail"];

export default function Mail() {
  const found = useQuery({
    queryKey: [...KEY, "settings"],
    queryFn: ({ signal }) => api.get<Settings>("/mail/settings", undefined, signal),
  });
  const t = useT();
  const toast = useToast();
  const [testing, setTesting] = useState(false);
  const test = async () => {
    setTesting(true);
    try {
      const { data } = await api.post<{ to: string }>("/mail/test");
      toast({ text: t("mail.tested", { to: data.to }) });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setTesting(false);
    }
  };
  return (
    <Section
      title={t("mail.title")}
      lead={t("mail.lead")}
      actions={
        <Button icon={<Send />} loading={testing} disabled={!found.data?.server} onClick={() => void test()}>
          {t("mail.test")}
        </Button>
      }
    >
      <Answered of={found}>
        {found.data && <Sender settings={found.data} />}
        <Letters />
      </Answered>
    </Section>
  );
}

function Sender({ settings }: { settings: Settings }) {
  const t = useT();
  const phone = usePhone();
  const toast = useToast();
  const client = useQueryClient();
  const form = useForm({ name: settings.name, reply_to: settings.reply_to });
  const save = async () => {
    client.setQueryData([...KEY, "settings"], (await api.put<Settings>("/mail/settings", form.draft)).data);
    toast({ text: t("mail.saved") });
  };
  const { server } = settings;
  return (
    <form
      className={`${styles.pad} ${styles.form} ${styles.narrow}`}
      onSubmit={(event) => {
        event.preventDefault();
        void form.run(save);
      }}
    >
      {server ? (
        <p className={styles.help}>
          {t("mail.server", { from: server.from, host: server.host, port: String(server.port) })}{" "}
          <Badge tone={server.tls === "none" ? "warn" : "ok"}>{t(`mail.tls.${server.tls}`)}</Badge>
        </p>
      ) : (
        <Banner messages={[t("mail.off")]} />
      )}
      <Banner messages={form.faults.others} />
      <Lines
        form={form}
        lines={[
          { name: "name", label: t("mail.name"), max: 100, half: !phone },
          { name: "reply_to", label: t("mail.reply"), help: t("mail.reply.help"), kind: "email", half: !phone },
        ]}
      />
      {form.dirty && (
        <div>
          <Button type="primary" htmlType="submit" loading={form.busy} disabled={!form.draft.name.trim()}>
            {t("mail.save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function Letters() {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const found = useInfiniteQuery({
    queryKey: [...KEY, "log"],
    queryFn: ({ pageParam, signal }) =>
      api.get<{ data: Letter[]; next: string | null }>("/mail", { limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const letters = found.data?.pages.flatMap((page) => page.data) ?? [];
  const again = async (letter: Letter) => {
    try {
      await api.post(`/mail/${letter.id}/retry`);
      toast({ text: t("mail.retried") });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
    await client.invalidateQueries({ queryKey: [...KEY, "log"] });
  };
  return (
    <Answered of={found} empty={letters.length === 0 && <Nothing of="mail.none" />}>
      <DataTable
        rows={letters}
        name={(letter) => letter.id}
        title={(letter) => [letter.to, letter.subject, f.datetime(letter.at)].filter(Boolean).join(" ")}
        columns={[
          { head: t("mail.at"), cell: (letter) => f.ago(letter.at), soft: true },
          { head: t("mail.to"), cell: (letter) => letter.to },
          {
            head: t("mail.subject"),
            hide: "phone",
            cell: (letter) =>
              letter.subject === null ? (
                <span className={styles.soft}>{t("mail.hidden")}</span>
              ) : letter.record?.object ? (
                <Link to="/o/$object/$id" params={{ object: letter.record.object, id: letter.record.id }}>
                  {letter.subject}
                </Link>
              ) : (
                letter.subject
              ),
          },
          {
            head: t("mail.state"),
            cell: (letter) => (
              <span className={styles.badges}>
                <Badge tone={TONES[letter.state]}>{t(`mail.state.${letter.state}`)}</Badge>
                {letter.state !== "sent" && (
                  <small className={styles.soft}>
                    {letter.state === "unknown"
                      ? t("mail.unknown")
                      : letter.state === "withheld"
                        ? t(`mail.withheld.${letter.answer as "opted_out"}`)
                        : letter.answer === "hours"
                          ? t("mail.hours")
                          : letter.answer}
                    {letter.due_at && ` · ${t("mail.next", { when: f.ago(letter.due_at) })}`}
                  </small>
                )}
              </span>
            ),
          },
          {
            head: t("admin.col.acts"),
            acts: true,
            cell: (letter) =>
              (letter.state === "failed" || letter.state === "unknown") && (
                <Button size="small" onClick={() => void again(letter)}>
                  {t("mail.retry")}
                </Button>
              ),
          },
        ]}
      />
    </Answered>
  );
}
