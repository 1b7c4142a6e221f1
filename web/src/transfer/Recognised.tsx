/** The kind of file that its headings tell; whose numbers it counts by, and what is read out of a column once more. */
import { useNavigate } from "@tanstack/react-router";
import { Input } from "antd";
import { History, Sparkles, X } from "lucide-react";
import { useId } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useNouns, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, IconButton } from "../ui";
import { again, type How, shopped, type Target, targetAt } from "./model";
import { parted } from "./state";
import styles from "./transfer.module.css";
import type { StepProps } from "./Wizard";

export function Recognised(props: StepProps) {
  const { object, upload, choices, onChange } = props;
  const t = useT();
  const label = useLabel();
  const id = useId();
  const other = useCatalog().object(upload.profile?.object ?? "");
  const { profile } = upload;
  if (!profile) return null;
  const shop = typeof choices.fixed.store === "string" ? choices.fixed.store : "";
  const mine = profile.object === object.name;
  return (
    <div className={styles.recognised}>
      <Sparkles aria-hidden />
      <span>{t("transfer.recognised", { what: label(profile.label, profile.name) })}</span>
      {!mine && other?.can.import && <Elsewhere object={other} upload={upload.id} />}
      {mine && profile.scoped.length > 0 && (
        <label htmlFor={id} className={styles.shop} title={t("transfer.shop.help")}>
          {t("transfer.shop")}
          <Input
            id={id}
            size="small"
            maxLength={50}
            value={shop}
            placeholder={t("transfer.shop.none")}
            onChange={({ target }) =>
              onChange((before) => ({
                mapping: shopped(before.mapping, profile.scoped, target.value.trim()),
                fixed: { ...before.fixed, store: target.value },
              }))
            }
          />
        </label>
      )}
    </div>
  );
}

/** The columns go where an earlier import of such a file put them: said, and left with one press. */
export function AsBefore({ upload, choices, onChange }: StepProps) {
  const t = useT();
  const { afresh } = upload;
  if (!afresh) return null;
  const begun = parted({ mapping: afresh });
  if (same(begun.mapping, choices.mapping)) return null;
  return (
    <div className={styles.recognised}>
      <History aria-hidden />
      <span>{t("transfer.before")}</span>
      <Button size="small" onClick={() => onChange(begun)}>
        {t("transfer.before.afresh")}
      </Button>
    </div>
  );
}

/** The same file, into something else. */
export function Elsewhere({ object, upload }: { object: ObjectDef; upload: string }) {
  const t = useT();
  const navigate = useNavigate();
  const { many } = useNouns(object);
  return (
    <Button
      size="small"
      onClick={() =>
        void navigate({ to: "/import/$object", params: { object: object.name }, search: { upload }, replace: true })
      }
    >
      {t("transfer.recognised.as", { objects: many })}
    </Button>
  );
}

/** What is read out of columns that go elsewhere already, and what every record that comes along gets. */
export function ReadAgain({ object, upload, choices, onChange }: StepProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const targets = new Map<string, Target>(upload.targets.map((one) => [one.field, one]));
  const entries = again(choices.mapping);
  const along = Object.entries(choices.fixed).filter(([field]) => field.includes("."));
  if (entries.length + along.length === 0) return null;
  /** A value of an option by its label; what is no option as it is. */
  const worded = (path: string, value: string): string => {
    const [via = "", name = ""] = path.split(".");
    const own = object.fields.find((one) => one.name === via);
    const linked = catalog.object(own?.target ?? "");
    const options = (name ? linked?.fields.find((one) => one.name === name) : own)?.options ?? [];
    return label(options.find((one) => one.name === value)?.label, value);
  };
  const shown = (path: string) => label(targetAt(targets, path)?.label, path);
  const how = (one: How) =>
    Object.entries(one.values ?? {})
      .filter(([, value]) => value)
      .map(
        ([text, value]) =>
          `${text === "" ? t("transfer.empty") : text === "*" ? t("transfer.again.rest") : text} → ${worded(one.field, value)}`,
      )
      .slice(0, 3)
      .join(t("record.comma"));
  const line = (key: string, name: string, what: string, forget: () => void) => (
    <div key={key} className={styles.constant}>
      <span className="ellipsis">{name}</span>
      <span className={`${styles.soft} ellipsis`}>{what}</span>
      <IconButton small icon={<X />} label={t("transfer.fixed.forget", { field: name })} onClick={forget} />
    </div>
  );
  return (
    <section className={styles.constants} aria-label={t("transfer.again")}>
      <h2>{t("transfer.again")}</h2>
      {entries.map(([name, one]) =>
        line(
          name,
          shown(one.field),
          [one.prefix ? `${one.prefix} + ${one.column}` : one.column, how(one)].filter(Boolean).join(" · "),
          () =>
            onChange((before) => {
              const { [name]: _gone, ...mapping } = before.mapping;
              return { mapping };
            }),
        ),
      )}
      {along.map(([field, value]) =>
        line(field, shown(field), worded(field, String(value)), () =>
          onChange((before) => {
            const { [field]: _gone, ...fixed } = before.fixed;
            return { fixed };
          }),
        ),
      )}
    </section>
  );
}
