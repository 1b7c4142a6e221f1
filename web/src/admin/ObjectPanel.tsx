/** The panel of an object: a new one, or the names and sign of one that there is. */
import { useState } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useT } from "../i18n";
import type { ObjectDef } from "../schema/catalog";
import { Button, cx, Icon, OBJECT_ICONS, Popover } from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges, useSpelt } from "./changes";
import { bilingual, FormPanel, useForm } from "./Form";
import { PlanPreview, useLooked } from "./Plan";

/** What says when something happened. */
const MOMENTS = new Set(["date", "datetime"]);

interface ObjectPanelProps {
  object: ObjectDef | null;
  onClose: () => void;
  onDone: (name: string) => void;
}

export function ObjectPanel({ object, onClose, onDone }: ObjectPanelProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const form = useForm(
    {
      en: object?.label.en ?? "",
      zh: object?.label.zh ?? "",
      manyEn: object?.plural.en ?? "",
      manyZh: object?.plural.zh ?? "",
      name: "",
      icon: object?.icon ?? "box",
      moment: object?.moment || null,
    },
    ["label", "plural"],
  );
  const { draft } = form;
  useSpelt(draft.zh);
  const name =
    draft.name ||
    freeName(
      nameFrom(draft.en) || nameFrom(draft.zh) || "object",
      [...catalog.objects, ...(catalog.json.retired_objects ?? [])].map((one) => one.name),
    );
  const dated = object && !object.activity ? object.fields.filter((one) => !one.of && MOMENTS.has(one.type)) : [];
  const ready = Boolean(draft.en.trim() || draft.zh.trim());
  const labels = {
    label: labelOf(draft.en, draft.zh),
    plural: labelOf(draft.manyEn || draft.en, draft.manyZh || draft.zh),
    icon: draft.icon,
  };
  const change: CatalogChange = object
    ? { op: "change_object", object: object.name, ...labels, ...(dated.length ? { moment: draft.moment ?? "" } : {}) }
    : { op: "add_object", name, ...labels };
  const shown = label(labels.label);
  const [leaving, setLeaving] = useState<typeof draft | null>(null);
  const going = object !== null && leaving === draft;
  const retiring = going ? [{ op: "retire_object", object: object.name }] : null;
  const looked = useLooked(retiring);
  const save = async () => {
    if (going) return retire();
    if (object) {
      const { label: was, plural, icon, moment } = object;
      const back = { op: "change_object", object: object.name, label: was, plural, icon, moment };
      await apply([change], t("admin.object.changed", { name: shown }), [back]);
      onClose();
    } else {
      await apply([change], t("admin.object.added", { name: shown }), [{ op: "retire_object", object: name }]);
      onDone(name);
    }
  };
  const retire = async () => {
    const at = { object: object?.name };
    const back = [{ op: "restore_object", ...at }];
    await apply([{ op: "retire_object", ...at }], t("admin.object.retired", { name: label(object?.label) }), back);
    onDone("account");
  };
  return (
    <FormPanel
      form={form}
      title={object ? label(object.label, object.name) : t("admin.object.new")}
      extra={object ? <code className={styles.mono}>{object.name}</code> : undefined}
      onClose={onClose}
      submit={t(going ? "admin.retire.do" : object ? "admin.apply" : "admin.object.add")}
      ready={going ? looked : ready && (!object || form.dirty)}
      onSubmit={save}
      says={
        retiring ? (
          <PlanPreview changes={retiring} />
        ) : (
          ready && (!object || form.dirty) && <PlanPreview changes={[change]} />
        )
      }
      acts={
        object?.custom && (
          <Button danger={!going} disabled={form.busy} onClick={() => setLeaving(going ? null : draft)}>
            {t(going ? "shell.cancel" : "admin.object.retire")}
          </Button>
        )
      }
      before={!object && <p className={styles.help}>{t("admin.object.what")}</p>}
      lines={[
        ...bilingual(["en", "zh"], [t("admin.label.en"), t("admin.label.zh")], { faults: ["label"], autoFocus: true }),
        ...bilingual(["manyEn", "manyZh"], [t("admin.plural.en"), t("admin.plural.zh")], {
          faults: ["plural"],
          placeholder: draft.en,
        }),
        !object && {
          name: "name",
          label: t("admin.apiName"),
          help: t("admin.apiName.help"),
          kind: "code",
          placeholder: ready ? name : "",
          max: 40,
        },
        dated.length > 0 && {
          name: "moment",
          label: t("admin.moment"),
          help: t("admin.moment.help"),
          options: dated.map((one) => ({ value: one.name, label: label(one.label, one.name) })),
          clear: true,
        },
        {
          name: "icon",
          label: t("admin.icon"),
          render: () => (
            <Popover
              label={t("admin.icon")}
              content={
                <div className={cx(styles.swatches, styles.icons)}>
                  {OBJECT_ICONS.map((icon) => (
                    <button
                      key={icon}
                      type="button"
                      aria-label={icon}
                      aria-pressed={icon === draft.icon}
                      onClick={() => form.set({ icon })}
                    >
                      <Icon name={icon} />
                    </button>
                  ))}
                </div>
              }
            >
              <Button icon={<Icon name={draft.icon} />} aria-label={t("admin.icon")} />
            </Popover>
          ),
        },
      ]}
    />
  );
}
