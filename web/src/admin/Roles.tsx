/** Roles: what people may do, as a matrix and in a sentence. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, Lock, Plus, RotateCcw } from "lucide-react";
import { Fragment, type ReactNode, useState } from "react";
import { ApiError, api } from "../api/client";
import { keys, useCatalog, useRefreshCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { useLabel, useT } from "../i18n";
import { type ObjectDef, type RecordData, visibleFields } from "../schema/catalog";
import { ActsOf, Button, cx, ErrorState, IconButton } from "../ui";
import { Checkbox } from "../ui/antd";
import styles from "./admin.module.css";
import { freeName, nameFrom, useSpelt } from "./changes";
import { FormPanel, SaveBar, useForm } from "./Form";
import {
  type Grants,
  isPlain,
  LIMITS,
  OTHERS,
  RIGHTS,
  type Right,
  readGrants,
  rightOf,
  roleTitle,
  SCOPES,
  type Scope,
  SYSTEM,
  sayGrants,
  scopeOf,
  VERBS,
  type Verb,
  withLimit,
  withoutObject,
  withRight,
  withScope,
  withSystem,
} from "./grants";
import { Meaning } from "./Meaning";
import { Banner, Section } from "./Section";
import { Answered, TabBar } from "./Table";

interface Role extends RecordData {
  name: string;
  label: string;
  grants: unknown;
}

export function useRoles() {
  return useQuery({
    queryKey: [...keys.records("role"), "all"],
    queryFn: ({ signal }) =>
      api
        .get<{ data: Role[] }>("/records/role", { limit: 200, sort: "created_at" }, signal)
        .then((answer) => answer.data),
    staleTime: 15_000,
  });
}

export default function Roles({ name }: { name: string | undefined }) {
  const t = useT();
  const found = useRoles();
  const [making, setMaking] = useState(false);
  const navigate = useNavigate();
  const roles = found.data ?? [];
  const role = name ? roles.find((one) => one.name === name) : roles[0];
  if (!role)
    return (
      <Section title={t("admin.roles")} back={name && "roles"}>
        <Answered of={found} empty={<ErrorState error={new ApiError(404, "")} />} />
      </Section>
    );
  return (
    <RoleEditor
      key={role.id}
      role={role}
      roles={roles}
      onNew={() => setMaking(true)}
      panel={
        making && (
          <NewRole
            roles={roles}
            onClose={() => setMaking(false)}
            onDone={(made) => {
              setMaking(false);
              void navigate({ to: "/settings/$", params: { _splat: `roles/${made}` } });
            }}
          />
        )
      }
    />
  );
}

interface EditorProps {
  role: Role;
  roles: Role[];
  onNew: () => void;
  panel: ReactNode;
}

function RoleEditor({ role, roles, onNew, panel }: EditorProps) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const navigate = useNavigate();
  const writes = useWrites("role", "all");
  const form = useForm({ grants: readGrants(role.grants) });
  const { grants } = form.draft;
  const setGrants = (next: Grants) => form.set({ grants: next });
  const [open, setOpen] = useState<string | null>(null);
  const locked = role.name === "administrator";
  const title = roleTitle(role, catalog.roles);

  const save = async () => {
    await writes.update(role.id, { grants }, { over: role, done: t("admin.role.saved", { name: title }) });
    await client.invalidateQueries({ queryKey: keys.records("role") });
    await refresh();
  };
  const remove = async () => {
    await writes.remove([role.id], { done: t("admin.role.deleted", { name: title }) });
    await refresh();
    void navigate({ to: "/settings/$", params: { _splat: "roles" } });
  };

  return (
    <Section
      title={t("admin.roles")}
      actions={
        <Button type={form.dirty ? "default" : "primary"} icon={<Plus />} onClick={onNew}>
          {t("admin.role.new")}
        </Button>
      }
      bar={
        <TabBar
          label={t("admin.roles")}
          at={role.name}
          tabs={roles.map((one) => ({
            name: one.name,
            text: roleTitle(one, catalog.roles) || one.name,
            to: { to: "/settings/$", params: { _splat: `roles/${one.name}` } },
          }))}
        />
      }
      panel={panel || undefined}
      foot={<SaveBar form={form} note={t("admin.role.dirty")} onSave={save} />}
    >
      <div className={styles.pad}>
        <Banner messages={form.faults.others} />
        <div className={styles.sentence} aria-live="polite">
          {sayGrants(grants, catalog, t, label).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        {locked && <p className={styles.help}>{t("admin.role.locked")}</p>}
        {form.dirty && <Meaning people={[{ object: "role", op: "update", id: role.id, values: { grants } }]} />}
      </div>
      <div className="sideways">
        <table className={cx(styles.table, styles.matrix)}>
          <caption className="sr">{t("admin.role.matrix", { name: title })}</caption>
          <thead>
            <tr>
              <th>{t("admin.col.object")}</th>
              {VERBS.map((verb) => (
                <th key={verb}>{t(`admin.verb.${verb}`)}</th>
              ))}
              <th>
                <span className="sr">{t("admin.role.same")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <MatrixRow
              object={null}
              grants={grants}
              locked={locked}
              onChange={setGrants}
              open={false}
              onOpen={() => undefined}
            />
            {catalog.objects.map((object) => (
              <Fragment key={object.name}>
                <MatrixRow
                  object={object}
                  grants={grants}
                  locked={locked}
                  onChange={setGrants}
                  open={open === object.name}
                  onOpen={() => setOpen(open === object.name ? null : object.name)}
                />
                {open === object.name && (
                  <tr className={styles.subRow}>
                    <td colSpan={VERBS.length + 2}>
                      <FieldRights object={object} grants={grants} locked={locked} onChange={setGrants} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      <div className={styles.pad}>
        <h2 className={styles.group}>{t("admin.system")}</h2>
        <div className={styles.checks}>
          {SYSTEM.map((right) => (
            <Checkbox
              key={right}
              disabled={locked}
              checked={grants.system.includes(right)}
              onChange={(event) => setGrants(withSystem(grants, right, event.target.checked))}
            >
              {t(`admin.system.${right}`)}
            </Checkbox>
          ))}
        </div>
        <h2 className={styles.group}>{t("admin.limits")}</h2>
        <div className={styles.checks}>
          {LIMITS.map((name) => (
            <label key={name} className={styles.limit}>
              <span>{t(`admin.limit.${name}`)}</span>
              <input
                type="number"
                min={0}
                disabled={locked}
                placeholder={t("admin.limit.none")}
                value={grants.limits?.[name] ?? ""}
                onChange={(event) =>
                  setGrants(
                    withLimit(grants, name, event.target.value === "" ? null : Math.max(0, event.target.valueAsNumber)),
                  )
                }
              />
            </label>
          ))}
        </div>
        {!locked && (
          <Button
            danger
            size="small"
            className={styles.apart}
            disabled={form.busy}
            onClick={() => void form.run(remove)}
          >
            {t("admin.role.delete")}
          </Button>
        )}
      </div>
    </Section>
  );
}

interface RowProps {
  /** null: all others. */
  object: ObjectDef | null;
  grants: Grants;
  locked: boolean;
  onChange: (grants: Grants) => void;
  open: boolean;
  onOpen: () => void;
}

