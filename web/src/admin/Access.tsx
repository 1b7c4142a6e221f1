/** Who sees which records beside what roles give: rules by what stands in them, and links that sight follows. */
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { searched, usePeople } from "../api/people";
import { useCatalog } from "../api/queries";
import { type Key, useLabel, useLanguage, useT } from "../i18n";
import { inline } from "../i18n/words";
import { Conditions, useDescribe } from "../records/FilterBar";
import type { AccessRule, ObjectDef } from "../schema/catalog";
import { type Filter, toSentence } from "../schema/filter";
import { Badge, Begin, Button, Nothing } from "../ui";
import { Select } from "../ui/antd";
import styles from "./admin.module.css";
import { type CatalogChange, freeName, labelOf, nameFrom, useCatalogChanges, useSpelt } from "./changes";
import { bilingual, FormPanel, type LineOf, useForm } from "./Form";
import { Meaning } from "./Meaning";
import { Section } from "./Section";
import { DataTable } from "./Table";

const LEVELS = ["read", "update", "delete"] as const;
const CASCADES = ["none", "read", "update"] as const;

/** Whom a rule can name, as `kind:value`: those who fit what was typed, and whoever `rules` name already. */
function useGrantees(typed: string, named: string[]) {
  const t = useT();
  const catalog = useCatalog();
  const chosen = (kind: string) =>
    named.flatMap((key) => (key.startsWith(`${kind}:`) ? [key.slice(kind.length + 1)] : []));
  const people = usePeople("user", typed, chosen("user"));
  const teams = usePeople("team", typed, chosen("team"));
  const grantees = [
    { value: "owner:true", label: t("admin.access.owner") },
    { value: "everyone:true", label: t("admin.access.everyone") },
    ...catalog.roles.map((one) => ({ value: `role:${one.name}`, label: t("admin.access.role", { name: one.title }) })),
    ...teams.map((one) => ({ value: `team:${one.id}`, label: t("admin.access.team", { name: one.name }) })),
    ...people.map((one) => ({ value: `user:${one.id}`, label: one.name })),
  ];
  return { grantees, found: [...people, ...teams] };
}

const keyOf = (to: AccessRule["to"][number]): string =>
  Object.entries(to).map(([kind, value]) => `${kind}:${value}`)[0] ?? "";

function toOf(key: string): AccessRule["to"][number] {
  const at = key.indexOf(":");
  const kind = key.slice(0, at);
  return { [kind]: kind === "owner" || kind === "everyone" ? true : key.slice(at + 1) };
}

