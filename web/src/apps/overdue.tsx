/** A promise that was not kept: open tasks about this record whose time is over. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock } from "lucide-react";
import { api } from "../api/client";
import { ABOVE, keys, type Page, useCatalog } from "../api/queries";
import { useFormat, useT } from "../i18n";
import { Alert } from "../records/Alerts";
import { type SlotProps, slot } from "./slots";

function Overdue({ object, record }: SlotProps) {
  const t = useT();
  const f = useFormat();
  const task = useCatalog().object("task");
  const about = task?.fields.some((field) => field.name === "about") && task.name !== object;
  const found = useQuery({
    queryKey: [...keys.records("task"), "overdue", record?.id] as const,
    queryFn: ({ signal }) =>
      api.read<Page>(
        "/records/task/query",
        {
          filter: {
            and: [
              { field: "about", op: "eq", value: record?.id },
              { field: "about_object", op: "eq", value: object }, // so that nothing else is asked who may see it
              { field: "status", op: "eq", value: "open" },
              { field: "due_at", op: "lt", value: "now" },
            ],
          },
          fields: ["subject", "due_at"],
          sort: "due_at",
          limit: 1,
          include: "count",
        },
        signal,
      ),
    enabled: Boolean(about && record),
    placeholderData: keepPreviousData,
    meta: ABOVE,
    staleTime: 30_000,
  });
  const first = found.data?.data[0];
  if (!first) return null;
  const more = (found.data?.count ?? 1) - 1;
  return (
    <Alert icon={<Clock aria-hidden />} title={t("record.alert.overdue")}>
      <Link to="/o/$object/$id" params={{ object: "task", id: first.id }}>
        {String(first.subject)}
      </Link>{" "}
      {f.ago(String(first.due_at))}
      {more > 0 && ` ${t("record.alert.overdue.more", { n: more })}`}
    </Alert>
  );
}

slot("record.alert", { order: 20, component: Overdue });
