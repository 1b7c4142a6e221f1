/** A deal that has stood in one stage for too long. */
import { Hourglass } from "lucide-react";
import { useCatalog } from "../api/queries";
import { useT } from "../i18n";
import { Alert } from "../records/Alerts";
import { staleDays } from "../schema/stale";
import { type SlotProps, slot } from "./slots";

function Stale({ object: name, record }: SlotProps) {
  const t = useT();
  const object = useCatalog().object(name);
  const days = object && record ? staleDays(object, record) : null;
  if (days === null) return null;
  return (
    <Alert icon={<Hourglass aria-hidden />} title={t("record.alert.stale", { n: days })}>
      {t("record.alert.stale.do")}
    </Alert>
  );
}

slot("record.alert", { order: 30, component: Stale });
