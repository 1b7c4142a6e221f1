/** A sheet may tell of more than what it is imported into: what leads there takes its other columns too, and brings it along. */
import { useQueries } from "@tanstack/react-query";
import { Columns3 } from "lucide-react";
import { useCatalog } from "../api/queries";
import { useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { howOf, type Upload } from "./model";
import { Elsewhere } from "./Recognised";
import { uploadOptions } from "./state";
import styles from "./transfer.module.css";

/** So many objects are asked, those first that lead to most. */
const ASKED = 8;
/** So many columns more are worth a word. */
const WORTH = 2;

const taken = (upload: Upload): string[] =>
  upload.columns.filter((column) => howOf(upload.mapping, column.name)).map((column) => column.name);

/** `more`: the columns that it takes and this import does not; `less`: those that it would leave out. */
type Found = Record<"more" | "less", string[]> & { to: ObjectDef };

export function Wider({ object, upload }: { object: ObjectDef; upload: Upload }) {
  const { objects } = useCatalog();
  const here = new Set(taken(upload));
  const left = upload.columns.length - here.size;
  const names = new Set(objects.filter((one) => one.can.import).map((one) => one.name));
  const links = (one: ObjectDef) => one.fields.filter((field) => names.has(field.target ?? ""));
  const leading = objects
    .filter(
      (one) =>
        one !== object &&
        one.can.import &&
        one.can.create &&
        one.area !== "" &&
        !one.activity &&
        links(one).some((field) => field.target === object.name),
    )
    .sort((a, b) => links(b).length - links(a).length)
    .slice(0, ASKED);
  const asked = left >= WORTH && !upload.profile ? leading : [];
  const answers = useQueries({ queries: asked.map((one) => uploadOptions(upload.id, one.name)) });
  const found = asked
    .map((to, at) => {
      const other = answers[at]?.data;
      const columns = other ? taken(other) : [];
      const less = [...here].filter((name) => !columns.includes(name));
      const goes = (field: string) => other && columns.some((name) => howOf(other.mapping, name)?.field === field);
      // Without the column that leads there it brings nothing along.
      const brings = links(to).some((field) => field.target === object.name && goes(field.name));
      const more = brings ? columns.filter((name) => !here.has(name)) : [];
      // What the sheet has a name for comes first.
      return { to, more, less, worth: more.length - less.length + (goes(to.title) ? upload.columns.length : 0) };
    })
    .filter(({ more, less }) => more.length >= WORTH && more.length > less.length)
    .sort((a, b) => b.worth - a.worth)[0];
  return found ? <Offer object={object} upload={upload} {...found} /> : null;
}

function Offer({ object, upload, to, more, less }: Found & { object: ObjectDef; upload: Upload }) {
  const t = useT();
  const { many } = useNouns(object);
  const { many: others } = useNouns(to);
  return (
    <div className={styles.recognised}>
      <Columns3 aria-hidden />
      <span>
        {t("transfer.wider", {
          n: more.length,
          columns: more.slice(0, 4).join(t("record.comma")),
          objects: many,
          others,
        })}
        {less.length > 0 && t("transfer.wider.less", { columns: less.join(t("record.comma")) })}
      </span>
      <Elsewhere object={to} upload={upload.id} />
    </div>
  );
}
