/** The list as it is filtered becomes a segment: who fits comes in from now on. */
import { useNavigate } from "@tanstack/react-router";
import { Group } from "lucide-react";
import { Suspense, useState } from "react";
import { useLanguage, useT } from "../i18n";
import type { List } from "../records/list";
import { part } from "../renew";
import { both } from "../schema/filter";
import { IconButton } from "../ui";
import { useSegmentWrites } from "./writes";

const NameDialog = part(() => import("../records/ViewDialog"));

export default function SaveSegment({ list }: { list: List }) {
  const t = useT();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const { create } = useSegmentWrites();
  const [open, setOpen] = useState(false);
  const save = async (name: string, scope: string) => {
    const filter = list.q ? both(list.filter, { search: list.q } as never) : list.filter;
    const made = await create({
      object: list.object.name,
      label: { [language]: name },
      kind: "dynamic",
      filter,
      scope,
    });
    await navigate({ to: "/segments/$segment", params: { segment: made.id }, search: {} });
  };
  return (
    <>
      <IconButton small icon={<Group />} label={t("seg.from.list")} onClick={() => setOpen(true)} />
      {open && (
        <Suspense>
          <NameDialog
            title={t("seg.from.list.title")}
            save={t("seg.make")}
            onSave={save}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
