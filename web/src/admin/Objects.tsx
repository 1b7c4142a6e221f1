/** Objects and fields: what the company keeps, and in which form. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, Lock, Pencil, Plus, RotateCcw } from "lucide-react";
import { useState } from "react";
import { ApiError, api } from "../api/client";
import { type AggregateRow, keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, type ObjectDef, visibleFields } from "../schema/catalog";
import {
  Badge,
  Button,
  cx,
  Dropdown,
  Empty,
  ErrorState,
  Icon,
  IconButton,
  OBJECT_ICONS,
  Popover,
  usePhone,
} from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges, useSpelt } from "./changes";
import { EditField, NewField } from "./FieldPanel";
import { bilingual, FormPanel, useForm } from "./Form";
import { Pending } from "./Pending";
import { PlanPreview, useLooked } from "./Plan";
import { Section } from "./Section";
import { DataTable, Find, TabBar } from "./Table";
import { TypeIcon, typeOf } from "./types";
import { usesOf } from "./uses";

type Retired = NonNullable<ObjectDef["retired"]>[number];

const isField = (field: Field | Retired): field is Field => "operators" in field;

type Open = { kind: "new" } | { kind: "field"; name: string } | { kind: "object"; edit: boolean } | null;

const TABS = 6;

export default function Objects({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const phone = usePhone();
  const navigate = useNavigate();
  const { attempt } = useCatalogChanges();
  const [open, setOpen] = useState<Open>(null);
  const objects = catalog.objects.filter((one) => one.area !== "settings");
  const object = name ? catalog.object(name) : objects[0];
  if (!object) return <ErrorState error={new ApiError(404, "")} />;
  const close = () => setOpen(null);
  const shown = objects.slice(0, phone ? objects.length : TABS);
  if (!shown.includes(object)) shown.splice(shown.length - 1, 1, object);
  const rest = objects.filter((one) => !shown.includes(one));
  const go = (to: string) => {
    close();
    void navigate({ to: "/settings/$", params: { _splat: `objects/${to}` } });
  };
  const gone = catalog.json.retired_objects ?? [];
  const restore = async (back: string) => {
    const found = label(gone.find((one) => one.name === back)?.label, back);
    const done = t("admin.object.restored", { name: found });
    const undo = [{ op: "retire_object", object: back }];
    if (await attempt([{ op: "restore_object", object: back }], done, undo)) go(back);
  };
  const field = open?.kind === "field" ? object.fields.find((one) => one.name === open.name) : undefined;
  return (
    <Section
      title={t("admin.objects")}
      actions={
        <>
          <Button type="text" onClick={() => setOpen({ kind: "object", edit: false })}>
            {t("admin.object.new")}
          </Button>
          <Button type="primary" icon={<Plus />} onClick={() => setOpen({ kind: "new" })}>
            {t("admin.field.new")}
          </Button>
        </>
      }
      bar={
        <TabBar
          label={t("admin.objects")}
          at={object.name}
          onPick={close}
          tabs={shown.map((one) => ({
            name: one.name,
            text: label(one.label, one.name),
            small: visibleFields(one).length,
            to: { to: "/settings/$", params: { _splat: `objects/${one.name}` } },
          }))}
        >
          {rest.length + gone.length > 0 && (
            <Dropdown
              menu={{
                items: [
                  ...rest.map((one) => ({
                    key: one.name,
                    label: label(one.label, one.name),
                    icon: <Icon name={one.icon} />,
                  })),
                  ...gone.map((one) => ({
                    key: `restore ${one.name}`,
                    label: t("admin.object.restore", { name: label(one.label, one.name) }),
                    icon: <RotateCcw />,
                  })),
                ],
                onClick: ({ key }) => (key.startsWith("restore ") ? void restore(key.slice(8)) : go(key)),
              }}
            >
              <button type="button" className={styles.tab}>
                {t("shell.more")}
                <ChevronDown />
              </button>
            </Dropdown>
          )}
        </TabBar>
      }
      panel={
        open?.kind === "new" ? (
          <NewField
            key={object.name}
            object={object}
            onClose={close}
            onDone={(made) => setOpen({ kind: "field", name: made })}
          />
        ) : field ? (
          <EditField object={object} field={field} onClose={close} />
        ) : open?.kind === "object" ? (
          <ObjectPanel object={open.edit ? object : null} onClose={close} onDone={go} />
        ) : undefined
      }
    >
      <Pending />
      <Fields
        key={object.name}
        object={object}
        chosen={field?.name}
        onChoose={(one) => setOpen({ kind: "field", name: one })}
        onEdit={() => setOpen({ kind: "object", edit: true })}
      />
    </Section>
  );
}

/** Measures that one question may have. */
const ASKED = 49;

/** How many records have each field filled; as few questions as an object needs. */
function useFilled(object: ObjectDef, fields: Field[]): { total: number; by: Record<string, number> } | null {
  const countable = fields.filter((field) => field.type !== "password" && field.aggregates.includes("count"));
  const { data } = useQuery({
    queryKey: [...keys.records(object.name), "filled", countable.map((field) => field.name)],
    queryFn: async ({ signal }) => {
      const ask = (some: Field[]) =>
        api.read<{ data: AggregateRow[] }>(
          `/records/${object.name}/aggregate`,
          {
            measures: [
              { fn: "count", as: "n" },
              ...some.map((field) => ({ fn: "count", field: field.name, as: `f_${field.name}` })),
            ],
          },
          signal,
        );
      const parts: Field[][] = [];
      for (let at = 0; at === 0 || at < countable.length; at += ASKED) parts.push(countable.slice(at, at + ASKED));
      const answers = await Promise.all(parts.map(ask));
      return Object.assign({}, ...answers.map((answer) => answer.data[0]?.values ?? {})) as Record<
        string,
        number | null
      >;
    },
    staleTime: 60_000,
    retry: false,
  });
  if (!data) return null;
  const by: Record<string, number> = {};
  for (const [name, n] of Object.entries(data)) if (name.startsWith("f_")) by[name.slice(2)] = n ?? 0;
  return { total: data.n ?? 0, by };
}

