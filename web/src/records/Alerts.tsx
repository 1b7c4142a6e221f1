/** What one must know before doing anything else: one strip under the head, a cell for each thing, there while it is true. */
import { useQuery } from "@tanstack/react-query";
import {
  Banknote,
  Building2,
  CalendarClock,
  Clock,
  type LucideIcon,
  MessageSquareWarning,
  PhoneMissed,
  PhoneOff,
  ShieldOff,
  TrendingDown,
  TriangleAlert,
  Waves,
} from "lucide-react";
import type { ReactNode } from "react";
import { alertsQuery, type Matter } from "../api/queries";
import { slots } from "../apps/slots";
import { useLabel } from "../i18n";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { RecordLink } from "../ui";
import styles from "./Alerts.module.css";

interface AlertProps {
  icon: ReactNode;
  /** What is the matter, in a few words. */
  title: ReactNode;
  tone?: Matter["tone"];
  children?: ReactNode;
  /** A button beside the sentence. */
  act?: ReactNode;
}

/** One cell of the strip. */
export function Alert({ icon, title, tone = "danger", children, act }: AlertProps) {
  return (
    <div className={styles.cell} data-tone={tone}>
      {icon}
      <p>
        <b>{title}</b> {children}
      </p>
      {act && <span className={styles.act}>{act}</span>}
    </div>
  );
}

const ICONS: Record<string, LucideIcon> = {
  complaint: MessageSquareWarning,
  payment: Banknote,
  contract: CalendarClock,
  channels: PhoneOff,
  untouched: PhoneMissed,
  consent: ShieldOff,
  hours: Clock,
  grade: TrendingDown,
  belongs: Building2,
  falls: Waves,
};

/** What any department knows of it. */
function Matters({ object, record }: { object: ObjectDef; record: RecordData }) {
  const label = useLabel();
  const { data } = useQuery(alertsQuery(object.name, record.id));
  return data?.data.map((one) => {
    const Icon = ICONS[one.icon] ?? TriangleAlert;
    const text = label(one.text);
    return (
      <Alert key={one.name} tone={one.tone} icon={<Icon aria-hidden />} title={label(one.title)}>
        {one.id && one.id !== record.id ? (
          <RecordLink object={one.object} id={one.id}>
            {text}
          </RecordLink>
        ) : (
          text
        )}
      </Alert>
    );
  });
}

/** Parts that have nothing to say draw nothing; without any the strip is not seen. */
export function Alerts({ object, record }: { object: ObjectDef; record: RecordData }) {
  const parts = slots("record.alert", object.name);
  if (parts.length === 0 && !object.watched) return null;
  return (
    // Part of the page, heard after its name: what interrupts would take the name's place.
    <div className={styles.strip} role="status">
      {object.watched && <Matters object={object} record={record} />}
      {parts.map(({ component: Part }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
        <Part key={at} object={object.name} record={record} />
      ))}
    </div>
  );
}
