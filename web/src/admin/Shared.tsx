/** What others share with oneself or one's teams, and what one shares. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import { Badge, Icon, Nothing, RecordLink } from "../ui";
import { Segmented } from "../ui/antd";
import styles from "./admin.module.css";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

interface Share {
  id: string;
  object: string;
  record: Ref;
  user?: { id: string | null; title: string | null };
  team?: Ref;
  by: Ref | null;
  level: "read" | "update";
  at: string;
  until: string | null;
}

type Whose = "with_me" | "by_me";

export default function Shared() {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const [whose, setWhose] = useState<Whose>("with_me");
  const found = useQuery({
    queryKey: [...keys.records(), "shares", whose],
    queryFn: ({ signal }) => api.get<{ data: Share[] }>("/shares", { whose }, signal),
  });
  const rows = found.data?.data ?? [];
  return (
    <Section
      title={t("admin.shared")}
      count={found.data && rows.length}
      bar={
        <div className={styles.bar}>
          <Segmented
            aria-label={t("admin.shared")}
            value={whose}
            options={(["with_me", "by_me"] as const).map((one) => ({ value: one, label: t(`admin.shared.${one}`) }))}
            onChange={(next) => setWhose(next as Whose)}
          />
        </div>
      }
    >
      <Answered of={found} empty={rows.length === 0 && <Nothing of="admin.shared.none" />}>
        <DataTable
          rows={rows}
          name={(share) => share.id}
          columns={[
            {
              head: t("admin.shared.record"),
              cell: (share) => (
                <RecordLink object={share.object} id={share.record.id} className={styles.name}>
                  <Icon name={catalog.object(share.object)?.icon} size={16} />
                  <span className="ellipsis">{share.record.title}</span>
                </RecordLink>
              ),
            },
            {
              head: t("admin.col.object"),
              cell: (share) => label(catalog.object(share.object)?.label, share.object),
              hide: "phone",
              soft: true,
            },
            {
              head: t(whose === "with_me" ? "admin.shared.from" : "admin.shared.to"),
              cell: (share) =>
                whose === "with_me"
                  ? [share.by?.title, share.team && t("admin.access.team", { name: share.team.title })]
                      .filter(Boolean)
                      .join(" · ")
                  : (share.team?.title ?? share.user?.title),
            },
            {
              head: t("admin.access.what"),
              cell: (share) => (
                <Badge tone={share.level === "update" ? "accent" : "neutral"}>{t(`record.share.${share.level}`)}</Badge>
              ),
            },
            {
              head: t("admin.shared.until"),
              cell: (share) => share.until && f.datetime(share.until),
              hide: "phone",
              soft: true,
            },
          ]}
        />
      </Answered>
    </Section>
  );
}
