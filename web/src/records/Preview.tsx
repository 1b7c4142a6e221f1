/** A record at the side of its list: its facts and what happened last; the arrow keys go on to the next. */
import { ExternalLink, X } from "lucide-react";
import { Suspense, useDeferredValue } from "react";
import { useRecord } from "../api/queries";
import { useT } from "../i18n";
import { titleOf } from "../schema/catalog";
import { Avatar, ErrorState, IconButton, RecordLink, SkeletonRows } from "../ui";
import { useAfterPicture } from "../ui/picture";
import { Alerts } from "./Alerts";
import { faceOf, type List } from "./list";
import styles from "./list.module.css";
import { RecordFacts } from "./RecordFacts";
import { Timeline } from "./Timeline";

const ALL = {};

interface PreviewProps {
  list: List;
  id: string;
}

/** Its place is there with the next picture; what stands in it is drawn after that. */
export default function Preview(props: PreviewProps) {
  const t = useT();
  if (useAfterPicture(true, false)) return <Shown {...props} />;
  return (
    <aside className={styles.preview} aria-label={t("list.preview")}>
      <div className={styles.previewBody}>
        <SkeletonRows rows={8} />
      </div>
    </aside>
  );
}

function Shown({ list, id }: PreviewProps) {
  const t = useT();
  const { object } = list;
  const { data: record, error, refetch } = useRecord(object.name, id);
  // Its name stands at once; the rest is drawn between the keys that go on to the next.
  const drawn = useDeferredValue(record, undefined);
  const title = record ? titleOf(object, record) || t("list.untitled") : "";
  return (
    <aside className={styles.preview} aria-label={title || t("list.preview")}>
      <header>
        {record && <Avatar name={title} id={id} size={28} square picture={faceOf(object, record)} />}
        {record ? (
          <h2 className="ellipsis" dir="auto">
            <RecordLink object={object.name} id={id}>
              {title}
            </RecordLink>
          </h2>
        ) : (
          <span className="spring" />
        )}
        <RecordLink
          object={object.name}
          id={id}
          className={styles.previewOpen}
          aria-label={t("list.open")}
          data-tip={t("list.open")}
        >
          <ExternalLink />
        </RecordLink>
        <IconButton
          small
          icon={<X />}
          label={t("shell.close")}
          onClick={() => list.set({ preview: undefined }, true)}
        />
      </header>
      <div className={styles.previewBody}>
        {error && <ErrorState error={error} retry={refetch} />}
        {!drawn && !error && <SkeletonRows rows={8} />}
        {drawn && (
          <Suspense>
            <Alerts object={object} record={drawn} />
            <RecordFacts object={object} record={drawn} />
            <div className={styles.previewTimeline}>
              <h3>{t("list.preview.timeline")}</h3>
              <Timeline object={object} record={drawn} shown={ALL} />
            </div>
          </Suspense>
        )}
      </div>
    </aside>
  );
}
