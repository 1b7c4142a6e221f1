/** How rows are put in order by a pointer and by keys, and what is heard of it. */
import {
  type DndContextProps,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  PointerSensor,
  type UniqueIdentifier,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { sortableKeyboardCoordinates } from "@dnd-kit/sortable";
import { useT } from "../i18n";
import { KEYS } from "./Grip";

/** What takes a row up; `coordinateGetter` says where a key leads it. */
export const useOrderSensors = (coordinateGetter: KeyboardCoordinateGetter = sortableKeyboardCoordinates) =>
  useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter, keyboardCodes: KEYS }),
  );

/** For those who hear the page, in their language: how to move a row, and where it is while it moves. */
export function useOrderSaid(
  keys: string[],
  name: (key: string) => string,
): NonNullable<DndContextProps["accessibility"]> {
  const t = useT();
  const at = (key: "shell.order.over" | "shell.order.done", row: UniqueIdentifier, place: UniqueIdentifier = row) =>
    t(key, { name: name(String(row)), n: keys.indexOf(String(place)) + 1, of: keys.length });
  return {
    screenReaderInstructions: { draggable: t("shell.order.how") },
    announcements: {
      onDragStart: ({ active }) => t("shell.order.taken", { name: name(String(active.id)) }),
      onDragOver: ({ active, over }) => at("shell.order.over", active.id, over?.id),
      onDragEnd: ({ active, over }) => at("shell.order.done", active.id, over?.id),
      onDragCancel: ({ active }) => t("shell.order.left", { name: name(String(active.id)) }),
    },
  };
}
