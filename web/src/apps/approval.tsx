/** A record that waits for approval says so, with who has to sign, and the way there. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Stamp } from "lucide-react";
import type { Approval } from "../api/approvals";
import { api } from "../api/client";
import { ABOVE } from "../api/queries";
import { useT } from "../i18n";
import { Alert } from "../records/Alerts";
import { type SlotProps, slot } from "./slots";

function Waiting({ record }: SlotProps) {
  const t = useT();
  const { data } = useQuery({
    queryKey: ["approvals", { record: record?.id }],
    queryFn: async ({ signal }) =>
      (await api.get<{ data: Approval[] }>("/approvals", { record: record?.id }, signal)).data,
    enabled: Boolean(record),
    meta: ABOVE,
    staleTime: 15_000,
  });
  const open = data?.find((one) => one.state === "waiting");
  if (!open) return null;
  const names = open.votes.filter((one) => one.state === "waiting").map((one) => one.signer.title ?? "—");
  return (
    <Alert tone="warn" icon={<Stamp aria-hidden />} title={t("approval.under.way")}>
      {t("approval.by", { title: open.title, names: names.join(t("record.comma")) })}{" "}
      {open.acts.length > 0 && (
        <Link to="/approvals" data-act>
          {t(open.acts.includes("approve") ? "approval.go" : "approval.look")}
        </Link>
      )}
    </Alert>
  );
}

slot("record.alert", { order: 5, component: Waiting });
