/** The chosen records into a segment that is filled by hand, or out of the one that the list shows. */
import { Group, UserMinus } from "lucide-react";
import { Suspense, useState } from "react";
import type { Target } from "../api/writes";
import { useLabel, useLanguage, useT } from "../i18n";
import type { List } from "../records/list";
import styles from "../records/list.module.css";
import { part } from "../renew";
import { toSentence } from "../schema/filter";
import { Dropdown } from "../ui";
import { type Segment, useSegments } from "./queries";
import { useSegmentWrites } from "./writes";

const NameDialog = part(() => import("../records/ViewDialog"));

export default function IntoSegment({ list, target, onDone }: { list: List; target: Target; onDone: () => void }) {
  const t = useT();
  const label = useLabel();
  const { language } = useLanguage();
  const [naming, setNaming] = useState(false);
  const { create, put } = useSegmentWrites();
  const mine = useSegments(list.object.name).filter((one) => one.kind === "static" && one.may_change);
  const { join, parts } = toSentence(list.filter);
  const inside =
    join === "and"
      ? mine.find(({ id }) => parts.some((part) => "in_segment" in part && part.in_segment === id))
      : undefined;
  // What failed can be tried again with the same records.
  const move = async (segment: Segment | undefined, out = false) => {
    if (segment && (await put(segment, target, out))) onDone();
  };
  const make = async (name: string, scope: string) => {
    await create({ object: list.object.name, label: { [language]: name }, kind: "static", scope }, target);
    onDone();
  };
  return (
    <>
      {inside && (
        <button type="button" className={styles.bulkAct} onClick={() => void move(inside, true)}>
          <UserMinus />
          {t("seg.take", { name: label(inside.label) })}
        </button>
      )}
      <Dropdown
        placement="top"
        menu={{
          items: [
            ...mine.filter((one) => one !== inside).map((one) => ({ key: one.id, label: label(one.label) })),
            { key: "new", label: t("seg.add.new") },
          ],
          onClick: ({ key }) => (key === "new" ? setNaming(true) : void move(mine.find((one) => one.id === key))),
        }}
      >
        <button type="button" className={styles.bulkAct}>
          <Group />
          {t("seg.add")}
        </button>
      </Dropdown>
      {naming && (
        <Suspense>
          <NameDialog title={t("seg.new")} save={t("seg.make")} onSave={make} onClose={() => setNaming(false)} />
        </Suspense>
      )}
    </>
  );
}
