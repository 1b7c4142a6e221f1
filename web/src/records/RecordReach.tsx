/** The nearest ways to act on a record: call, write, note. Beside the title, or under the thumb on a phone. */
import { Mail, MailX, PencilLine, Phone, PhoneOff, SquarePen } from "lucide-react";
import { isEmpty, twin } from "../fields";
import { barred, type Channel } from "../fields/reach";
import { useT } from "../i18n";
import { fieldIn, type ObjectDef, type RecordData } from "../schema/catalog";
import { Button, cx } from "../ui";
import styles from "./RecordReach.module.css";

interface Way {
  channel: Channel;
  href: string;
  barred: boolean;
}

const ICONS = { call: [Phone, PhoneOff], email: [Mail, MailX] } as const;

/** One way for each channel: the first field of the layout that has something in it. */
function waysOf(object: ObjectDef, record: RecordData): Way[] {
  const order = object.layout.sections.flatMap((section) => section.fields);
  const fields = [...object.fields].sort(
    (a, b) => (order.indexOf(a.name) + 1 || 999) - (order.indexOf(b.name) + 1 || 999),
  );
  const ways = new Map<string, Way>();
  for (const field of fields) {
    const { reach } = twin(fieldIn(object, field, record));
    const value = record[field.name];
    if (!reach || isEmpty(value) || ways.has(reach.channel)) continue;
    ways.set(reach.channel, { channel: reach.channel, href: reach.href(value), barred: barred(record, reach.channel) });
  }
  return [...ways.values()].sort((a, b) => a.channel.localeCompare(b.channel));
}

interface ReachProps {
  object: ObjectDef;
  record: RecordData;
  /** With its word under it. */
  words?: boolean;
}

/** What somebody does not want stays in its place, struck out: that it is not offered is worth knowing too. */
export function Reach({ object, record, words }: ReachProps) {
  const t = useT();
  return waysOf(object, record).map((way) => {
    const [Icon, Off] = ICONS[way.channel];
    const label = t(way.barred ? `record.reach.not.${way.channel}` : `record.reach.${way.channel}`);
    return way.barred ? (
      <span
        key={way.channel}
        className={cx(styles.way, styles.off, words && styles.worded)}
        role="img"
        aria-label={label}
        data-tip={label}
      >
        <Off aria-hidden />
        {words && <span aria-hidden>{label}</span>}
      </span>
    ) : (
      <a
        key={way.channel}
        className={cx(styles.way, words && styles.worded)}
        href={way.href}
        aria-label={label}
        data-tip={label}
      >
        <Icon aria-hidden />
        {words && <span aria-hidden>{label}</span>}
      </a>
    );
  });
}

interface ThumbProps extends ReachProps {
  onWrite?: () => void;
  onEdit?: () => void;
}

/** The place of the thumb's bar while its record is under way. */
export const ThumbBarToCome = () => <div className={styles.bar} data-to-come />;

/** The thumb's bar of a record: what is done most, and the one thing more. */
export function ThumbBar({ object, record, onWrite, onEdit }: ThumbProps) {
  const t = useT();
  return (
    <div className={styles.bar} data-thumb-bar role="toolbar" aria-label={t("record.actions")}>
      <Reach object={object} record={record} words />
      {onEdit && onWrite && (
        <button type="button" className={cx(styles.way, styles.worded)} onClick={onEdit}>
          <SquarePen aria-hidden />
          <span>{t("record.edit")}</span>
        </button>
      )}
      {onWrite ? (
        <Button type="primary" size="large" icon={<PencilLine />} className={styles.main} onClick={onWrite}>
          {t("record.write")}
        </Button>
      ) : (
        onEdit && (
          <Button type="primary" size="large" icon={<SquarePen />} className={styles.main} onClick={onEdit}>
            {t("record.edit")}
          </Button>
        )
      )}
    </div>
  );
}
