/** Everything of the workspace as one archive: asked for, put together, fetched until it expires. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Archive, Download } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useFormat, useT } from "../i18n";
import { fileSize } from "../transfer/model";
import { Button, Nothing, useToast } from "../ui";
import { Progress } from "../ui/antd";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

interface Whole {
  id: string;
  at: string;
  status: "queued" | "running" | "done" | "failed" | "cancelled" | "expired";
  rows: number;
  done: number;
  size: number;
  expires_at: string | null;
  error: string | null;
}

const KEY = ["everything"];
const HOLDS = ["records", "files", "people", "shape", "manifest"] as const;
const live = (one: Whole): boolean => one.status === "queued" || one.status === "running";

export default function Everything() {
  const t = useT();
  const f = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const found = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await api.get<{ data: Whole[] }>("/exports/everything", undefined, signal)).data,
    refetchInterval: ({ state }) => (state.data?.some(live) ? 1_000 : false),
  });
  const rows = found.data ?? [];
  const act = async (path: string) => {
    setBusy(true);
    try {
      await api.post(`/exports/everything${path}`);
      await client.invalidateQueries({ queryKey: KEY });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  const state = (one: Whole) =>
    live(one) ? (
      <Progress
        size="small"
        percent={one.rows ? Math.min(99, Math.floor((one.done / one.rows) * 100)) : 0}
        aria-label={t("everything.title")}
      />
    ) : (
      <span>
        {t(`everything.status.${one.status as "done" | "failed" | "cancelled" | "expired"}`)}
        {one.error && ` · ${one.error}`}
      </span>
    );
  const size = (one: Whole) => {
    const { n, unit } = fileSize(one.size);
    return one.size > 0 ? `${f.number(n)} ${unit}` : "";
  };
  const begin = (
    <Button type="primary" icon={<Archive />} loading={busy} disabled={rows.some(live)} onClick={() => void act("")}>
      {t("everything.start")}
    </Button>
  );
  return (
    <Section title={t("everything.title")} lead={t("everything.lead")} actions={begin}>
      <ul className={styles.contents}>
        {HOLDS.map((one) => (
          <li key={one}>{t(`everything.holds.${one}`)}</li>
        ))}
      </ul>
      <Answered of={found} empty={rows.length === 0 && <Nothing of="everything.none" action={begin} />}>
        <DataTable
          rows={rows}
          name={({ id }) => id}
          columns={[
            { head: t("everything.when"), cell: (one) => f.datetime(one.at) },
            { head: t("everything.records"), cell: (one) => f.number(one.rows) },
            { head: t("everything.state"), cell: state },
            { head: t("everything.size"), cell: size },
            {
              head: "",
              cell: (one) =>
                live(one) ? (
                  <Button type="text" onClick={() => void act(`/${one.id}/cancel`)}>
                    {t("everything.cancel")}
                  </Button>
                ) : one.status === "done" ? (
                  <span>
                    <a className={styles.fetch} href={`/api/v1/exports/everything/${one.id}/file`} download>
                      <Download aria-hidden />
                      {t("everything.fetch")}
                    </a>{" "}
                    <span className={styles.soft}>
                      {one.expires_at && t("everything.until", { at: f.datetime(one.expires_at) })}
                    </span>
                  </span>
                ) : null,
            },
          ]}
        />
      </Answered>
    </Section>
  );
}
