/** What every panel has: its frame with the title, and what it is given. */
import type { ReactNode } from "react";
import related from "../records/RelatedLists.module.css";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { cx, Icon } from "../ui";
import styles from "./circle.module.css";

export interface PanelProps<Data = never> {
  object: ObjectDef;
  record: RecordData;
  data: Data;
  /** What the panel is called. */
  title: string;
}

interface FrameProps {
  icon: string;
  title: string;
  extra?: ReactNode;
  children: ReactNode;
}

export function Frame({ icon, title, extra, children }: FrameProps) {
  return (
    <section className={cx(related.list, styles.panel)} aria-label={title}>
      <header>
        <Icon name={icon} size={14} />
        <h2>{title}</h2>
        <span className="spring" />
        {extra}
      </header>
      {children}
    </section>
  );
}
