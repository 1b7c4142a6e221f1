/** Objects and fields: what the company keeps, and in which form. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, Lock, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { ApiError, api } from "../api/client";
import { type AggregateRow, keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { arrived } from "../renew";
import { type Field, type ObjectDef, visibleFields } from "../schema/catalog";
import { Badge, Begin, Button, Dropdown, Empty, ErrorState, Icon, IconButton, usePhone } from "../ui";
import { later } from "../ui/later";
import styles from "./admin.module.css";
import { useCatalogChanges } from "./changes";
import { Pending } from "./Pending";
import { Section } from "./Section";
import { DataTable, Find, TabBar } from "./Table";
import { TypeIcon, typeOf } from "./types";
import { usesOf } from "./uses";

type Retired = NonNullable<ObjectDef["retired"]>[number];

const isField = (field: Field | Retired): field is Field => "operators" in field;

/** What is edited in stands in files of its own: whoever opens the list only reads. */
const NewField = later(() => arrived(() => import("./FieldPanel")).then((module) => module.NewField), "none");
const EditField = later(() => arrived(() => import("./FieldPanel")).then((module) => module.EditField), "none");
const ObjectPanel = later(() => arrived(() => import("./ObjectPanel")).then((module) => module.ObjectPanel), "none");

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
  const close = () => setOpen((now) => (now === open ? null : now));
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
          <Begin onClick={() => setOpen({ kind: "new" })}>{t("admin.field.new")}</Begin>
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
