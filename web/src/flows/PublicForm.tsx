/** The public address of a form: on and off, another one, and what to put into another site. */
import { Copy, ExternalLink, RefreshCw } from "lucide-react";
import { useState } from "react";
import { Line } from "../admin/Section";
import { Toggle } from "../admin/Table";
import { api } from "../api/client";
import { useLabel, useT } from "../i18n";
import type { Label } from "../schema/catalog";
import { IconButton, TextBox, TextInput, useRefusal, useToast } from "../ui";
import styles from "./flows.module.css";
import type { FullFlow } from "./model";

export function PublicForm({ flow, onTook }: { flow: FullFlow; onTook: (flow: FullFlow) => void }) {
  const t = useT();
  const label = useLabel();
  const toast = useToast();
  const say = useRefusal();
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
