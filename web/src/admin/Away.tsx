/** When one is away, and who decides approvals meanwhile. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { useFormat, useT } from "../i18n";
import { Picker } from "../records/Picker";
import { Button, TextInput, useToast } from "../ui";
import styles from "./admin.module.css";
import { Lines, useForm } from "./Form";
import { Banner } from "./Section";

interface Absence {
  since: string;
  until: string;
  deputy: { id: string; title: string | null };
}

const AWAY = ["absence"] as const;

/** The day of a moment where the reader is. */
const dayOf = (at: Date): string => new Intl.DateTimeFormat("sv-SE").format(at);

/** A day as the moment at which it begins, or ends, where the reader is. */
const moment = (day: string, ends: boolean) => new Date(`${day}T${ends ? "23:59:59" : "00:00:00"}`).toISOString();

export function Away() {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: AWAY,
    queryFn: async ({ signal }) =>
      (await api.get<{ absence: Absence | null }>("/approvals/absence", undefined, signal)).absence,
  });
  const form = useForm({ since: dayOf(new Date()), until: "", deputy: null as { id: string; title: string } | null });
  const { draft } = form;
  const again = () => client.invalidateQueries({ queryKey: AWAY });
  const save = async () => {
    const body = {
      since: moment(draft.since, false),
      until: moment(draft.until, true),
      deputy: draft.deputy?.id ?? "",
    };
    await api.put("/approvals/absence", body);
    toast({ text: t("approval.away.saved") });
    form.reset();
    await again();
  };
  const back = async () => {
    await api.del("/approvals/absence");
    toast({ text: t("approval.away.over") });
    await again();
  };
  const day = (name: "since" | "until") => (id: string) => (
    <TextInput id={id} type="date" value={draft[name]} onChange={(event) => form.set({ [name]: event.target.value })} />
  );
  const now = found.data;
  return (
    <form
      className={`${styles.form} ${styles.narrow}`}
      onSubmit={(event) => {
        event.preventDefault();
        void form.run(save);
      }}
    >
      <h2 className={styles.group}>{t("approval.away")}</h2>
      <Banner messages={form.faults.others} />
      {now ? (
        <>
          <p>
            {t("approval.away.now", {
              name: now.deputy.title ?? "—",
              since: f.date(dayOf(new Date(now.since))),
              until: f.date(dayOf(new Date(now.until))),
            })}
          </p>
          <div>
            <Button loading={form.busy} onClick={() => void form.run(back)}>
              {t("approval.away.end")}
            </Button>
          </div>
        </>
      ) : (
        <>
          <Lines
            form={form}
            lines={[
              { name: "since", label: t("approval.away.since"), half: true, render: day("since") },
              { name: "until", label: t("approval.away.until"), half: true, render: day("until") },
              {
                name: "deputy",
                label: t("approval.away.deputy"),
                help: t("approval.away.help"),
                render: () => (
                  <Picker
                    label={t("approval.away.deputy")}
                    object="user"
                    create={false}
                    clear
                    value={draft.deputy ? [draft.deputy] : []}
                    onChange={([one]) => form.set({ deputy: one ?? null })}
                  />
                ),
              },
            ]}
          />
          <div>
            <Button htmlType="submit" disabled={!draft.until || !draft.deputy} loading={form.busy}>
              {t("approval.away.save")}
            </Button>
          </div>
        </>
      )}
    </form>
  );
}
