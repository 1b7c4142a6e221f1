/** What others know of a record, summed up beside its timeline: one question for all panels that the layout shows. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { api } from "../api/client";
import { keys } from "../api/queries";
import { useLabel, useT } from "../i18n";
import related from "../records/RelatedLists.module.css";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { cx, ErrorState, Icon } from "../ui";
import { Coming, Promised, Unfinished } from "./Agenda";
import styles from "./circle.module.css";
import { Group, Known, Relations } from "./People";
import { Bought, Feelings, Worth } from "./Worth";

const Chain = lazy(() => import("./Chain"));

export interface PanelProps<Data = never> {
  object: ObjectDef;
  record: RecordData;
  data: Data;
  /** What the panel is called. */
  title: string;
}

interface Part {
  icon: string;
  component: ComponentType<PanelProps>;
  /** About how tall it is, so that nothing jumps when it comes. */
  height: number;
}

/** The panels by the names under which the server has them. */
const PARTS: Record<string, Part> = {
  worth: { icon: "chart", component: Worth as ComponentType<PanelProps>, height: 190 },
  chain: { icon: "users", component: Chain as unknown as ComponentType<PanelProps>, height: 200 },
  open: { icon: "inbox", component: Unfinished as ComponentType<PanelProps>, height: 130 },
  promised: { icon: "handshake", component: Promised as ComponentType<PanelProps>, height: 130 },
  next: { icon: "calendar", component: Coming as ComponentType<PanelProps>, height: 110 },
  bought: { icon: "cart", component: Bought as ComponentType<PanelProps>, height: 220 },
  known: { icon: "user", component: Known as ComponentType<PanelProps>, height: 130 },
  feelings: { icon: "heart", component: Feelings as ComponentType<PanelProps>, height: 100 },
  group: { icon: "building", component: Group as ComponentType<PanelProps>, height: 120 },
  relations: { icon: "link", component: Relations as ComponentType<PanelProps>, height: 90 },
};

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

export default function Panels({ object, record }: { object: ObjectDef; record: RecordData }) {
  const t = useT();
  const label = useLabel();
  const names = object.layout.panels.filter((name) => PARTS[name]);
  const { data, isError, error, refetch } = useQuery({
    queryKey: keys.panels(object.name, record.id, names),
    queryFn: ({ signal }) =>
      api.get<{ data: Record<string, unknown> }>(
        `/records/${object.name}/${record.id}/panels`,
        { names: names.join(",") },
        signal,
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  if (isError) return <ErrorState error={error} retry={() => void refetch()} />;
  return names.map((name) => {
    const part = PARTS[name] as Part;
    const title = label(object.panels.find((one) => one.name === name)?.label, name);
    if (!data)
      return (
        <section key={name} className={related.list} style={{ minHeight: part.height }} aria-busy="true">
          <span className="sr">{t("shell.loading")}</span>
        </section>
      );
    const shown = data.data[name];
    if (shown === null || shown === undefined) return null;
    const Component = part.component;
    return (
      <Suspense key={name} fallback={<section className={related.list} style={{ minHeight: part.height }} />}>
        <Component object={object} record={record} data={shown as never} title={title} />
      </Suspense>
    );
  });
}
