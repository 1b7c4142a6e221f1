/** What one must know before doing anything else: one strip under the head, a cell for each thing, there while it is true. */
import type { ReactNode } from "react";
import { slots } from "../apps/slots";
import type { ObjectDef, RecordData } from "../schema/catalog";
import styles from "./Alerts.module.css";

interface AlertProps {
  icon: ReactNode;
  /** What is the matter, in a few words. */
  title: ReactNode;
  children?: ReactNode;
}

/** One cell of the strip. */
export function Alert({ icon, title, children }: AlertProps) {
  return (
    <div className={styles.cell}>
      {icon}
      <p>
        <b>{title}</b>
        {children}
      </p>
    </div>
  );
}

/** Parts that have nothing to say draw nothing; without any the strip is not seen. */
export function Alerts({ object, record }: { object: ObjectDef; record: RecordData }) {
  const parts = slots("record.alert", object.name);
  if (parts.length === 0) return null;
  return (
    <div className={styles.strip} role="alert">
      {parts.map(({ component: Part }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots are registered once and stay in order
        <Part key={at} object={object.name} record={record} />
      ))}
    </div>
  );
}
