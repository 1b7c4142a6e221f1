/** How one wants to be told: by kind in the page and by mail, when the digest comes, when it is quiet, what is followed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { TimeInput } from "../fields/TimeInput";
import { useT } from "../i18n";
import { Switch, useToast } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

type Way = "now" | "digest" | "never";

interface Preferences {
  kinds: { name: string; label: string; page: boolean; mail: Way }[];
  quiet: { from: string; to: string } | null;
  digest: string;
  follow: Record<Followed, boolean>;
}

const WAYS: Way[] = ["now", "digest", "never"];
const FOLLOWED = ["own", "created", "mentioned", "commented"] as const;
type Followed = (typeof FOLLOWED)[number];
const PATH = "/notifications/preferences";
const KEY = ["notifications", "preferences"];

export default function Notifications() {
  const t = useT();
  const toast = useToast();
  const client = useQueryClient();
  const found = useQuery({ queryKey: KEY, queryFn: ({ signal }) => api.get<Preferences>(PATH, undefined, signal) });
  const now = found.data;
  const change = async (part: Record<string, unknown>) => {
    try {
      client.setQueryData(KEY, (await api.patch<Preferences>(PATH, part)).data);
      toast({ text: t("told.saved") });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
  };
  const clock = (label: string, value: string, set: (value: string) => void) => (
    <TimeInput
      className={styles.clock}
      label={label}
      value={value.slice(0, 5)}
      onChange={(next) => next && set(next)}
    />
  );
  return (
    <Section title={t("told.settings")} lead={t("told.lead")}>
      <Answered of={found}>
        {now && (
          <>
            <DataTable
              rows={now.kinds}
              name={(kind) => kind.name}
              columns={[
                { head: t("told.kind"), cell: (kind) => kind.label },
                {
                  head: t("told.page"),
                  cell: (kind) => (
                    <Switch
                      size="small"
                      checked={kind.page}
                      aria-label={t("shell.act.of", { act: kind.label, name: t("told.page") })}
                      onChange={(page) => void change({ kinds: { [kind.name]: { page } } })}
                    />
                  ),
                },
                {
                  head: t("told.mail"),
                  cell: (kind) => (
                    <Select
                      size="small"
                      className={styles.way}
                      aria-label={t("shell.act.of", { act: kind.label, name: t("told.mail") })}
                      value={kind.mail}
                      onChange={(mail: Way) => void change({ kinds: { [kind.name]: { mail } } })}
                      options={WAYS.map((way) => ({ value: way, label: t(`told.mail.${way}`) }))}
                    />
                  ),
                },
              ]}
            />
            <div className={`${styles.pad} ${styles.narrow} ${styles.form}`}>
              <div className={`${styles.switch} ${styles.even}`}>
                <span>{t("told.digest")}</span>
                {clock(t("told.digest"), now.digest, (digest) => void change({ digest }))}
              </div>
              <div className={styles.switch}>
                <Switch
                  checked={now.quiet !== null}
                  aria-label={t("told.quiet")}
                  onChange={(on) => void change({ quiet: on ? { from: "22:00", to: "08:00" } : null })}
                />
                <span>
                  {t("told.quiet")}
                  <small>{t("told.quiet.help")}</small>
                </span>
              </div>
              {now.quiet && (
                <div className={`${styles.switch} ${styles.even}`}>
                  {clock(
                    t("told.quiet.from"),
                    now.quiet.from,
                    (from) => void change({ quiet: { ...now.quiet, from } }),
                  )}
                  <span>{t("told.quiet.to")}</span>
                  {clock(t("told.quiet.to"), now.quiet.to, (to) => void change({ quiet: { ...now.quiet, to } }))}
                </div>
              )}
              <h2 className={styles.group}>{t("told.follows")}</h2>
              {FOLLOWED.map((name) => (
                <div key={name} className={styles.switch}>
                  <Switch
                    checked={now.follow[name]}
                    aria-label={t(`told.follows.${name}`)}
                    onChange={(on) => void change({ follow: { [name]: on } })}
                  />
                  <span>{t(`told.follows.${name}`)}</span>
                </div>
              ))}
            </div>
          </>
        )}
      </Answered>
    </Section>
  );
}
