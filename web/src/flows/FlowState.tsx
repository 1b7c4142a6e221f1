import { useT } from "../i18n";
import { Badge } from "../ui";
import type { Flow } from "./model";

/** On, off, or with changes that are not in force yet. */
export function FlowState({ flow }: { flow: Pick<Flow, "active" | "draft" | "version" | "orphan"> }) {
  const t = useT();
  if (flow.orphan) return <Badge tone="danger">{t("flow.orphan")}</Badge>;
  if (!flow.active) return <Badge>{t(flow.version ? "flow.off" : "flow.new.state")}</Badge>;
  return <Badge tone={flow.draft ? "warn" : "ok"}>{t(flow.draft ? "flow.on.draft" : "flow.on")}</Badge>;
}
