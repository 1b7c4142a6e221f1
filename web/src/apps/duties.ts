/** What a planned activity is until it is done: which field says when, which says how it stands, and how it may end. */
import type { Field, ObjectDef } from "../schema/catalog";

interface Manner {
  /** When it is to happen. */
  at: string;
  state: string;
  open: string;
  /** How it may end; with one way a tick is enough. */
  ends: string[];
}

const MANNERS: Record<string, Manner> = {
  task: { at: "due_at", state: "status", open: "open", ends: ["done"] },
  call: { at: "starts_at", state: "result", open: "planned", ends: ["reached", "missed"] },
  visit: { at: "starts_at", state: "status", open: "planned", ends: ["done", "cancelled"] },
  meeting: { at: "starts_at", state: "status", open: "planned", ends: ["held", "cancelled"] },
};

export interface Duty extends Manner {
  object: ObjectDef;
  stateField: Field;
}

/** The objects whose records are things to do, with their manners; those that the reader may see. */
export function dutiesOf(objects: readonly ObjectDef[]): Duty[] {
  return objects.flatMap((object) => {
    const manner = MANNERS[object.activity];
    const stateField = object.fields.find((field) => field.name === manner?.state);
    const at = object.fields.some((field) => field.name === manner?.at);
    return manner && stateField && at && object.can.read ? [{ ...manner, object, stateField }] : [];
  });
}
