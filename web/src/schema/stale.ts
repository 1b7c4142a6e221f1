/** How long a record has stood where it stands on its pipeline, and when that is too long. */
import type { ObjectDef, RecordData } from "./catalog";

/** Days in one stage after which an open deal needs somebody to look at it. */
export const STALE_DAYS = 30;

const DAY = 86_400_000;

/** Whole days since the stage was entered; null for what has no stage. */
export function daysInStage(object: ObjectDef, record: RecordData, now = Date.now()): number | null {
  const stage = object.fields.find((field) => field.type === "stage");
  const since = stage ? Date.parse(String(record[`${stage.name}_since`])) : Number.NaN;
  return Number.isNaN(since) ? null : Math.floor((now - since) / DAY);
}

/** The days of an open record that has stood still for too long; null for all others. */
export function staleDays(object: ObjectDef, record: RecordData, now = Date.now()): number | null {
  const stage = object.fields.find((field) => field.type === "stage");
  const days = daysInStage(object, record, now);
  return days !== null && days > STALE_DAYS && record[`${stage?.name}_kind`] === "open" ? days : null;
}