export default function Access({ name }: { name: string | undefined }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const [picked, setPicked] = useState(name ?? "");
  const [open, setOpen] = useState<AccessRule | "new" | null>(null);
  const objects = catalog.objects.filter((one) => one.access && one.area !== "settings");
  const object = objects.find((one) => one.name === picked) ?? objects[0];
  const { grantees } = useGrantees("", object?.access?.rules.flatMap((rule) => rule.to.map(keyOf)) ?? []);
  if (!object?.access) return null;
  const said = new Map(grantees.map((one) => [one.value, one.label]));
  const begin = <Begin onClick={() => setOpen("new")}>{t("admin.access.new")}</Begin>;
  return (
    <Section
      title={t("admin.access")}
      lead={t("admin.access.lead")}
      padded
      actions={begin}
      bar={
        <div className={styles.bar}>
          <Select
            aria-label={t("admin.col.object")}
            className={styles.pickOne}
            showSearch={{ optionFilterProp: "label" }}
            value={object.name}
            options={objects.map((one) => ({ value: one.name, label: label(one.plural, one.name) }))}
            onChange={(next: string) => {
              setPicked(next);
              setOpen(null);
            }}
          />
        </div>
      }
      panel={
        open && (
          <RulePanel
            key={open === "new" ? "new" : open.name}
            object={object}
            rule={open === "new" ? null : open}
            onClose={() => setOpen((now) => (now === open ? null : now))}
          />
        )
      }
    >
      <h2 className={styles.accessHead}>{t("admin.access.rules")}</h2>
      {object.access.rules.length === 0 ? (
        <Nothing of="admin.access.none" action={begin} />
      ) : (
        <DataTable
          rows={object.access.rules}
          name={(rule) => rule.name}
          onOpen={setOpen}
          chosen={(rule) => open !== "new" && open?.name === rule.name}
          columns={[
            {
              head: t("admin.access.rule"),
              cell: (rule) => (
                <span className={styles.name}>
                  {rule.kind === "only" ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
                  {label(rule.label, rule.name)}
                </span>
              ),
            },
            {
              head: t("admin.access.who"),
              cell: (rule) => rule.to.map((one) => said.get(keyOf(one)) ?? "…").join(t("record.comma")),
            },
            {
              head: t("admin.access.what"),
              hide: "phone",
              cell: (rule) => (
                <Badge tone={rule.kind === "only" ? "warn" : "neutral"}>
                  {t(rule.kind === "only" ? "admin.access.only" : "admin.access.grant", {
                    level: t(`admin.access.level.${rule.level}` as Key),
                  })}
                </Badge>
              ),
            },
            {
              head: t("admin.access.where"),
              hide: "phone",
              soft: true,
              cell: (rule) => <Where object={object} when={rule.when} />,
            },
          ]}
        />
      )}
      <Cascades object={object} />
    </Section>
  );
}

/** A condition in words. */
function Where({ object, when }: { object: ObjectDef; when: Filter }) {
  const describe = useDescribe(object);
  const t = useT();
  const { parts } = toSentence(when);
  return parts
    .map((part) => {
      const words = describe(part);
      return [words.field, words.op, words.value].filter(Boolean).join(" ");
    })
    .join(t("record.comma"));
}

/** Links along which sight goes on: who sees the account sees its contacts. */
function Cascades({ object }: { object: ObjectDef }) {
  const t = useT();
  const { language } = useLanguage();
  const label = useLabel();
  const catalog = useCatalog();
  const { attempt } = useCatalogChanges();
  const [asked, setAsked] = useState<CatalogChange | null>(null);
  const cascades = object.access?.cascades ?? [];
  if (cascades.length === 0) return null;
  const many = label(object.plural, object.name);
  const named = (name: string) => object.fields.find((one) => one.name === name);
  const carry = async (change: CatalogChange) => {
    const before = cascades.find((one) => one.field === change.field)?.level ?? "none";
    if (await attempt([change], t("admin.access.saved"), [{ ...change, level: before }])) setAsked(null);
  };
  return (
    <>
      <h2 className={styles.accessHead}>{t("admin.access.cascades")}</h2>
      <ul className={styles.cascades}>
        {cascades.map(({ field, level }) => {
          const link = named(field);
          const target = catalog.object(link?.target ?? "");
          const change = asked?.field === field ? asked : null;
          return (
            <li key={field}>
              <span>
                {t("admin.access.cascade", {
                  target: inline(target ? label(target.label, target.name) : label(link?.label, field), language),
                  field: label(link?.label, field),
                  objects: inline(many, language),
                })}
              </span>
              <Select
                aria-label={t("admin.access.cascade.of", { field: label(link?.label, field) })}
                value={(change?.level as string) ?? level}
                options={CASCADES.map((one) => ({ value: one, label: t(`admin.access.cascade.${one}`) }))}
                onChange={(next: string) =>
                  setAsked(next === level ? null : { op: "set_cascade", object: object.name, field, level: next })
                }
              />
              {change && (
                <div className={styles.cascadeAsk}>
                  <Meaning changes={[change]} />
                  <Button size="small" type="primary" onClick={() => void carry(change)}>
                    {t("admin.apply")}
                  </Button>
                  <Button size="small" type="text" onClick={() => setAsked(null)}>
                    {t("admin.kept.leave")}
                  </Button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

interface Draft {
  en: string;
  zh: string;
  when: Filter | null;
  kind: string;
  to: string[];
  level: string;
}

interface RulePanelProps {
  object: ObjectDef;
  rule: AccessRule | null;
  onClose: () => void;
}

function RulePanel({ object, rule, onClose }: RulePanelProps) {
  const t = useT();
  const label = useLabel();
  const { apply } = useCatalogChanges();
  const form = useForm(
    {
      en: rule?.label.en ?? "",
      zh: rule?.label.zh ?? "",
      when: rule?.when ?? null,
      kind: rule?.kind ?? "grant",
      to: rule?.to.map(keyOf) ?? [],
      level: rule?.level ?? "read",
    } as Draft,
    ["label"],
  );
  const { en, zh, when, kind, to, level } = form.draft;
  const [typed, setTyped] = useState("");
  const { grantees, found } = useGrantees(typed, to);
  const taken = object.access?.rules.map((one) => one.name) ?? [];
  useSpelt(zh);
  const name = rule?.name ?? freeName(nameFrom(en) || nameFrom(zh) || "rule", taken);
  const put = (what: Omit<AccessRule, "name">): CatalogChange => ({
    op: "put_access_rule",
    object: object.name,
    name,
    ...what,
  });
  const change =
    when && to.length > 0 && (en.trim() || zh.trim())
      ? put({ label: labelOf(en, zh), when, to: to.map(toOf), level, kind } as AccessRule)
      : null;
  const retire: CatalogChange = { op: "retire_access_rule", object: object.name, name };
  // What a rule kept from others is in sight without it: that is said before it goes.
  const [leaving, setLeaving] = useState<Draft | null>(null);
  const going = rule !== null && leaving === form.draft;
  const carry = async (next: CatalogChange, done: string) => {
    const { name: _, ...old } = rule ?? ({} as AccessRule);
    await apply([next], done, rule ? [put(old)] : [retire]);
    onClose();
  };
  return (
    <FormPanel
      form={form}
      title={rule ? label(rule.label, rule.name) : t("admin.access.new")}
      onClose={onClose}
      submit={t(
        going
          ? "admin.access.retire.do"
          : change
            ? rule
              ? "admin.apply"
              : "admin.access.add"
            : "admin.access.incomplete",
      )}
      ready={going || (change !== null && (form.dirty || !rule))}
      onSubmit={async () =>
        going ? carry(retire, t("admin.access.gone")) : change && carry(change, t("admin.access.saved"))
      }
      acts={
        rule && (
          <Button danger={!going} disabled={form.busy} onClick={() => setLeaving(going ? null : form.draft)}>
            {t(going ? "shell.cancel" : "admin.access.retire")}
          </Button>
        )
      }
      says={(going || change) && <Meaning changes={[going ? retire : (change as CatalogChange)]} />}
      lines={[
        ...bilingual<"en" | "zh">(["en", "zh"], [t("admin.access.label.en"), t("admin.access.label.zh")], {
          faults: ["label"],
          autoFocus: !rule,
        }).map((line) => line as LineOf<Draft>),
        {
          name: "when",
          label: t("admin.access.where"),
          required: true,
          render: () => <Conditions object={object} filter={when} onChange={(next) => form.set({ when: next })} />,
        },
        {
          name: "kind",
          label: t("admin.access.kind"),
          help: t(kind === "only" ? "admin.access.only.help" : "admin.access.grant.help"),
          options: [
            { value: "grant", label: t("admin.access.kind.grant") },
            { value: "only", label: t("admin.access.kind.only") },
          ],
        },
        {
          name: "to",
          label: t("admin.access.who"),
          required: true,
          many: true,
          search: searched(setTyped, found),
          options: kind === "only" ? grantees.filter((one) => one.value !== "everyone:true") : grantees,
        },
        {
          name: "level",
          label: t("admin.access.what"),
          options: LEVELS.map((one) => ({ value: one, label: t(`admin.access.level.${one}`) })),
        },
      ]}
    />
  );
}
