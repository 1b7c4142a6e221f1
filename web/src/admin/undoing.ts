/** Bulk acts as the server tells of them, and what each is called. */
import { useCatalog } from "../api/queries";
import { type Key, useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import type { CatalogChange } from "./changes";

/** The key under which bulk acts are kept: whoever undoes one asks for all of them again. */
export const CHANGES_KEY = ["change_sets"] as const;

interface Counts {
  created: number;
  updated: number;
  deleted: number;
}

export interface ChangeSet {
  id: string;
  at: string;
  actor: Ref | null;
  kind: string;
  label: string | null;
  object: string | null;
  /** What it touched, where that was counted. */
  objects: ({ object: string } & Counts)[];
  counts: Counts;
  undoes?: string | null;
  undone_by: string | null;
  undoable: boolean;
}

export interface KeptRecord {
  object: string;
  id: string;
  title: string | null;
  reason: string;
  errors?: { message: string }[];
}

export interface Undone {
  undone: number;
  kept: KeptRecord[];
  kept_count: number;
  change_set: string | null;
  /** It was only tried. */
  tried?: boolean;
  /** Of a change of the catalog: those that take it back. */
  changes?: CatalogChange[];
}

/** Why a record was kept: in the words of what refused it, else in the page's own. */
export function useWhy(): (one: KeptRecord) => string {
  const t = useT();
  return ({ reason, errors }) =>
    errors?.map((error) => error.message).join(" ") || t(`admin.kept.${reason}` as Key) || reason;
}

/** Objects that are named; of more, how many more there are. */
const NAMED = 3;

/** What a bulk act is called, what it was about, and to how many records of what it did what. */
export function useSetName(): (change: ChangeSet) => { title: string; detail: string; counts: string } {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const many = (name: string) => label(catalog.object(name)?.plural, name);

  /** A change of the catalog as it is kept (`add_field account tier`), in the reader's words. */
  const said = (text: string): string =>
    text
      .split("; ")
      .map((part) => {
        const [op = "", name = "", field] = part.split(" ");
        const object = catalog.object(name);
        const parts = [
          ...(object?.fields ?? []),
          ...(object?.rules ?? []),
          ...(object?.access?.rules ?? []),
          ...(object?.views ?? []),
          ...catalog.pipelines,
        ];
        const what = [
          label(object?.label, name),
          field && label(parts.find((one) => one.name === field)?.label, field),
        ];
        return `${t(`admin.op.${op}` as Key)} ${what.filter(Boolean).join(" · ")}`;
      })
      .join(t("record.comma"));

  /** An action as it is kept (`convert Ann Lee`): its label, then the record. */
  const acted = (text: string): string => {
    const [name = "", ...rest] = text.split(" ");
    const action = catalog.objects.flatMap((object) => object.actions).find((one) => one.name === name);
    return [label(action?.label, name), ...rest].join(" ");
  };

  const counted = ({ created, updated, deleted }: Counts, kind: string): string =>
    [
      created && t("admin.changes.created", { n: created }),
      updated && t("admin.changes.updated", { n: updated }),
      deleted && t(kind === "to_archive" ? "admin.changes.archived" : "admin.changes.deleted", { n: deleted }),
    ]
      .filter(Boolean)
      .join(t("record.comma"));

  const listed = (names: string[]): string =>
    names.length > NAMED
      ? t("admin.changes.others", { names: names.slice(0, NAMED).join(t("record.comma")), n: names.length - NAMED })
      : names.join(t("record.comma"));

  return (change) => {
    const { kind, objects } = change;
    const names = objects.length ? objects.map((one) => one.object) : change.object ? [change.object] : [];
    const kindWord = t(`admin.changes.kind.${kind}` as Key);
    return {
      title: [kindWord, listed(names.map(many))].filter(Boolean).join(" · "),
      detail: !change.label
        ? ""
        : kind === "catalog"
          ? said(change.label)
          : kind === "action"
            ? acted(change.label)
            : change.label,
      counts:
        kind === "catalog"
          ? t("admin.changes.catalog", { n: change.counts.updated })
          : objects.length > 1 && objects.length <= NAMED
            ? objects.map((one) => `${many(one.object)} ${counted(one, kind)}`).join(t("admin.changes.semicolon"))
            : counted(change.counts, kind),
    };
  };
}
