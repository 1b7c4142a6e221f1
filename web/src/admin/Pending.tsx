/** Changes of type that a job is making ready: how far they are, and the way to stop them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { AlertTriangle } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "../api/client";
import { useCatalog, useRefreshCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { Button, useToast } from "../ui";
import styles from "./admin.module.css";
import look from "./pending.module.css";

interface Waiting {
  id: string;
  state: string;
  done: number;
  total: number;
  changes: { object?: string; field?: string }[];
  errors: { message: string }[];
}

export const KEY = ["catalog-pending"];
const OPEN = new Set(["waiting", "running"]);

export function Pending() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const toast = useToast();
  const [stopping, setStopping] = useState("");
  const { data = [] } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get<{ data: Waiting[] }>("/catalog/pending", {}, signal).then((answer) => answer.data),
    enabled: catalog.me.can.includes("catalog"),
    refetchInterval: ({ state }) => (state.data?.some((one) => OPEN.has(one.state)) ? 2000 : false),
  });
  const open = data.filter((one) => OPEN.has(one.state));
  const before = useRef(0);
  useEffect(() => {
    // What was waited for is there now.
    if (open.length < before.current) void refresh();
    before.current = open.length;
  }, [open.length, refresh]);
  const stop = async (id: string) => {
    setStopping(id);
    try {
      await api.del(`/catalog/pending/${id}`);
      toast({ text: t("admin.pending.stopped") });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
    setStopping("");
    await client.invalidateQueries({ queryKey: KEY });
  };
  const named = ({ object: name = "", field = "" }: Waiting["changes"][number]) => {
    const object = catalog.object(name);
    return `${label(object?.label, name)} › ${label(object?.fields.find((one) => one.name === field)?.label, field)}`;
  };
  // What failed is told until another attempt is made.
  const failed = data.slice(0, 1).filter((one) => one.errors.length > 0 && !OPEN.has(one.state));
  if (open.length + failed.length === 0) return null;
  return (
    <ul className={look.list} aria-label={t("admin.pending")} aria-live="polite">
      {open.map((one) => (
        <li key={one.id}>
          <span className={look.what}>
            {t("admin.pending.what", { name: one.changes.map(named).join(t("record.comma")) })}
          </span>
          <progress max={Math.max(1, one.total)} value={one.done} aria-label={t("admin.pending")} />
          <small>{t("admin.pending.of", { done: f.number(one.done), total: f.number(one.total) })}</small>
          <Button size="small" loading={stopping === one.id} onClick={() => void stop(one.id)}>
            {t("admin.pending.stop")}
          </Button>
        </li>
      ))}
      {failed.map((one) => (
        <li key={one.id}>
          <span className={styles.fault} role="alert">
            <AlertTriangle aria-hidden />
            {t("admin.pending.failed", {
              name: one.changes.map(named).join(t("record.comma")),
              why: one.errors[0]?.message ?? "",
            })}
          </span>
        </li>
      ))}
    </ul>
  );
}
