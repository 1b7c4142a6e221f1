/** All segments that one may use, and the way to a new one. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Hand, ListFilter } from "lucide-react";
import { useState } from "react";
import { FormPanel, type LineOf, useForm } from "../admin/Form";
import { Answered, DataTable } from "../admin/Table";
import { useCatalog } from "../api/queries";
import { useFormat, useLabel, useLanguage, useT } from "../i18n";
import { Badge, Begin, Nothing, Page } from "../ui";
import { type Segment, segmentsQuery } from "./queries";
import styles from "./segments.module.css";
import { useSegmentWrites } from "./writes";

/** How many are in it; or why that is not known. */
export function Size({ segment }: { segment: Segment }) {
  const t = useT();
  const f = useFormat();
  if (segment.fault) return <Badge tone="warn">{t("seg.fault")}</Badge>;
  return segment.finding ? <Badge>{t("seg.finding")}</Badge> : f.number(segment.size);
}

export default function Segments() {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const segments = useQuery(segmentsQuery);
  const rows = segments.data ?? [];
  const begin = <Begin onClick={() => setMaking(true)}>{t("seg.new")}</Begin>;
  return (
    <div className={styles.screen}>
      <Page title={t("seg.title")} count={rows.length || undefined} actions={begin}>
        <Answered of={segments} empty={rows.length === 0 && <Nothing of="seg.none" action={begin} />}>
          <DataTable
            rows={rows}
            name={(one) => one.id}
            onOpen={(one) => void navigate({ to: "/segments/$segment", params: { segment: one.id }, search: {} })}
            columns={[
              {
                head: t("seg.name"),
                cell: (one) => (
                  <span className={styles.name}>
                    {one.kind === "static" ? <Hand aria-hidden /> : <ListFilter aria-hidden />}
                    <span className="ellipsis">{label(one.label)}</span>
                  </span>
                ),
              },
              {
                head: t("seg.object"),
                soft: true,
                cell: (one) => label(catalog.object(one.object)?.plural, one.object),
              },
              { head: t("seg.kind"), hide: "phone", soft: true, cell: (one) => t(`seg.${one.kind}`) },
              { head: t("seg.scope"), hide: "phone", soft: true, cell: (one) => t(`seg.${one.scope}`) },
              { head: t("seg.owner"), hide: "narrow", soft: true, cell: (one) => one.owner.title },
              { head: t("seg.size"), right: true, cell: (one) => <Size segment={one} /> },
            ]}
          />
        </Answered>
      </Page>
      {making && <Making onClose={() => setMaking(false)} />}
    </div>
  );
}

function Making({ onClose }: { onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const catalog = useCatalog();
  const navigate = useNavigate();
  const { create } = useSegmentWrites();
  const form = useForm({ name: "", object: "account", kind: "dynamic", scope: "personal" }, ["label"]);
  const { draft } = form;
  const make = async () => {
    const kind = draft.kind as Segment["kind"];
    const made = await create({
      object: draft.object,
      label: { [language]: draft.name.trim() },
      kind,
      // All of them, until conditions are said on its own page.
      ...(kind === "dynamic" && { filter: { and: [] } }),
      scope: draft.scope,
    });
    await navigate({ to: "/segments/$segment", params: { segment: made.id }, search: {} });
  };
  const objects = catalog.objects.filter((one) => one.can.read && one.area && one.area !== "settings");
  const lines: LineOf<typeof draft>[] = [
    { name: "name", label: t("seg.name"), required: true, autoFocus: true, faults: ["label"], max: 100 },
    {
      name: "object",
      label: t("seg.object"),
      options: objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) })),
    },
    {
      name: "kind",
      label: t("seg.kind"),
      options: (["dynamic", "static"] as const).map((one) => ({ value: one, label: t(`seg.${one}`) })),
      help: t(draft.kind === "static" ? "seg.static.help" : "seg.dynamic.help"),
    },
    {
      name: "scope",
      label: t("seg.scope"),
      options: (["personal", "shared"] as const).map((one) => ({ value: one, label: t(`seg.${one}`) })),
    },
  ];
  return (
    <FormPanel
      form={form}
      title={t("seg.new")}
      onClose={onClose}
      submit={t("seg.make")}
      ready={draft.name.trim() !== ""}
      onSubmit={make}
      lines={lines}
    />
  );
}