function MatrixRow({ object, grants, locked, onChange, open, onOpen }: RowProps) {
  const t = useT();
  const label = useLabel();
  const name = object?.name ?? OTHERS;
  const inherited = object !== null && grants.objects[name] === undefined;
  const title = object ? label(object.plural, object.name) : t("admin.role.others");
  const special = Object.keys(grants.fields).filter((path) => path.startsWith(`${name}.`)).length;
  return (
    <tr className={cx(inherited && styles.inherited)}>
      <td>
        {object ? (
          <button type="button" className={styles.name} aria-expanded={open} onClick={onOpen}>
            {open ? <ChevronDown /> : <ChevronRight />}
            {title}
            {special > 0 && (
              <span className={styles.soft} title={t("admin.role.fields", { n: special })}>
                <Lock aria-hidden /> {special}
              </span>
            )}
          </button>
        ) : (
          <span className={styles.name}>{title}</span>
        )}
      </td>
      {VERBS.map((verb) => (
        <td key={verb}>
          <Cell
            verb={verb}
            scope={scopeOf(grants, name, verb)}
            disabled={locked}
            title={t("admin.role.cell", { object: title, verb: t(`admin.verb.${verb}`) })}
            onChange={(scope) => onChange(withScope(grants, name, verb, scope))}
          />
        </td>
      ))}
      <td className={styles.tight}>
        {object && !inherited && !locked && (
          <ActsOf value={title}>
            <IconButton
              small
              icon={<RotateCcw />}
              label={t("admin.role.same")}
              onClick={() => onChange(withoutObject(grants, name))}
            />
          </ActsOf>
        )}
      </td>
    </tr>
  );
}