function Fields({
  object,
  chosen,
  onChoose,
  onEdit,
}: {
  object: ObjectDef;
  chosen: string | undefined;
  onChoose: (name: string) => void;
  onEdit: () => void;
}) {
  const t = useT();
  const f = useFormat();
  const label = useLabel();
  const catalog = useCatalog();
  const [q, setQ] = useState("");
  // As people know them from the page, then what stands on none; what the system keeps comes last: nobody comes here for it.
  const placed = new Map(object.layout.sections.flatMap(({ fields }) => fields).map((name, at) => [name, at]));
  const place = (field: Field) => (field.system ? 2e4 : (placed.get(field.name) ?? 1e4));
  const all = visibleFields(object).sort((a, b) => place(a) - place(b));
  const filled = useFilled(object, all);
  const wanted = q.trim().toLowerCase();
  const fields = all.filter(
    (field) =>
      !wanted ||
      field.name.includes(wanted) ||
      Object.values(field.label).some((one) => one?.toLowerCase().includes(wanted)),
  );
  const retired = (object.retired ?? []).filter(
    (one) => !wanted || one.name.includes(wanted) || label(one.label).toLowerCase().includes(wanted),
  );
  const types = new Map(catalog.types.map((type) => [type.name, type]));
  const typeWords = (field: Field) => {
    const target = field.target && field.type !== "user" ? catalog.object(field.target) : undefined;
    const word = label(types.get(typeOf(field))?.label, field.type);
    return target ? `${word} → ${label(target.label, target.name)}` : word;
  };
  return (
    <>
      <div className={styles.bar}>
        <Find label={t("admin.field.find")} value={q} onChange={setQ} />
        <span className={styles.hidePhone}>
          {t("admin.fields.count", { n: all.length })}
          {filled && filled.total > 0 && t("admin.fields.records", { n: filled.total })}
        </span>
        <span className="spring" />
        <IconButton
          icon={<Pencil />}
          label={t("admin.object.edit", { name: label(object.label, object.name) })}
          onClick={onEdit}
        />
      </div>
      {fields.length === 0 && retired.length === 0 ? (
        <Empty title={t("admin.field.none", { q })} />
      ) : (
        <DataTable
          rows={[...fields, ...retired]}
          name={(field) => field.name}
          chosen={(field) => field.name === chosen}
          off={(field) => !isField(field)}
          onOpen={(field) => isField(field) && onChoose(field.name)}
          columns={[
            {
              head: t("admin.col.field"),
              opens: true,
              cell: (field) =>
                isField(field) ? (
                  <button type="button" className={styles.name} onClick={() => onChoose(field.name)}>
                    <span className="ellipsis">{label(field.label, field.name)}</span>
                    {field.system && <Lock aria-label={t("admin.field.locked")} />}
                    {field.required && <span className={styles.must}>*</span>}
                    {field.custom && <Badge tone="accent">{t("admin.field.own")}</Badge>}
                  </button>
                ) : (
                  <span className={styles.name}>
                    {label(field.label, field.name)} <Badge>{t("admin.retired")}</Badge>
                  </span>
                ),
            },
            {
              head: t("admin.col.api"),
              hide: "narrow",
              cell: (field) => <code className={styles.mono}>{field.name}</code>,
            },
            {
              head: t("admin.col.type"),
              cell: (field) => (
                <span className={styles.type}>
                  <TypeIcon type={typeOf(field)} />
                  {isField(field) && typeWords(field)}
                  {isField(field) && field.unique && <span className={styles.soft}>{t("admin.field.isUnique")}</span>}
                </span>
              ),
            },
            {
              head: t("admin.col.filled"),
              hide: "phone",
              cell: (field) => {
                const n = filled?.by[field.name];
                if (!filled) return <span className={styles.filled} />; // its place, until it is known
                if (n === undefined || !filled.total) return isField(field) ? null : "";
                return (
                  <span className={styles.filled}>
                    <i aria-hidden="true">
                      <b style={{ width: `${(n / filled.total) * 100}%` }} />
                    </i>
                    {f.percent(Math.round((n / filled.total) * 100))}
                  </span>
                );
              },
            },
            {
              head: t("admin.col.used"),
              hide: "phone",
              right: true,
              cell: (field) =>
                isField(field) ? (
                  usesOf(catalog, object, field).total || <span className={styles.soft}>{t("admin.unused")}</span>
                ) : (
                  <Restore object={object} field={field} />
                ),
            },
          ]}
        />
      )}
    </>
  );
}

function Restore({ object, field }: { object: ObjectDef; field: Retired }) {
  const t = useT();
  const label = useLabel();
  const { attempt } = useCatalogChanges();
  const at = { object: object.name, field: field.name };
  const done = t("admin.field.restored", { name: label(field.label, field.name) });
  return (
    <Button
      size="small"
      icon={<RotateCcw />}
      onClick={() => void attempt([{ op: "restore_field", ...at }], done, [{ op: "retire_field", ...at }])}
    >
      {t("admin.restore")}
    </Button>
  );
}

/** What says when something happened. */
const MOMENTS = new Set(["date", "datetime"]);

/** A new object, or the names and sign of one that there is. */
interface ObjectPanelProps {
  object: ObjectDef | null;
  onClose: () => void;
  onDone: (name: string) => void;
}

function ObjectPanel({ object, onClose, onDone }: ObjectPanelProps) {
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
