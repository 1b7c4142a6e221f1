/** What an undo keeps, and why: for each record what was there before, what the change made of it, and what it is by now. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client";
import { keys, useCatalog, useRecord } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import { useLabel, useT } from "../i18n";
import { Button, Icon } from "../ui";
import styles from "./admin.module.css";
import type { CatalogChange } from "./changes";
import { PlanPreview } from "./Plan";
import { useSentences } from "./sentences";
import { type ChangeSet, type KeptRecord, type Undone, useWhy } from "./undoing";

const SHOWN = 20;

interface KeptProps {
  change: Pick<ChangeSet, "id" | "kind">;
  result: Undone;
  busy: boolean;
  onUndo: (how: "keep" | "force") => void;
  onLeave: () => void;
}

/** The button that asked is gone: what it came to is where one goes on. */
const come = (box: HTMLElement | null) => box?.focus();

export function Kept({ change, result, busy, onUndo, onLeave }: KeptProps) {
  const t = useT();
  const { kept, kept_count: n, undone, tried } = result;
  const said = n > 0 && t(tried ? "admin.kept.would" : "admin.kept", { n, undone });
  return (
    <section className={styles.keptBox} tabIndex={-1} ref={come} aria-label={said || t("admin.kept.shape")}>
      {said && <p>{said}</p>}
      <ul>
        {kept.slice(0, SHOWN).map((one) =>
          change.kind === "catalog" ? (
            <li key={one.id}>
              {one.title} <span className={styles.soft}>{t("admin.kept.edited_since")}</span>
            </li>
          ) : (
            <KeptLine key={`${one.object} ${one.id}`} one={one} change={change} />
          ),
        )}
      </ul>
      {tried && result.changes && result.changes.length > 0 && <TakenBack changes={result.changes} />}
      {n > SHOWN && <p className={styles.soft}>{t("admin.kept.more", { n: n - SHOWN })}</p>}
      <div className={styles.keptActs}>
        {tried && undone > 0 && (
          <Button size="small" type="primary" loading={busy} onClick={() => onUndo("keep")}>
            {t(change.kind === "catalog" ? "admin.kept.shape.go" : "admin.kept.go", { n: undone })}
          </Button>
        )}
        {n > 0 && (
          <Button size="small" danger loading={busy} onClick={() => onUndo("force")}>
            {t(tried ? "admin.kept.all" : "admin.kept.force")}
          </Button>
        )}
        <Button size="small" type="text" onClick={onLeave}>
          {t(tried ? "admin.kept.leave" : "shell.close")}
        </Button>
      </div>
    </section>
  );
}

/** What taking back a change of the catalog does. */
function TakenBack({ changes }: { changes: CatalogChange[] }) {
  const t = useT();
  const sentences = useSentences();
  return (
    <>
      <p>{t("admin.kept.shape")}</p>
      <ul>
        {sentences(changes).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <PlanPreview changes={changes} />
    </>
  );
}

function KeptLine({ one, change }: { one: KeptRecord; change: KeptProps["change"] }) {
  const t = useT();
  const why = useWhy();
  const label = useLabel();
  const object = useCatalog().object(one.object);
  const [open, setOpen] = useState(false);
  const title = one.title || t("admin.bin.untitled");
  const compared = one.reason === "edited_since" && object !== undefined;
  return (
    <li>
      <div className={styles.keptLine}>
        {compared && (
          <button
            type="button"
            className={styles.fold}
            aria-expanded={open}
            aria-label={t("admin.kept.compare", { title })}
            onClick={() => setOpen(!open)}
          >
            {open ? <ChevronDown /> : <ChevronRight />}
          </button>
        )}
        <span className={styles.type}>
          {object && <Icon name={object.icon} />}
          {label(object?.label, one.object)}
        </span>
        <Link to="/o/$object/$id" params={{ object: one.object, id: one.id }} className={styles.linkButton}>
          {title}
        </Link>
        <span className={styles.soft}>{why(one)}</span>
      </div>
      {open && <ThreeWays one={one} change={change} />}
    </li>
  );
}

function ThreeWays({ one, change }: { one: KeptRecord; change: KeptProps["change"] }) {
  const ctx = useFormatContext();
  const { t, label } = ctx;
  const object = useCatalog().object(one.object);
  const now = useRecord(one.object, one.id);
  const { data } = useQuery({
    queryKey: [...keys.history(one.object, one.id), "of", change.id],
    queryFn: ({ signal }) =>
      api
        .get<{ data: { change_set: string | null; changes: Record<string, [unknown, unknown]> }[] }>(
          `/records/${one.object}/${one.id}/history`,
          { limit: 200 },
          signal,
        )
        .then((page) => page.data.find((entry) => entry.change_set === change.id) ?? null),
  });
  if (!object || !data || !now.data) return null;
  const record = now.data;
  const fields = object.fields.filter((field) => data.changes[field.name] && !field.system && field.of === null);
  if (fields.length === 0) return <p className={styles.soft}>{t("admin.kept.created")}</p>;
  return (
    <table
      className={styles.ways}
      aria-label={t("admin.kept.compare", { title: one.title || t("admin.bin.untitled") })}
    >
      <thead>
        <tr>
          <th>{t("admin.col.field")}</th>
          <th>{t("admin.kept.before")}</th>
          <th>{t("admin.kept.made")}</th>
          <th>{t("admin.kept.now")}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => {
          const said = (value: unknown) =>
            isEmpty(value) ? <span className={styles.soft}>—</span> : twin(field).format(value, field, ctx);
          const [before, made] = data.changes[field.name] ?? [];
          return (
            <tr key={field.name}>
              <th scope="row">{label(field.label, field.name)}</th>
              <td>{said(before)}</td>
              <td>{said(made)}</td>
              <td>
                <b className={styles.strong}>{said(record[field.name])}</b>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
