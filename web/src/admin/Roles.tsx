/** Roles: what people may do, as a matrix and in a sentence. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button, Checkbox, Input, Select } from "antd";
import { ChevronDown, ChevronRight, Lock, Plus, RotateCcw } from "lucide-react";
import { Fragment, useState } from "react";
import { ApiError, api } from "../api/client";
import { keys, useCatalog, useRefreshCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { useLabel, useT } from "../i18n";
import { type ObjectDef, type RecordData, visibleFields } from "../schema/catalog";
import { same } from "../schema/filter";
import { cx, ErrorState, IconButton, SkeletonRows } from "../ui";
import styles from "./admin.module.css";
import { freeName, nameFrom } from "./changes";
import {
  type Grants,
  isPlain,
  OTHERS,
  type Right,
  readGrants,
  rightOf,
  SCOPES,
  type Scope,
  SYSTEM,
  sayGrants,
  scopeOf,
  VERBS,
  type Verb,
  withoutObject,
  withRight,
  withScope,
  withSystem,
} from "./grants";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";

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

export function Roles({ name }: { name: string | undefined }) {
  const t = useT();
  const navigate = useNavigate();
  const found = useRoles();
  const [making, setMaking] = useState(false);
  if (found.isPending) return <SkeletonRows />;
  if (found.isError) return <ErrorState error={found.error} retry={found.refetch} />;
  const roles = found.data;
  const role = name ? roles.find((one) => one.name === name) : roles[0];
  if (!role) return <ErrorState error={new ApiError(404, "")} />;
  return (
    <RoleEditor
      key={`${role.id} ${role.version}`}
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
      title={t("admin.roles")}
    />
  );
}

function RoleEditor({
  role,
  roles,
  onNew,
  panel,
  title,
}: {
  role: Role;
  roles: Role[];
  onNew: () => void;
  panel: React.ReactNode;
  title: string;
}) {
  const t = useT();
  const label = useLabel();
  const catalog = useCatalog();
  const client = useQueryClient();
  const refresh = useRefreshCatalog();
  const navigate = useNavigate();
  const writes = useWrites("role");
  const saved = readGrants(role.grants);
  const [grants, setGrants] = useState<Grants>(saved);
  const [open, setOpen] = useState<string | null>(null);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const locked = role.name === "administrator";
  const dirty = !same(grants, saved);
  const objects = catalog.objects;

  const save = async () => {
    setBusy(true);
    try {
      await writes.update(
        role.id,
        { grants },
        { version: role.version, done: t("admin.role.saved", { name: role.label }) },
      );
      await client.invalidateQueries({ queryKey: keys.records("role") });
      await refresh();
    } catch (reason) {
      setFaults(faultsOf(reason, [], t("shell.offline")));
    } finally {
      setBusy(false);
    }
  };
  const remove = async () => {
    try {
      await writes.remove([role.id]);
      await refresh();
      void navigate({ to: "/settings/$", params: { _splat: "roles" } });
    } catch (reason) {
      setFaults(faultsOf(reason, [], t("shell.offline")));
    }
  };

  return (
    <Section
      title={title}
      actions={
        <Button type={dirty ? "default" : "primary"} icon={<Plus />} onClick={onNew}>
          {t("admin.role.new")}
        </Button>
      }
      bar={
        <nav className={styles.tabs} aria-label={t("admin.roles")}>
          {roles.map((one) => (
            <Link
              key={one.id}
              to="/settings/$"
              params={{ _splat: `roles/${one.name}` }}
              className={cx(styles.tab, one.id === role.id && styles.tabOn)}
              aria-current={one.id === role.id ? "page" : undefined}
            >
              {one.label || one.name}
            </Link>
          ))}
        </nav>
      }
      panel={panel || undefined}
      foot={
        dirty ? (
          <div className={styles.foot}>
            <span className={styles.footNote}>{t("admin.role.dirty")}</span>
            <span className="spring" />
            <Button onClick={() => setGrants(saved)}>{t("admin.discard")}</Button>
            <Button type="primary" loading={busy} onClick={() => void save()}>
              {t("admin.save")}
            </Button>
          </div>
        ) : undefined
      }
    >
      <div className={styles.pad} style={{ paddingTop: 14 }}>
        <Banner messages={faults.others} />
        <div className={styles.sentence} aria-live="polite">
          {sayGrants(grants, catalog, t, label).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        {locked && (
          <p className={styles.help} style={{ marginTop: 8 }}>
            {t("admin.role.locked")}
          </p>
        )}
      </div>
      <div style={{ overflowX: "auto" }}>
        <table className={cx(styles.table, styles.matrix)}>
          <caption className="sr">{t("admin.role.matrix", { name: role.label })}</caption>
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
            {objects.map((object) => (
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
      <div className={styles.pad} style={{ paddingTop: 18 }}>
        <h2 className={styles.group}>{t("admin.system")}</h2>
        <div className={styles.checks} style={{ marginTop: 8 }}>
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
        {!locked && (
          <p style={{ marginTop: 24 }}>
            <Button danger size="small" onClick={() => void remove()}>
              {t("admin.role.delete")}
            </Button>
          </p>
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
          <IconButton
            small
            icon={<RotateCcw />}
            label={t("admin.role.same")}
            onClick={() => onChange(withoutObject(grants, name))}
          />
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

const RIGHTS: Right[] = ["write", "read", "none"];

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
  const refresh = useRefreshCatalog();
  const writes = useWrites("role");
  const [title, setTitle] = useState("");
  const [like, setLike] = useState(roles.find((role) => role.name === "rep")?.id ?? roles.at(-1)?.id);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const name = freeName(
    nameFrom(title) || "role",
    roles.map((role) => role.name),
  );
  const save = async () => {
    if (!title.trim() || busy) return;
    setBusy(true);
    try {
      const grants = readGrants(roles.find((role) => role.id === like)?.grants);
      await writes.create({ name, label: title.trim(), grants }, t("admin.role.added", { name: title.trim() }));
      await refresh();
      onDone(name);
    } catch (reason) {
      setFaults(faultsOf(reason, ["label", "name"], t("shell.offline")));
      setBusy(false);
    }
  };
  return (
    <Panel
      title={t("admin.role.new")}
      onClose={onClose}
      foot={
        <Button
          className={styles.grow}
          type="primary"
          disabled={!title.trim()}
          loading={busy}
          onClick={() => void save()}
        >
          {t("admin.role.add")}
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Banner messages={faults.others} />
        <Line label={t("admin.role.name")} required error={faults.fields.label ?? faults.fields.name}>
          {(id) => <Input id={id} autoFocus value={title} maxLength={120} onChange={(e) => setTitle(e.target.value)} />}
        </Line>
        <Line label={t("admin.role.like")} help={t("admin.role.like.help")}>
          {(id) => (
            <Select
              id={id}
              style={{ width: "100%" }}
              value={like}
              onChange={setLike}
              options={roles.map((role) => ({ value: role.id, label: role.label || role.name }))}
            />
          )}
        </Line>
      </form>
    </Panel>
  );
}