function Cell({
  verb,
  scope,
  disabled,
  title,
  onChange,
}: {
  verb: Verb;
  scope: Scope;
  disabled: boolean;
  title: string;
  onChange: (scope: Scope) => void;
}) {
  const t = useT();
  const plain = isPlain(verb);
  const offered = plain ? SCOPES.filter((one) => one === "none" || one === "all" || one === scope) : SCOPES;
  return (
    <select
      className={cx(styles.cell, styles[`level_${scope}`])}
      aria-label={title}
      disabled={disabled}
      value={scope}
      onChange={(event) => onChange(event.target.value as Scope)}
    >
      {offered.map((one) => (
        <option key={one} value={one}>
          {plain && one === "all" ? t("admin.scope.yes") : t(`admin.scope.${one}`)}
        </option>
      ))}
    </select>
  );
}

function FieldRights({
  object,
  grants,
  locked,
  onChange,
}: {
  object: ObjectDef;
  grants: Grants;
  locked: boolean;
  onChange: (grants: Grants) => void;
}) {
  const t = useT();
  const label = useLabel();
  const fields = visibleFields(object).filter((field) => !field.system && field.name !== object.title);
  return (
    <div className={styles.fieldRights}>
      {fields.map((field) => {
        const right = rightOf(grants, object.name, field.name);
        return (
          <label key={field.name}>
            <span className="ellipsis">{label(field.label, field.name)}</span>
            <select
              className={cx(styles.cell, right !== "write" && styles[`level_${right}`])}
              aria-label={label(field.label, field.name)}
              disabled={locked}
              value={right}
              onChange={(event) => onChange(withRight(grants, object.name, field.name, event.target.value as Right))}
            >
              {RIGHTS.map((one) => (
                <option key={one} value={one}>
                  {t(`admin.right.${one}`)}
                </option>
              ))}
            </select>
          </label>
        );
      })}
    </div>
  );
}

function NewRole({ roles, onClose, onDone }: { roles: Role[]; onClose: () => void; onDone: (name: string) => void }) {
  const t = useT();
  const catalog = useCatalog();
  const refresh = useRefreshCatalog();
  const writes = useWrites("role", "all");
  const like = roles.find((role) => role.name === "rep") ?? roles.at(-1);
  const form = useForm({ label: "", like: like?.id ?? "" }, ["name"]);
  const title = form.draft.label.trim();
  useSpelt(title);
  const name = freeName(
    nameFrom(title) || "role",
    roles.map((role) => role.name),
  );
  const save = async () => {
    const grants = readGrants(roles.find((role) => role.id === form.draft.like)?.grants);
    await writes.create({ name, label: title, grants }, t("admin.role.added", { name: title }));
    await refresh();
    onDone(name);
  };
  return (
    <FormPanel
      form={form}
      title={t("admin.role.new")}
      onClose={onClose}
      submit={t("admin.role.add")}
      ready={Boolean(title)}
      onSubmit={save}
      lines={[
        { name: "label", label: t("admin.role.name"), required: true, faults: ["name"], autoFocus: true },
        {
          name: "like",
          label: t("admin.role.like"),
          help: t("admin.role.like.help"),
          options: roles.map((role) => ({ value: role.id, label: roleTitle(role, catalog.roles) })),
        },
      ]}
    />
  );
}
