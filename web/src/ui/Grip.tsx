/** The handle of something that has a place among others: dragged, taken up with space, or pressed for where it can go. */
import type { DraggableAttributes, DraggableSyntheticListeners } from "@dnd-kit/core";
import { ArrowDown, ArrowDownToLine, ArrowUp, ArrowUpToLine, GripVertical } from "lucide-react";
import { useT } from "../i18n";
import { Dropdown } from "./Popup";

/** Space takes up; Enter is left to the handle, which lists where it can go. */
export const KEYS = { start: ["Space"], cancel: ["Escape"], end: ["Space", "Enter", "Tab"] };

interface GripProps {
  label: string;
  className?: string;
  attributes: DraggableAttributes;
  listeners: DraggableSyntheticListeners;
  /** Where it stands among how many. */
  at: number;
  of: number;
  /** The first place that it can have. */
  from?: number;
  onMove: (to: number) => void;
}

/**
 * A list of places beside the dragging: for who cannot drag, and for readers of the page that keep the arrow keys to
 * themselves until something opens.
 */
export function Grip({ label, className, attributes, listeners, at, of, from = 0, onMove }: GripProps) {
  const t = useT();
  const last = of - 1;
  const to = (key: "up" | "down" | "top" | "end", icon: React.ReactNode, place: number, off: boolean) => ({
    key,
    icon,
    label: t(`shell.order.${key}`),
    disabled: off,
    onClick: () => onMove(place),
  });
  return (
    <Dropdown
      label={label}
      menu={{
        items: [
          to("up", <ArrowUp />, at - 1, at <= from),
          to("down", <ArrowDown />, at + 1, at >= last),
          to("top", <ArrowUpToLine />, from, at <= from),
          to("end", <ArrowDownToLine />, last, at >= last),
        ],
      }}
    >
      <button
        type="button"
        className={className}
        {...attributes}
        {...listeners}
        aria-label={label}
        // It says what it is by its name, in the reader's language.
        aria-roledescription={undefined}
      >
        <GripVertical aria-hidden />
      </button>
    </Dropdown>
  );
}
