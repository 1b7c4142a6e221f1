/** The workspace as another user sees it: a banner says so, over every page, until the view is ended. */
import { useQuery } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { api } from "../api/client";
import { sessionQuery } from "../api/queries";
import { useT } from "../i18n";
import { Button } from "../ui";
import styles from "./shell.module.css";

/** Everything that was fetched was of somebody else: the page begins anew. */
export async function viewAs(user: string | null): Promise<void> {
  if (user) await api.post("/session/view_as", { user });
  else await api.del("/session/view_as");
  window.location.assign("/");
}

export function Viewing() {
  const t = useT();
  const session = useQuery(sessionQuery).data;
  if (!session?.viewer) return null;
  return (
    <div className={styles.viewing} role="status" data-viewing>
      <Eye aria-hidden />
      <span>
        <b>{t("shell.viewing", { name: session.user.name })}</b> <span>{t("shell.viewing.only")}</span>
      </span>
      <Button size="small" onClick={() => void viewAs(null)}>
        {t("shell.viewing.end")}
      </Button>
    </div>
  );
}
