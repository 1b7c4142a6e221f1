/** How forms and record pages are laid out, for everybody or for one role: one list, in which sections are rows too. */
import { ArrowDownToLine, ArrowUpToLine, Plus, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { useCatalog } from "../api/queries";
import { useLabel, useT, useTongues } from "../i18n";
import { type Catalog, type Label, type Layout, type ObjectDef, visibleFields } from "../schema/catalog";
import { same } from "../schema/filter";
import { Button, IconButton, say, TextInput, useToast } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { labelOf, useCatalogChanges } from "./changes";
import { Rows } from "./Rows";
import { Line, Section } from "./Section";
import { TypeIcon } from "./types";

/** A row: the head of a section, a field in it, or the line below which nothing is shown. */
interface Row {
  key: string;
  kind: "section" | "field" | "rest";
  name: string;
  label?: Label;
}

const REST = "rest";

/** The layout as rows; what no section names lies below the line. */
function rowsOf(layout: Layout, names: string[]): Row[] {
  const left = new Set(names);
  const rows: Row[] = layout.sections.flatMap((section, at) => [
    { key: `section ${at}`, kind: "section" as const, name: "", label: section.label },
    ...section.fields.filter((name) => left.delete(name)).map((name) => ({ key: name, kind: "field" as const, name })),
  ]);
  return [
    ...rows,
    { key: REST, kind: "rest", name: "" },
    ...[...left].map((name) => ({ key: name, kind: "field" as const, name })),
  ];
}

/** Rows as sections; a field before the first head opens one without a name. */
function sectionsOf(rows: Row[]): Layout["sections"] {
  const sections: Layout["sections"] = [];
  for (const row of rows) {
    if (row.kind === "rest") break;
    if (row.kind === "section") sections.push({ label: row.label ?? {}, fields: [] });
    else {
      if (sections.length === 0) sections.push({ label: {}, fields: [] });
      sections.at(-1)?.fields.push(row.name);
    }
  }
  return sections;
}

/** What an administrator has made of a layout and not applied yet. */
interface Draft extends Pick<Layout, "header" | "related" | "panels"> {
  rows: Row[];
  actions: string[];
}

const begun = (object: ObjectDef, layout: Layout, names: string[]): Draft => ({
  rows: rowsOf(layout, names),
  header: layout.header,
  related: layout.related,
  panels: layout.panels,
  actions: offered(object.actions, layout),
});

/** A draft with the fields that there are by now: new ones lie below the line. */
function upToDate(draft: Draft, names: string[]): Draft {
  const rows = draft.rows.filter((row) => row.kind !== "field" || names.includes(row.name));
  const there = new Set(rows.map((row) => row.name));
  const more = names.filter((name) => !there.has(name)).map((name) => ({ key: name, kind: "field" as const, name }));
  return { ...draft, rows: [...rows, ...more] };
}

/** The buttons that a layout offers by name. */
const offered = (actions: ObjectDef["actions"], { actions: named, flows }: Layout): string[] => {
  const all = actions.map((one) => one.name);
  if (!named) return all;
  const others = actions.filter((one) => one.flow && flows !== false && !named.includes(one.name));
  return [...named.filter((name) => all.includes(name)), ...others.map((one) => one.name)];
};

export default function Layouts({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [picked, setPicked] = useState(name ?? "");
  const [role, setRole] = useState("");
  // Going to another role or object loses nothing.
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(new Map());
  const keep = (of: string, draft: Draft | null) =>
    setDrafts((old) => {
      const next = new Map(old);
      if (draft) next.set(of, draft);
      else next.delete(of);
      return next;
    });
  const objects = catalog.objects.filter((one) => one.area !== "settings" && one.layouts);
  const object = objects.find((one) => one.name === picked) ?? objects[0];
  if (!object) return null;
  const here = `${object.name} ${role}`;
  const begunIn = (of: (key: string) => boolean, text: string) =>
    [...drafts.keys()].some(of) ? t("admin.layouts.begun", { name: text }) : text;
  return (
    <Section
      title={t("admin.layouts")}
      lead={t("admin.layouts.lead")}
      padded
      bar={
        <div className={styles.bar}>
          <Select
            aria-label={t("admin.col.object")}
            className={styles.pickOne}
            showSearch={{ optionFilterProp: "label" }}
            value={object.name}
            options={objects.map((one) => ({
              value: one.name,
              label: begunIn((key) => key.startsWith(`${one.name} `), label(one.plural, one.name)),
            }))}
            onChange={(next: string) => setPicked(next)}
          />
          <Select
            aria-label={t("admin.layouts.whose")}
            className={styles.pickOne}
            value={role}
            options={[
              { value: "", label: begunIn((key) => key === `${object.name} `, t("admin.layouts.all")) },
              ...(catalog.json.roles ?? []).map((one) => ({
                value: one.name,
                label: begunIn(
                  (key) => key === `${object.name} ${one.name}`,
                  object.layouts?.[one.name] ? `${one.title} ·` : one.title,
                ),
              })),
            ]}
            onChange={(next: string) => setRole(next)}
          />
        </div>
      }
    >
      <Editor
        key={`${here} ${catalog.version}`}
        object={object}
        role={role}
        catalog={catalog}
        draft={drafts.get(here)}
        onDraft={(draft) => keep(here, draft)}
      />
    </Section>
  );
}

interface EditorProps {
  object: ObjectDef;
  role: string;
  catalog: Catalog;
  draft: Draft | undefined;
  onDraft: (draft: Draft | null) => void;
}

function Editor({ object, role, catalog, draft, onDraft }: EditorProps) {
  const t = useT();
  const label = useLabel();
  const tongues = useTongues();
  const toast = useToast();
  const { apply } = useCatalogChanges();
  const own = object.layouts?.[role];
  const standard = object.layouts?.[""] ?? object.layout;
  const layout = own ?? standard;
  const names = useMemo(() => visibleFields(object).map((one) => one.name), [object]);
  const shown = draft ? upToDate(draft, names) : begun(object, layout, names);
  const { rows, header, related, actions, panels } = shown;
  const change = (patch: Partial<Draft>) => onDraft({ ...shown, ...patch });
  const setRows = (next: Row[]) => change({ rows: next });
  const [busy, setBusy] = useState(false);
  const named = new Map(object.fields.map((one) => [one.name, one]));
  const called = (row: Row): string =>
    row.kind === "rest"
      ? t("admin.layouts.rest")
      : row.kind === "section"
        ? label(row.label, t("admin.layouts.section"))
        : label(named.get(row.name)?.label, row.name);
  const save = async (next: Layout | null) => {
    setBusy(true);
    const whose = role ? { role } : {};
    const back = role ? (own ?? null) : standard;
    try {
      await apply(
        [{ op: "set_layout", object: object.name, ...whose, layout: next }],
        t("admin.layouts.saved", { name: label(object.label, object.name) }),
        [{ op: "set_layout", object: object.name, ...whose, layout: back }],
      );
      onDraft(null);
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
      setBusy(false);
    }
  };
  const shift = (row: Row, shown: boolean) => {
    const rest = rows.filter((one) => one !== row);
    const at = rest.findIndex((one) => one.kind === "rest") + (shown ? 0 : 1);
    setRows([...rest.slice(0, at), row, ...rest.slice(at)]);
    say(t(shown ? "admin.layouts.shown" : "admin.layouts.hidden", { name: called(row) }));
  };
  const rename = (row: Row, language: "en" | "zh", text: string) =>
    setRows(rows.map((one) => (one === row ? { ...one, label: { ...one.label, [language]: text } } : one)));
  const line = rows.findIndex((row) => row.kind === "rest");
  const figures = [
    ...names.map((one) => ({ value: one, label: label(named.get(one)?.label, one) })),
    ...object.related.flatMap((one) =>
      (catalog.object(one.object)?.views ?? []).map((view) => ({
        value: `${one.name}.${view.name}`,
        label: `${label(one.label, one.name)} › ${label(view.label, view.name)}`,
      })),
    ),
  ];
  return (
    <div className={styles.layouts}>
      <div>
        <Rows
          rows={rows}
          onMove={setRows}
          name={(row) =>
            row.kind === "section" ? t("admin.layouts.section.named", { name: called(row) }) : called(row)
          }
          faded={(row) => row.kind !== "rest" && rows.indexOf(row) > line}
          render={(row, at) =>
            row.kind === "section" ? (
              <span className={styles.layoutHead}>
                {tongues.map((language) => (
                  <TextInput
                    key={language}
                    lang={language}
                    autoFocus={!row.label && language === tongues[0]}
                    aria-label={`${t(`admin.layouts.section.${language}`)} · ${called(row)}`}
                    placeholder={t(`admin.layouts.section.${language}`)}
                    value={row.label?.[language] ?? ""}
                    onChange={(event) => rename(row, language, event.target.value)}
                  />
                ))}
                <IconButton
                  icon={<ArrowDownToLine />}
                  label={t("admin.layouts.dissolve", { name: called(row) })}
                  onClick={() => setRows(rows.filter((one) => one !== row))}
                />
              </span>
            ) : row.kind === "rest" ? (
              <b className={styles.layoutRest}>{t("admin.layouts.rest")}</b>
            ) : (
              <span className={styles.layoutField}>
                <TypeIcon type={named.get(row.name)?.type ?? "text"} />
                <span className="ellipsis">{called(row)}</span>
                <IconButton
                  icon={at < line ? <ArrowDownToLine /> : <ArrowUpToLine />}
                  label={t(at < line ? "admin.layouts.hide" : "admin.layouts.show", { name: called(row) })}
                  onClick={() => shift(row, at > line)}
                />
              </span>
            )
          }
        />
        <Button
          type="text"
          icon={<Plus />}
          onClick={() =>
            setRows([
              ...rows.slice(0, line),
              { key: `section ${Date.now()}`, kind: "section", name: "" },
              ...rows.slice(line),
            ])
          }
        >
          {t("admin.layouts.add")}
        </Button>
      </div>
      <div className={styles.layoutSide}>
        <Line label={t("admin.layouts.header")} help={t("admin.layouts.header.help")}>
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              value={header}
              options={figures}
              maxCount={4}
              onChange={(header: string[]) => change({ header })}
            />
          )}
        </Line>
        <Line label={t("admin.layouts.related")} help={t("admin.layouts.related.help")}>
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              value={related}
              options={object.related.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
              onChange={(related: string[]) => change({ related })}
            />
          )}
        </Line>
        {object.panels.length > 0 && (
          <Line label={t("admin.layouts.panels")} help={t("admin.layouts.panels.help")}>
            {(id) => (
              <Select
                id={id}
                mode="multiple"
                value={panels}
                options={object.panels.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
                onChange={(panels: string[]) => change({ panels })}
              />
            )}
          </Line>
        )}
        {object.actions.length > 0 && (
          <Line label={t("admin.layouts.actions")} help={t("admin.layouts.actions.help")}>
            {(id) => (
              <Select
                id={id}
                mode="multiple"
                value={actions}
                options={object.actions.map((one) => ({ value: one.name, label: label(one.label, one.name) }))}
                onChange={(actions: string[]) => change({ actions })}
              />
            )}
          </Line>
        )}
        <div className={styles.keptActs}>
          <Button
            type="primary"
            loading={busy}
            onClick={() =>
              void save({
                sections: sectionsOf(rows).map((one) => ({
                  ...one,
                  label: labelOf(one.label.en ?? "", one.label.zh ?? ""),
                })),
                header,
                related,
                ...(same(actions, offered(object.actions, layout))
                  ? { actions: layout.actions ?? null, flows: layout.flows }
                  : { actions, flows: object.actions.every((one) => !one.flow || actions.includes(one.name)) }),
                panels,
              })
            }
          >
            {t("admin.apply")}
          </Button>
          {draft && (
            <Button disabled={busy} onClick={() => onDraft(null)}>
              {t("admin.discard")}
            </Button>
          )}
          {role && own && (
            <Button icon={<RotateCcw />} disabled={busy} onClick={() => void save(null)}>
              {t("admin.layouts.reset")}
            </Button>
          )}
        </div>
        {role && own && <p className={styles.help}>{t("admin.layouts.reset.help")}</p>}
      </div>
    </div>
  );
}
