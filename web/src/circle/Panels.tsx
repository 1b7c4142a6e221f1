/** What others know of a record, summed up beside its timeline: one question for all panels that the layout shows. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ComponentType, ReactNode } from "react";
import { useLabel } from "../i18n";
import { SummedUp } from "../records/RelatedLists";
import type { ObjectDef, RecordData } from "../schema/catalog";
import { ErrorState } from "../ui";
import { Coming, Promised, Unfinished } from "./Agenda";
import { Reached } from "./Aims";
import { Chain, panelsQuery } from "./asked";
import type { PanelProps } from "./Frame";
import { Group, Known, Relations } from "./People";
import { Bought, Feelings, Worth } from "./Worth";

/** The panels by the names under which the server has them. */
const PARTS: Record<string, ComponentType<PanelProps>> = {
  worth: Worth as ComponentType<PanelProps>,
  chain: Chain as unknown as ComponentType<PanelProps>,
  open: Unfinished as ComponentType<PanelProps>,
  promised: Promised as ComponentType<PanelProps>,
  next: Coming as ComponentType<PanelProps>,
  bought: Bought as ComponentType<PanelProps>,
  known: Known as ComponentType<PanelProps>,
  feelings: Feelings as ComponentType<PanelProps>,
  group: Group as ComponentType<PanelProps>,
  relations: Relations as ComponentType<PanelProps>,
  progress: Reached as ComponentType<PanelProps>,
  targets: Reached as ComponentType<PanelProps>,
  team_targets: Reached as ComponentType<PanelProps>,
};

interface PanelsProps {
  object: ObjectDef;
  record: RecordData;
  /** What stands below them: drawn when they are there, so that it is not pushed down. */
  children?: ReactNode;
}

export default function Panels({ object, record, children }: PanelsProps) {
  const label = useLabel();
  const names = object.layout.panels.filter((name) => PARTS[name]);
  const { data, isLoadingError, error, refetch } = useQuery({
    ...panelsQuery(object, record.id),
    placeholderData: keepPreviousData,
  });
  if (!data && !isLoadingError) return <SummedUp />;
  const shown = names.filter((name) => data?.data[name] !== null && data?.data[name] !== undefined);
  return (
    <>
      {isLoadingError && <ErrorState error={error} retry={() => void refetch()} />}
      {shown.map((name) => {
        const Part = PARTS[name] as ComponentType<PanelProps>;
        const title = label(object.panels.find((one) => one.name === name)?.label, name);
        return <Part key={name} object={object} record={record} data={data?.data[name] as never} title={title} />;
      })}
      {children}
    </>
  );
}
