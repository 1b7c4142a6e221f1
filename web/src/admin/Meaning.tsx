/** Who would see how many records more, or fewer, and which fields otherwise, before it is so. */
import { AlertTriangle, Eye, EyeOff } from "lucide-react";
import { api } from "../api/client";
import { useCatalog, useMe } from "../api/queries";
import { useTried } from "../api/tried";
import { type Key, useFormat, useLabel, useT } from "../i18n";
import type { Ref } from "../schema/catalog";
import styles from "./admin.module.css";
import type { CatalogChange } from "./changes";

interface Simulated {
  objects: {
    object: string;
    people: number;
    gains: number;
    losses: number;
    each: { user: Ref; gains: number; losses: number }[];
  }[];
  fields: { object: string; field: string; before: string; after: string; people: number }[];
}

/** A write to users, teams or roles that is only tried. */
export interface PeopleChange {
  object: "user" | "team" | "role";
  op: "create" | "update" | "delete";
  id?: string;
  values?: Record<string, unknown>;
}

const FIELDS = 8;

interface Props {
  changes?: CatalogChange[];
  people?: PeopleChange[];
}

export function Meaning({ changes = [], people = [] }: Props) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const { can } = useMe();
  const may = can.includes("users") && can.includes("roles");
  const { data, error } = useTried(
    ["simulate", JSON.stringify([changes, people]), catalog.version],
    async () => (await api.post<Simulated>("/catalog/simulate", { changes, people })).data,
    { enabled: may, kept: 0 },
  );
  if (!may) return null;
  const told = data?.objects.filter((one) => one.people > 0) ?? [];
  const fields = data?.fields ?? [];
  const named = (object: string, field: string) => {
    const found = catalog.object(object);
    return `${label(found?.label, object)} › ${label(found?.fields.find((one) => one.name === field)?.label, field)}`;
  };
  return (
    <div className={styles.meaning} aria-live="polite">
      <h3>{t("admin.access.means")}</h3>
      {error ? (
        <p className={styles.fault}>
          <AlertTriangle aria-hidden />
          {error.message}
        </p>
      ) : !data ? (
        <p className={styles.help}>{t("admin.plan.looking")}</p>
      ) : told.length + fields.length === 0 ? (
        <p className={styles.help}>{t("admin.access.means.none")}</p>
      ) : (
        <ul className={styles.list}>
          {told.map((one) => {
            const objects = label(catalog.object(one.object)?.plural, one.object);
            return (
              <li key={one.object} className={one.gains ? styles.warn : styles.ok}>
                {one.gains ? <Eye aria-hidden /> : <EyeOff aria-hidden />}
                <span>
                  {one.gains > 0 && (
                    <b className={styles.strong}>{t("admin.access.gains", { objects, n: one.gains })} </b>
                  )}
                  {one.losses > 0 && (
                    <b className={styles.strong}>{t("admin.access.losses", { objects, n: one.losses })} </b>
                  )}
                  {t("admin.access.people", { n: one.people })}
                  <span className={styles.soft}>
                    {" "}
                    {one.each
                      .slice(0, 6)
                      .map(
                        ({ user, gains, losses }) =>
                          `${user.title} ${[gains && `+${f.number(gains)}`, losses && `−${f.number(losses)}`].filter(Boolean).join(" ")}`,
                      )
                      .join(t("record.comma"))}
                  </span>
                </span>
              </li>
            );
          })}
          {fields.slice(0, FIELDS).map((one) => (
            <li key={`${one.object}.${one.field}`} className={styles.ok}>
              <Eye aria-hidden />
              <span>
                <b className={styles.strong}>{named(one.object, one.field)}</b> {t(`admin.right.${one.before}` as Key)}{" "}
                → {t(`admin.right.${one.after}` as Key)}{" "}
                <span className={styles.soft}>{t("admin.access.people", { n: one.people })}</span>
              </span>
            </li>
          ))}
          {fields.length > FIELDS && <li>{t("admin.access.fields.more", { n: fields.length - FIELDS })}</li>}
        </ul>
      )}
    </div>
  );
}
