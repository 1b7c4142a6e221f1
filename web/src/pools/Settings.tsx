/** Pools: who is in them, what they may take, and the rules by which customers fall; tried before they are saved. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FlaskConical, Play, Plus, Trash2, Undo2, Waves } from "lucide-react";
import { useState } from "react";
import styles from "../admin/admin.module.css";
import { FormPanel, type LineOf, useForm } from "../admin/Form";
import { Section } from "../admin/Section";
import { Answered, DataTable, Toggle, When } from "../admin/Table";
import { api } from "../api/client";
import { keys, touchRecords, useCatalog, useRefreshCatalog } from "../api/queries";
import { useUndo, useWrites } from "../api/writes";
import { twin } from "../fields";
import { useFormat, useLabel, useT } from "../i18n";
import { Conditions } from "../records/FilterBar";
import { toWrite } from "../records/FormFields";
import type { ObjectDef, RecordData } from "../schema/catalog";
import type { Filter } from "../schema/filter";
import { Badge, Begin, Button, IconButton, Nothing, TextInput, useToast } from "../ui";
import { InputNumber } from "../ui/antd";
import own from "./pools.module.css";
import type { Simulated } from "./queries";

interface PoolRule {
  name: string;
  when?: Filter | null;
  idle_days?: number | null;
  active?: boolean;
}

interface Draft {
  name: string;
  holds: string;
  description: string;
  active: boolean;
  position: number | null;
  members: unknown;
  teams: unknown;
  roles: unknown;
  admins: unknown;
  admin_teams: unknown;
  admin_roles: unknown;
  claims_per_day: number | null;
  held_most: number | null;
  cooldown_days: number | null;
  capacity: Record<string, number> | null;
  masked: string[];
  views_per_day: number | null;
  within: Filter | null;
  spared: Filter | null;
  recycling: PoolRule[];
  grace_days: number | null;
  warn_days: number | null;
  working_days: boolean;
  return_days: number | null;
}

interface Night {
  id: string;
  at: string;
  object: string;
  fell: number;
  warned: number;
  undone: boolean;
}

const PEOPLE = ["members", "teams", "roles", "admins", "admin_teams", "admin_roles"] as const;
const NUMBERS = ["claims_per_day", "held_most", "cooldown_days", "views_per_day"] as const;
const DAYS = ["grace_days", "warn_days", "return_days"] as const;

const draftOf = (pool?: RecordData): Draft => ({
  ...({
    name: "",
    holds: "account",
    description: "",
    active: true,
    position: null,
    ...Object.fromEntries(PEOPLE.map((name) => [name, []])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, null])),
    capacity: null,
    within: null,
    spared: null,
    grace_days: 3,
    warn_days: 3,
    return_days: 30,
  } as unknown as Draft),
  ...(pool as unknown as Partial<Draft>),
  description: String(pool?.description ?? ""),
  active: pool?.active !== false,
  working_days: pool?.working_days === true,
  masked: (pool?.masked as string[] | null) ?? (pool ? [] : ["phone", "email"]),
  recycling: (pool?.recycling as PoolRule[] | null) ?? [],
});

export default function Pools() {
  const t = useT();
  const label = useLabel();
  const f = useFormat();
  const catalog = useCatalog();
  const client = useQueryClient();
  const toast = useToast();
  const undo = useUndo();
  const [open, setOpen] = useState<RecordData | "new" | null>(null);
  const found = useQuery({
    queryKey: [...keys.records("pool"), "settings"],
    queryFn: async ({ signal }) =>
      (await api.get<{ data: RecordData[] }>("/records/pool", { sort: "position,name", limit: 200 }, signal)).data,
  });
  const nights = useQuery({
    queryKey: [...keys.records("pool"), "nights"],
    queryFn: async ({ signal }) => (await api.get<{ data: Night[] }>("/pools/runs", undefined, signal)).data,
  });
  const rows = found.data ?? [];
  const run = async () => {
    try {
      const { data } = await api.post<{ data: { fell: number }[] }>("/pools/recycle", {});
      toast({ text: t("pools.run.done", { n: data.data.reduce((sum, one) => sum + one.fell, 0) }) });
    } catch (reason) {
      toast({ text: (reason as Error).message, tone: "danger" });
    }
    await touchRecords(client);
  };
  const objectOf = (pool: RecordData): string => label(catalog.object(String(pool.holds))?.plural, String(pool.holds));
  const begin = <Begin onClick={() => setOpen("new")}>{t("pools.new")}</Begin>;
  return (
    <Section
      title={t("pools.title")}
      lead={t("pools.lead")}
      actions={
        <>
          {rows.length > 0 && (
            <Button icon={<Play />} onClick={() => void run()}>
              {t("pools.run")}
            </Button>
          )}
          {begin}
        </>
      }
      panel={
        open && (
          <Shape
            key={open === "new" ? "new" : open.id}
            pool={open === "new" ? undefined : open}
            onClose={() => setOpen((now) => (now === open ? null : now))}
          />
        )
      }
    >
      <Answered of={found} empty={rows.length === 0 && <Nothing of="pools.empty" action={begin} />}>
        <DataTable
          rows={rows}
          name={(pool) => pool.id}
          onOpen={setOpen}
          off={(pool) => pool.active === false}
          chosen={(pool) => open !== null && open !== "new" && open.id === pool.id}
          columns={[
            {
              head: t("pools.name"),
              opens: true,
              cell: (pool) => (
                <button type="button" className={styles.name} onClick={() => setOpen(pool)}>
                  <Waves />
                  {String(pool.name)}
                </button>
              ),
            },
            { head: t("pools.object"), cell: objectOf },
            {
              head: t("pools.rules"),
              right: true,
              cell: (pool) => f.number(draftOf(pool).recycling.filter((one) => one.active !== false).length),
            },
            {
              head: t("pools.state"),
              hide: "phone",
              cell: (pool) =>
                pool.active === false ? <Badge>{t("pools.off")}</Badge> : <Badge tone="ok">{t("pools.on")}</Badge>,
            },
          ]}
        />
        {(nights.data?.length ?? 0) > 0 && (
          <>
            <h2 className={own.nights}>{t("pools.nights")}</h2>
            <DataTable
              rows={nights.data ?? []}
              name={(night) => night.id}
              label={t("pools.nights")}
              title={(night) => `${label(catalog.object(night.object)?.plural, night.object)} ${f.datetime(night.at)}`}
              off={(night) => night.undone}
              columns={[
                { head: t("pools.when"), cell: (night) => <When at={night.at} /> },
                {
                  head: t("pools.object"),
                  cell: (night) => label(catalog.object(night.object)?.plural, night.object),
                },
                { head: t("pools.fell"), right: true, cell: (night) => f.number(night.fell) },
                { head: t("pools.warned"), right: true, hide: "phone", cell: (night) => f.number(night.warned) },
                {
                  head: t("pools.back"),
                  acts: true,
                  cell: (night) =>
                    night.fell > 0 &&
                    (night.undone ? (
                      <Badge>{t("pools.taken")}</Badge>
                    ) : (
                      <Button size="small" icon={<Undo2 />} onClick={() => void undo(night.id)}>
                        {t("pools.back")}
                      </Button>
                    )),
                },
              ]}
            />
          </>
        )}
      </Answered>
    </Section>
  );
}

function Shape({ pool, onClose }: { pool?: RecordData; onClose: () => void }) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const writes = useWrites("pool", "all");
  const refresh = useRefreshCatalog();
  const noun = catalog.object("pool");
  const form = useForm<Draft>(draftOf(pool));
  const { draft } = form;
  const [told, setTold] = useState<{ of: Draft; what: Simulated } | null>(null);
  const object = catalog.object(draft.holds);
  const grade = object?.fields.find((field) => field.name === "grade" && field.options.length > 0);
  const sent = () => {
    const { description, recycling, masked, capacity, ...rest } = draft;
    const names = Object.keys(draftOf());
    const values = Object.fromEntries(Object.entries(rest).filter(([name]) => names.includes(name)));
    return {
      ...toWrite(values, noun?.fields ?? []),
      name: draft.name.trim(),
      description: description || null,
      recycling: recycling.length ? recycling : null,
      masked: masked.length ? masked : null,
      capacity: capacity && Object.keys(capacity).length ? capacity : null,
      capacity_by: grade ? grade.name : null,
    };
  };
  const save = async () => {
    if (pool) await writes.update(pool.id, sent(), { done: t("pools.saved"), settle: true });
    else await writes.create(sent(), t("pools.saved"));
    await refresh();
    onClose();
  };
  const tryOut = async () => {
    const { id } = pool ?? {};
    const { holds, ...values } = sent() as Record<string, unknown>;
    // What a pool holds is settled when it is made.
    const asked = id ? { id, ...values } : { holds, ...values };
    setTold({ of: draft, what: (await api.post<Simulated>("/pools/simulate", { pool: asked })).data });
  };
  const inputOf = (name: (typeof PEOPLE)[number]): LineOf<Draft> => {
    const field = noun?.fields.find((one) => one.name === name);
    const { Input } = twin(field ?? "text");
    return {
      name,
      label: label(field?.label, name),
      help: label(field?.help) || undefined,
      render: (id) =>
        field && <Input id={id} field={field} value={draft[name]} onChange={(value) => form.set({ [name]: value })} />,
    };
  };
  const number = (name: (typeof NUMBERS)[number] | (typeof DAYS)[number]): LineOf<Draft> => ({
    name,
    label: label(noun?.fields.find((one) => one.name === name)?.label, name),
    kind: "number",
    range: [0, name === "warn_days" ? 60 : 3650],
    half: true,
  });
  const filter = (name: "within" | "spared", of: ObjectDef): LineOf<Draft> => ({
    name,
    label: t(`pools.${name}`),
    help: t(`pools.${name}.help`),
    render: () => <Conditions object={of} filter={draft[name]} onChange={(next) => form.set({ [name]: next })} />,
  });
  return (
    <FormPanel
      form={form}
      title={pool ? String(pool.name) : t("pools.new")}
      onClose={onClose}
      submit={t("admin.save")}
      ready={Boolean(draft.name.trim())}
      onSubmit={save}
      acts={
        <Button icon={<FlaskConical />} disabled={form.busy} onClick={() => void form.run(tryOut)}>
          {t("pools.try")}
        </Button>
      }
      says={told?.of === draft && <Tonight told={told.what} />}
      lines={[
        { name: "name", label: t("pools.name"), required: true, autoFocus: !pool, max: 60 },
        !pool && {
          name: "holds",
          label: t("pools.object"),
          options: catalog.objects
            .filter((one) => one.pool)
            .map((one) => ({ value: one.name, label: label(one.plural, one.name) })),
        },
        ...PEOPLE.map(inputOf),
        ...NUMBERS.map(number),
        grade && {
          name: "capacity",
          label: t("pools.capacity", { field: label(grade.label, grade.name) }),
          render: () =>
            grade.options.map((option) => (
              <div key={option.name} className={own.idle}>
                <InputNumber
                  aria-label={label(option.label, option.name)}
                  min={0}
                  precision={0}
                  value={draft.capacity?.[option.name] ?? null}
                  onChange={(n: string | number | null) => {
                    const { [option.name]: _, ...rest } = draft.capacity ?? {};
                    form.set({ capacity: typeof n === "number" ? { ...rest, [option.name]: n } : rest });
                  }}
                />
                {label(option.label, option.name)}
              </div>
            )),
        },
        object && {
          name: "masked",
          label: t("pools.masks"),
          help: t("pools.masks.help"),
          many: true,
          options: object.fields
            .filter(
              (field) => !field.of && !field.system && ![object.title, object.owner, object.pool].includes(field.name),
            )
            .map((field) => ({ value: field.name, label: label(field.label, field.name) })),
        },
        object && filter("within", object),
        object && {
          name: "recycling",
          label: t("pools.recycling"),
          help: t("pools.recycling.help"),
          render: () => (
            <RuleList object={object} rules={draft.recycling} onChange={(recycling) => form.set({ recycling })} />
          ),
        },
        object && filter("spared", object),
        ...DAYS.map(number),
        {
          name: "working_days",
          label: t("pools.more"),
          render: () => (
            <>
              <Toggle
                label={t("pools.working")}
                checked={draft.working_days}
                onChange={(working_days) => form.set({ working_days })}
              />
              <Toggle label={t("pools.on")} checked={draft.active} onChange={(active) => form.set({ active })} />
            </>
          ),
        },
      ]}
    />
  );
}

/** Rules as sentences: a name, days without contact, and what else must hold. */
function RuleList({
  object,
  rules,
  onChange,
}: {
  object: ObjectDef;
  rules: PoolRule[];
  onChange: (rules: PoolRule[]) => void;
}) {
  const t = useT();
  const set = (at: number, part: Partial<PoolRule>) =>
    onChange(rules.map((rule, i) => (i === at ? { ...rule, ...part } : rule)));
  return (
    <>
      {rules.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules stay in their places while they are edited
        <div key={at} className={own.rule}>
          <div className={own.ruleHead}>
            <TextInput
              aria-label={t("pools.rule.name")}
              placeholder={t("pools.rule.name")}
              maxLength={80}
              value={rule.name}
              onChange={(event) => set(at, { name: event.target.value })}
            />
            <IconButton
              icon={<Trash2 />}
              label={t("pools.rule.remove", { name: rule.name })}
              onClick={() => onChange(rules.filter((_, i) => i !== at))}
            />
          </div>
          <div className={own.idle}>
            {t("pools.rule.idle")}
            <InputNumber
              aria-label={`${t("pools.rule.idle")} … ${t("pools.rule.days")}`}
              min={1}
              max={3650}
              precision={0}
              value={rule.idle_days ?? null}
              onChange={(n: string | number | null) => set(at, { idle_days: typeof n === "number" ? n : null })}
            />
            {t("pools.rule.days")}
          </div>
          <Conditions object={object} filter={rule.when ?? null} onChange={(when) => set(at, { when })} />
          <Toggle label={t("pools.on")} checked={rule.active !== false} onChange={(active) => set(at, { active })} />
        </div>
      ))}
      <Button
        size="small"
        icon={<Plus />}
        onClick={() => onChange([...rules, { name: t("pools.rule.new", { n: rules.length + 1 }), idle_days: 30 }])}
      >
        {t("pools.rule.add")}
      </Button>
    </>
  );
}

/** What the next night would take, and from whom. */
function Tonight({ told }: { told: Simulated }) {
  const t = useT();
  return (
    <div className={own.told} role="status" data-testid="tonight">
      <p>
        <b>{t("pools.tonight", { n: told.count })}</b>{" "}
        {told.rules.map((one) => t("pools.tonight.rule", { rule: one.rule, n: one.count })).join(" · ")}
      </p>
      {told.owners.slice(0, 20).map((one) => (
        <details key={`${one.object} ${one.owner.id}`}>
          <summary>{t("pools.tonight.of", { n: one.count, name: one.owner.title ?? "—" })}</summary>
          <ul>
            {one.records.map((record) => (
              <li key={record.id}>
                {record.title} <small>{record.rule}</small>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}
