/** Objects and fields: what the company keeps, and in which form. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Dropdown, Input, Popover } from "antd";
import { ChevronDown, Lock, Pencil, Plus, RotateCcw, Search } from "lucide-react";
import { useState } from "react";
import { ApiError, api } from "../api/client";
import { type AggregateRow, keys, useCatalog } from "../api/queries";
import { useFormat, useLabel, useT } from "../i18n";
import { type Field, type ObjectDef, visibleFields } from "../schema/catalog";
import { Badge, cx, Empty, ErrorState, Icon, IconButton, OBJECT_ICONS, usePhone } from "../ui";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges } from "./changes";
import { EditField, NewField, PlanPreview } from "./FieldPanel";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";
import { TypeIcon } from "./types";
import { usesOf } from "./uses";

type Retired = NonNullable<ObjectDef["retired"]>[number];

type Open = { kind: "new" } | { kind: "field"; name: string } | { kind: "object"; edit: boolean } | null;

const TABS = 6;

export function Objects({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const phone = usePhone();
  const navigate = useNavigate();
  const { apply } = useCatalogChanges();
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
    await apply([{ op: "restore_object", object: back }], t("admin.object.restored", { name: found }), [
      { op: "retire_object", object: back },
    ]);
    go(back);
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
        <nav className={styles.tabs} aria-label={t("admin.objects")}>
          {shown.map((one) => (
            <Link
              key={one.name}
              to="/settings/$"
              params={{ _splat: `objects/${one.name}` }}
              className={cx(styles.tab, one === object && styles.tabOn)}
              aria-current={one === object ? "page" : undefined}
              onClick={close}
            >
              {label(one.label, one.name)}
              <small>{visibleFields(one).length}</small>
            </Link>
          ))}
          {rest.length + gone.length > 0 && (
            <Dropdown
              trigger={["click"]}
              menu={{
                items: [
                  ...rest.map((one) => ({
                    key: one.name,
                    label: label(one.label, one.name),
                    icon: <Icon name={one.icon} />,
                  })),
                  ...(gone.length ? [{ key: "-", type: "divider" as const }] : []),
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
        </nav>
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

/** How many records have each field filled; one question for the whole object. */
function useFilled(object: ObjectDef, fields: Field[]): { total: number; by: Record<string, number> } | null {
  const countable = fields.filter((field) => field.type !== "password" && field.aggregates.includes("count"));
  const { data } = useQuery({
    queryKey: [...keys.records(object.name), "filled", countable.map((field) => field.name)],
    queryFn: ({ signal }) =>
      api
        .read<{ data: AggregateRow[] }>(
          `/records/${object.name}/aggregate`,
          {
            measures: [
              { fn: "count", as: "n" },
              ...countable.map((field) => ({ fn: "count", field: field.name, as: `f_${field.name}` })),
            ],
          },
          signal,
        )
        .then((answer) => answer.data[0]?.values ?? {}),
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
  // What the system keeps comes last: nobody comes here for it.
  const all = visibleFields(object).sort((a, b) => Number(a.system) - Number(b.system));
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
    const word = label(types.get(field.type)?.label, field.type);
    return target ? `${word} → ${label(target.label, target.name)}` : word;
  };
  return (
    <>
      <div className={styles.bar}>
        <Input
          allowClear
          prefix={<Search />}
          style={{ width: 220 }}
          value={q}
          placeholder={t("admin.field.find")}
          aria-label={t("admin.field.find")}
          onChange={(event) => setQ(event.target.value)}
        />
        <span className="spring" />
        <span className={styles.hidePhone}>
          {t("admin.fields.count", { n: all.length })}
          {filled && filled.total > 0 && t("admin.fields.records", { n: filled.total })}
        </span>
        <IconButton
          icon={<Pencil />}
          label={t("admin.object.edit", { name: label(object.label, object.name) })}
          onClick={onEdit}
        />
      </div>
      {fields.length === 0 && retired.length === 0 ? (
        <Empty title={t("admin.field.none", { q })} />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>{t("admin.col.field")}</th>
              <th className={cx(styles.hidePhone, styles.hideNarrow)}>{t("admin.col.api")}</th>
              <th>{t("admin.col.type")}</th>
              <th className={styles.hidePhone}>{t("admin.col.filled")}</th>
              <th className={cx(styles.right, styles.hidePhone)}>{t("admin.col.used")}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => {
              const uses = usesOf(catalog, object, field).total;
              const n = filled?.by[field.name];
              const share = n === undefined || !filled?.total ? null : n / filled.total;
              return (
                <tr
                  key={field.name}
                  className={cx(styles.click, field.name === chosen && styles.on)}
                  onClick={() => onChoose(field.name)}
                >
                  <td>
                    <button type="button" className={styles.name} onClick={() => onChoose(field.name)}>
                      <span className="ellipsis">{label(field.label, field.name)}</span>
                      {field.system && <Lock aria-label={t("admin.field.locked")} />}
                      {field.required && <span className={styles.must}>*</span>}
                      {field.custom && <Badge tone="accent">{t("admin.field.own")}</Badge>}
                    </button>
                  </td>
                  <td className={cx(styles.hidePhone, styles.hideNarrow)}>
                    <code className={styles.mono}>{field.name}</code>
                  </td>
                  <td>
                    <span className={styles.type}>
                      <TypeIcon type={field.type} />
                      {typeWords(field)}
                      {field.unique && <span className={styles.soft}>{t("admin.field.isUnique")}</span>}
                    </span>
                  </td>
                  <td className={styles.hidePhone}>
                    {share === null ? (
                      <span className={styles.soft}>—</span>
                    ) : (
                      <span className={styles.filled}>
                        <i aria-hidden="true">
                          <b style={{ width: `${share * 100}%` }} />
                        </i>
                        {f.percent(Math.round(share * 100))}
                      </span>
                    )}
                  </td>
                  <td className={cx(styles.right, styles.hidePhone)}>
                    {uses || <span className={styles.soft}>{t("admin.unused")}</span>}
                  </td>
                </tr>
              );
            })}
            {retired.map((field) => (
              <RetiredField key={field.name} object={object} field={field} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function RetiredField({ object, field }: { object: ObjectDef; field: Retired }) {
  const t = useT();
  const label = useLabel();
  const { apply } = useCatalogChanges();
  const at = { object: object.name, field: field.name };
  const name = label(field.label, field.name);
  return (
    <tr className={styles.off}>
      <td>
        <span className={styles.name}>
          {name} <Badge>{t("admin.retired")}</Badge>
        </span>
      </td>
      <td className={cx(styles.hidePhone, styles.hideNarrow)}>
        <code className={styles.mono}>{field.name}</code>
      </td>
      <td>
        <span className={styles.type}>
          <TypeIcon type={field.type} />
        </span>
      </td>
      <td className={styles.hidePhone} />
      <td className={styles.right}>
        <Button
          size="small"
          icon={<RotateCcw />}
          onClick={() =>
            void apply([{ op: "restore_field", ...at }], t("admin.field.restored", { name }), [
              { op: "retire_field", ...at },
            ])
          }
        >
          {t("admin.restore")}
        </Button>
      </td>
    </tr>
  );
}

/** A new object, or the names and sign of one that there is. */
function ObjectPanel({
  object,
  onClose,
  onDone,
}: {
  object: ObjectDef | null;
  onClose: () => void;
  onDone: (name: string) => void;
}) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const { apply } = useCatalogChanges();
  const [draft, setDraft] = useState({
    en: object?.label.en ?? "",
    zh: object?.label.zh ?? "",
    manyEn: object?.plural.en ?? "",
    manyZh: object?.plural.zh ?? "",
    name: "",
    icon: object?.icon ?? "box",
  });
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<typeof draft>) => {
    setDraft({ ...draft, ...part });
    setFaults(NO_FAULTS);
  };
  const name =
    draft.name ||
    freeName(
      nameFrom(draft.en) || "object",
      catalog.objects.map((one) => one.name),
    );
  const ready = Boolean(draft.en.trim() || draft.zh.trim());
  const labels = {
    label: labelOf(draft.en, draft.zh),
    plural: labelOf(draft.manyEn || draft.en, draft.manyZh || draft.zh),
    icon: draft.icon,
  };
  const change: CatalogChange = object
    ? { op: "change_object", object: object.name, ...labels }
    : { op: "add_object", name, ...labels };
  const save = async () => {
    if (!ready || busy) return;
    setBusy(true);
    const shown = label(labels.label);
    try {
      if (object) {
        const { label: was, plural, icon } = object;
        const back = { op: "change_object", object: object.name, label: was, plural, icon };
        await apply([change], t("admin.object.changed", { name: shown }), [back]);
        onClose();
      } else {
        await apply([change], t("admin.object.added", { name: shown }), [{ op: "retire_object", object: name }]);
        onDone(name);
      }
    } catch (reason) {
      setFaults(faultsOf(reason, ["label", "plural", "name", "icon"], t("shell.offline")));
    } finally {
      setBusy(false);
    }
  };
  const retire = async () => {
    if (!object) return;
    try {
      await apply(
        [{ op: "retire_object", object: object.name }],
        t("admin.object.retired", { name: label(object.label) }),
        [{ op: "restore_object", object: object.name }],
      );
      onDone("account");
    } catch (reason) {
      setFaults(faultsOf(reason, [], t("shell.offline")));
    }
  };
  return (
    <Panel
      title={object ? label(object.label, object.name) : t("admin.object.new")}
      extra={object ? <code className={styles.mono}>{object.name}</code> : undefined}
      onClose={onClose}
      foot={
        <>
          <Button className={styles.grow} type="primary" disabled={!ready} loading={busy} onClick={() => void save()}>
            {object ? t("admin.apply") : t("admin.object.add")}
          </Button>
          {object?.custom && (
            <Button danger onClick={() => void retire()}>
              {t("admin.object.retire")}
            </Button>
          )}
        </>
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Banner messages={faults.others} />
        {!object && <p className={styles.help}>{t("admin.object.what")}</p>}
        <div className={styles.two}>
          <Line label={t("admin.label.en")} error={faults.fields.label}>
            {(id) => (
              <Input id={id} value={draft.en} autoFocus maxLength={120} onChange={(e) => set({ en: e.target.value })} />
            )}
          </Line>
          <Line label={t("admin.label.zh")}>
            {(id) => (
              <Input id={id} lang="zh" value={draft.zh} maxLength={120} onChange={(e) => set({ zh: e.target.value })} />
            )}
          </Line>
          <Line label={t("admin.plural.en")} error={faults.fields.plural}>
            {(id) => (
              <Input
                id={id}
                value={draft.manyEn}
                placeholder={draft.en}
                maxLength={120}
                onChange={(e) => set({ manyEn: e.target.value })}
              />
            )}
          </Line>
          <Line label={t("admin.plural.zh")}>
            {(id) => (
              <Input
                id={id}
                lang="zh"
                value={draft.manyZh}
                placeholder={draft.zh}
                maxLength={120}
                onChange={(e) => set({ manyZh: e.target.value })}
              />
            )}
          </Line>
        </div>
        {!object && (
          <Line label={t("admin.apiName")} help={t("admin.apiName.help")} error={faults.fields.name}>
            {(id) => (
              <Input
                id={id}
                className={styles.mono}
                value={draft.name}
                placeholder={ready ? name : ""}
                maxLength={40}
                onChange={(e) => set({ name: e.target.value.trim() })}
              />
            )}
          </Line>
        )}
        <div>
          <div className={styles.caption}>{t("admin.icon")}</div>
          <Popover
            trigger="click"
            arrow={false}
            content={
              <div className={styles.swatches} style={{ flexWrap: "wrap", width: 240 }}>
                {OBJECT_ICONS.map((icon) => (
                  <button
                    key={icon}
                    type="button"
                    aria-label={icon}
                    aria-pressed={icon === draft.icon}
                    onClick={() => set({ icon })}
                  >
                    <Icon name={icon} />
                  </button>
                ))}
              </div>
            }
          >
            <Button icon={<Icon name={draft.icon} />} aria-label={t("admin.icon")} />
          </Popover>
        </div>
        {ready && <PlanPreview changes={[change]} />}
      </form>
    </Panel>
  );
}
