/** When one is away, and who decides approvals meanwhile. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import { DateInput } from "../fields/DateEntry";
import { edgeOf, isoDay, today } from "../fields/dates";
import { useFormat, useT } from "../i18n";
import { Picker } from "../records/Picker";
import { Button, useToast } from "../ui";
import styles from "./admin.module.css";
import { Lines, useForm } from "./Form";
import { Banner } from "./Section";

interface Absence {
  since: string;
  until: string;
  deputy: { id: string; title: string | null };
}

const AWAY = ["absence"] as const;

type Chosen = string | null | undefined;

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
  const zone = f.locale.timezone;
  const form = useForm({
    since: isoDay(today(zone)) as Chosen,
    until: null as Chosen,
    deputy: null as { id: string; title: string } | null,
  });
  const { draft } = form;
  const again = () => client.invalidateQueries({ queryKey: AWAY });
  const save = async () => {
    const body = {
      since: edgeOf(draft.since, false, zone),
      until: edgeOf(draft.until, true, zone),
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
    <DateInput id={id} value={draft[name]} onChange={(value) => form.set({ [name]: value })} />
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
              since: f.date(isoDay(today(zone, new Date(now.since)))),
              until: f.date(isoDay(today(zone, new Date(now.until)))),
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
            <Button htmlType="submit" disabled={!draft.since || !draft.until || !draft.deputy} loading={form.busy}>
              {t("approval.away.save")}
            </Button>
          </div>
        </>
      )}
    </form>
  );
}
