/** Slots: the only door through which one noun's manners enter the generic screens. */
import type { ComponentType } from "react";
import type { ObjectDef, RecordData } from "../schema/catalog";

export type Place =
  | "record.alert"
  | "record.panel"
  | "record.action"
  | "list.action"
  | "list.row"
  | "list.bulk"
  | "today.panel";

export interface SlotProps {
  object: string;
  record?: RecordData;
  /** Of what is done with several records: which, and what follows. */
  ids?: string[];
  onDone?: () => void;
}

export interface Slot {
  /** Only for this object; every object without it. */
  object?: string;
  /** Only for objects of which this holds. */
  only?: (object: ObjectDef) => boolean;
  /** Smaller comes first. */
  order?: number;
  component: ComponentType<SlotProps>;
  /** Sends for its code before it is drawn. */
  load?: () => Promise<unknown>;
}

const registry = new Map<Place, Slot[]>();

/** Registers a part at a place; call at module level of a file in apps/. */
export function slot(place: Place, part: Slot): void {
  const parts = [...(registry.get(place) ?? []), part];
  registry.set(
    place,
    parts.sort((a, b) => (a.order ?? 0) - (b.order ?? 0)),
  );
}

export function slots(place: Place, object: string, of?: ObjectDef): Slot[] {
  return (registry.get(place) ?? []).filter(
    (part) => (!part.object || part.object === object) && (!of || !part.only || part.only(of)),
  );
}

/** Sends for the code of all that stands in a place, beside what the place itself still waits for. */
export function sendFor(place: Place): void {
  for (const part of registry.get(place) ?? []) part.load?.().catch(() => undefined);
}
