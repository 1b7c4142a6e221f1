/**
 * What boards and calendars share: cards are lifted by mouse, a long touch or Space, and put down where the pointer is. A lane, and
 * a calendar, is one stop for Tab; arrow keys go from card to card, and Enter opens one.
 */
import {
  type Active,
  type Announcements,
  type CollisionDetection,
  KeyboardCode,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MouseSensor,
  pointerWithin,
  rectIntersection,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import type { KeyboardEvent } from "react";
import type { T } from "../i18n";

export const useDragSensors = (coordinateGetter: KeyboardCoordinateGetter) =>
  useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 5 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      coordinateGetter,
      keyboardCodes: {
        start: [KeyboardCode.Space],
        cancel: [KeyboardCode.Esc],
        end: [KeyboardCode.Space, KeyboardCode.Enter],
      },
    }),
  );

/** What is said while something is carried. What moves is told when it has moved: it may be refused, and is said once. */
export function told(t: T, place: (id: unknown) => string, named: (place: string) => string): Announcements {
  const title = (active: Active) => String(active.data.current?.title ?? "");
  const left = (active: Active) => t("list.board.cancelled", { title: title(active) });
  return {
    onDragStart: ({ active }) => t("list.board.picked", { title: title(active) }),
    onDragOver: ({ active, over }) =>
      over ? t("list.board.over", { title: title(active), lane: named(place(over.id)) }) : "",
    onDragEnd: ({ active, over }) => (!over || place(over.id) === active.data.current?.from ? left(active) : ""),
    onDragCancel: ({ active }) => left(active),
  };
}

export const underPointer: CollisionDetection = (args) => {
  const under = pointerWithin(args);
  return under.length ? under : rectIntersection(args);
};

const PLACE = "[data-place]";
/** Buttons have their own `tabindex` of -1 here: the arrows lead to them. */
const STOP = "a[href], button, [role=group][tabindex]";

const stopsOf = (place: Element | undefined): HTMLElement[] =>
  [...(place?.querySelectorAll<HTMLElement>(STOP) ?? [])].filter(
    // What a card holds is reached with the card.
    (stop) => stop.checkVisibility() && !stop.parentElement?.closest("[role=group][tabindex]"),
  );

/**
 * Where an arrow leads among places, which are lanes or days: up and down within one, sideways to its neighbours. Where they stand
 * `across` in a row, up and down lead on to those above and below.
 */
export function step(event: KeyboardEvent<HTMLElement>, begin?: string, across?: number): void {
  const { key, currentTarget, target } = event;
  if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Enter" && target.matches("[role=group]")) {
    event.preventDefault();
    target.querySelector("a")?.click();
    return;
  }
  const down = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  const side = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  if ((!down && !side) || target.closest("[popover]")) return;
  const places = [...currentTarget.querySelectorAll(PLACE)];
  const place = target.closest(PLACE);
  const here = place ? places.indexOf(place) : -1;
  const stops = stopsOf(places[here]);
  const at = stops.indexOf(target);
  const beyond = (by: number) => {
    for (let next = here + by; places[next]; next += by) if (stopsOf(places[next]).length) return stopsOf(places[next]);
    return [];
  };
  const beside = side && beyond(side);
  const to =
    here < 0
      ? (stopsOf(currentTarget.querySelector(begin ?? PLACE) ?? undefined)[0] ?? beyond(1)[0])
      : beside
        ? across
          ? beside[0]
          : beside[Math.min(at, beside.length - 1)]
        : (stops[at + down] ?? (across && beyond(down * across).at(down > 0 ? 0 : -1)));
  event.preventDefault();
  if (to) to.focus();
}
