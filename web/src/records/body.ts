import type { Grain } from "../schema/catalog";
import type { List } from "./list";
import type { Rows, Section } from "./rows";
import type { Selection } from "./selection";

export interface GroupSection extends Section {
  value: unknown;
  grain: Grain | undefined;
  /** By column. */
  values: Record<string, number | null>;
}

/** What draws the records of a list is given. */
export interface BodyProps {
  list: List;
  rows: Rows;
  sections: GroupSection[] | undefined;
  selection: Selection;
  onFilter: (path: string) => void;
  onFold: (section: number) => void;
}
