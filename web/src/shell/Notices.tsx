/** The bell: how one's imports went while one did something else. They are told by the event stream, with their undo. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { useLive } from "../api/live";
import { useCatalog, useMe } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { type Run, running } from "../transfer/model";
import { importKeys } from "../transfer/state";
import { Empty, IconButton, Popover } from "../ui";
import styles from "./shell.module.css";

const SHOWN = 8;
const key = [...importKeys.all, "notices"] as const;

export function Notices() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const stored = `guanxi.seen.${useMe().id}`;
  const [seen, setSeen] = useState(() => localStorage.getItem(stored) ?? "");
  const [open, setOpen] = useState(false);
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      api.get<{ data: Run[] }>("/imports", { limit: 20, dry_run: false }, signal).then((answer) => answer.data),
    enabled: catalog.objects.some((object) => object.can.import),
    staleTime: 60_000,
  });
  useLive("job", () => void client.invalidateQueries({ queryKey: key }));
  // A check changed nothing, and whoever makes one waits for it.
  const runs = (data ?? []).filter((run) => !run.dry_run).slice(0, SHOWN);
  const fresh = runs.filter((run) => !running(run) && run.at > seen).length;
  const toggle = (next: boolean) => {
    setOpen(next);
    const last = runs.reduce((latest, run) => (!running(run) && run.at > latest ? run.at : latest), seen);
    if (!next || last === seen) return;
    localStorage.setItem(stored, last);
    setSeen(last);
  };
  const said = (run: Run) =>
    running(run)
      ? t("shell.notices.running", { n: run.read, of: run.rows || run.read })
      : run.status === "done"
        ? [
            t("shell.notices.done", { n: run.created + run.updated }),
            run.failed > 0 ? t("shell.notices.failed", { n: run.failed }) : "",
          ]
            .filter(Boolean)
            .join(t("shell.comma"))
        : t(`transfer.status.${run.status}`);
  return (
    <Popover
      open={open}
      onOpenChange={toggle}
      placement="bottomRight"
      label={t("shell.notices")}
      className={styles.notices}
      content={
        runs.length === 0 ? (
          <Empty title={t("shell.notices.none")} text={t("shell.notices.none.text")} />
        ) : (
          <ul>
            {runs.map((run) => (
              <li key={run.id}>
                <Link
                  to="/import/$object"
                  params={{ object: run.object }}
                  search={{ run: run.id }}
                  onClick={() => setOpen(false)}
                >
                  <b className="ellipsis">
                    {t("shell.notices.import", { objects: label(catalog.object(run.object)?.plural, run.object) })}
                  </b>
                  <time dateTime={run.at}>{f.ago(run.at)}</time>
                  <span>{said(run)}</span>
                  <small className="ellipsis">{run.name}</small>
                </Link>
              </li>
            ))}
          </ul>
        )
      }
    >
      <IconButton
        icon={
          <>
            <Bell />
            {fresh > 0 && <i className={styles.dot} />}
          </>
        }
        label={fresh > 0 ? t("shell.notices.fresh", { n: fresh }) : t("shell.notices")}
      />
    </Popover>
  );
}
