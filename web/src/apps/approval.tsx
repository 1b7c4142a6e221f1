/** A record that waits for approval says so, with who has to sign; who has to can do it there. */
import { useQuery } from "@tanstack/react-query";
import { Stamp } from "lucide-react";
import { lazy, Suspense } from "react";
import { api } from "../api/client";
import type { Approval } from "../flows/Approvals";
import { useT } from "../i18n";
import { Alert } from "../records/Alerts";
import { type SlotProps, slot } from "./slots";

const Card = lazy(() => import("../flows/Approvals").then((found) => ({ default: found.ApprovalCard })));

function Waiting({ record }: SlotProps) {
  const t = useT();
  const { data } = useQuery({
    queryKey: ["approvals", { record: record?.id }],
    queryFn: async ({ signal }) =>
      (await api.get<{ data: Approval[] }>("/approvals", { record: record?.id }, signal)).data,
    enabled: Boolean(record),
    staleTime: 15_000,
  });
  const open = data?.find((one) => one.state === "waiting");
  if (!open) return null;
  return (
    <Alert icon={<Stamp aria-hidden />} title={t("approval.under.way")}>
      <Suspense fallback={open.title}>
        <Card approval={open} bare />
      </Suspense>
    </Alert>
  );
}

slot("record.alert", { order: 5, component: Waiting });
