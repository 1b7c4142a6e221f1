/** Users: who signs in, as what, and in which teams. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Input, Select, Switch } from "antd";
import { Copy, Link2, Plus, Search, UserRound } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import { listOptions, rowsOf, useCatalog, useMe } from "../api/queries";
import { useWrites } from "../api/writes";
import { useT } from "../i18n";
import type { RecordData, Ref } from "../schema/catalog";
import { same } from "../schema/filter";
import { LANGUAGES } from "../shell/TopBar";
import { Avatar, Badge, cx, Empty, ErrorState, SkeletonRows, useToast } from "../ui";
import styles from "./admin.module.css";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";
import { useTeams } from "./Teams";

export interface UserRecord extends RecordData {
  name: string;
  email: string;
  role: Ref | null;
  teams: Ref[];
  language: string | null;
  active: boolean;
}

const FIELDS = ["name", "email", "role", "teams", "language", "active"];

export function Users() {
  const t = useT();
  const me = useMe();
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<UserRecord | "new" | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useInfiniteQuery(
    listOptions("user", {
      q,
      fields: FIELDS,
      sort: q ? null : "name",
      limit: 100,
      filter: all ? null : { field: "active", op: "eq", value: true },
      include: "count",
    }),
  );
  const rows = rowsOf(found.data) as UserRecord[];
  const count = found.data?.pages[0]?.count;
  const fresh = open && open !== "new" ? (rows.find((row) => row.id === open.id) ?? open) : open;
  return (
    <Section
      title={t("admin.users")}
      count={count}
      actions={
        <Button type="primary" icon={<Plus />} onClick={() => setOpen("new")}>
          {t("admin.user.new")}
        </Button>
      }
      bar={
        <div className={styles.bar}>
          <Input
            allowClear
            prefix={<Search />}
            style={{ width: 240 }}
            value={typed}
            placeholder={t("admin.user.find")}
            aria-label={t("admin.user.find")}
            onChange={(event) => setTyped(event.target.value)}
          />
          <span className="spring" />
          <span className={styles.switch}>
            <Switch size="small" checked={all} onChange={setAll} aria-label={t("admin.user.inactive.show")} />
            {t("admin.user.inactive.show")}
          </span>
        </div>
      }
      panel={
        fresh ? (
          <UserPanel
            key={fresh === "new" ? "new" : fresh.id}
            user={fresh === "new" ? null : fresh}
            onClose={() => setOpen(null)}
            onMade={setOpen}
          />
        ) : undefined
      }
    >
      {found.isPending ? (
        <SkeletonRows />
      ) : found.isError ? (
        <ErrorState error={found.error} retry={found.refetch} />
      ) : rows.length === 0 ? (
        <Empty title={t("admin.user.none", { q })} />
      ) : (
        <>
          <table className={styles.table}>
            <thead>
              <tr>
                <th>{t("admin.col.user")}</th>
                <th className={styles.hidePhone}>{t("admin.col.email")}</th>
                <th>{t("admin.col.role")}</th>
                <th className={styles.hidePhone}>{t("admin.col.teams")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((user) => (
                <tr
                  key={user.id}
                  className={cx(
                    styles.click,
                    !user.active && styles.off,
                    fresh && fresh !== "new" && fresh.id === user.id && styles.on,
                  )}
                  onClick={() => setOpen(user)}
                >
                  <td>
                    <button type="button" className={styles.name} onClick={() => setOpen(user)}>
                      <Avatar name={user.name} id={user.id} />
                      <span className="ellipsis">{user.name}</span>
                      {user.id === me.id && <Badge>{t("admin.user.you")}</Badge>}
                      {!user.active && <Badge>{t("admin.user.inactive")}</Badge>}
                    </button>
                  </td>
                  <td className={cx(styles.second, styles.hidePhone)}>{user.email}</td>
                  <td>{user.role?.title}</td>
                  <td className={cx(styles.second, styles.hidePhone)}>
                    {user.teams.length ? (
                      user.teams.map((team) => team.title).join(t("record.comma"))
                    ) : (
                      <span className={styles.soft}>—</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {found.hasNextPage && (
            <div className={styles.bar}>
              <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t("admin.more")}
              </Button>
            </div>
          )}
        </>
      )}
    </Section>
  );
}

interface Draft {
  name: string;
  email: string;
  role: string | null;
  teams: string[];
  language: string | null;
  password: string;
}

function UserPanel({
  user,
  onClose,
  onMade,
}: {
  user: UserRecord | null;
  onClose: () => void;
  onMade: (user: UserRecord) => void;
}) {
  const t = useT();
  const me = useMe();
  const toast = useToast();
  const catalog = useCatalog();
  const writes = useWrites("user");
  const teams = useTeams();
  const start: Draft = {
    name: user?.name ?? "",
    email: user?.email ?? "",
    role: user?.role?.id ?? catalog.roles.find((role) => role.name === "rep")?.id ?? null,
    teams: user?.teams.map((team) => team.id) ?? [],
    language: user?.language ?? (user ? null : catalog.workspace.language),
    password: "",
  };
  const [draft, setDraft] = useState(start);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const [setting, setSetting] = useState(false);
  const [invitation, setInvitation] = useState<string | null>(null);
  const set = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setFaults(NO_FAULTS);
  };
  const values = (): Record<string, unknown> => {
    const next: Record<string, unknown> = {};
    for (const name of ["name", "email", "role", "teams", "language"] as const)
      if (!user || !same(draft[name], start[name])) next[name] = draft[name];
    if (draft.password) next.password = draft.password;
    return next;
  };
  const dirty = !user || Object.keys(values()).length > 0;
  const guarded = async (act: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setFaults(NO_FAULTS);
    try {
      await act();
    } catch (reason) {
      setFaults(faultsOf(reason, ["name", "email", "role", "teams", "language", "password"], t("shell.offline")));
    } finally {
      setBusy(false);
    }
  };
  const invite = async (id: string) => {
    const { data } = await api.post<{ link: string }>(`/records/user/${id}/actions/invite`, { input: {} });
    setInvitation(new URL(data.link, window.location.origin).href);
  };
  const save = () =>
    guarded(async () => {
      if (user) {
        await writes.update(user.id, values(), { done: t("admin.user.saved", { name: draft.name }) });
        setDraft({ ...draft, password: "" });
        setSetting(false);
      } else {
        const made = await writes.create(values(), t("admin.user.added", { name: draft.name }));
        if (!draft.password) await invite(made.id);
        else onMade(made as UserRecord);
      }
    });
  const toggle = () =>
    guarded(async () => {
      if (!user) return;
      await writes.update(
        user.id,
        { active: !user.active },
        { done: t(user.active ? "admin.user.deactivated" : "admin.user.activated", { name: user.name }) },
      );
    });
  const copy = async () => {
    await navigator.clipboard?.writeText(invitation ?? "");
    toast({ text: t("admin.copied") });
  };

  if (invitation)
    return (
      <Panel
        title={t("admin.invite.title", { name: draft.name })}
        onClose={onClose}
        foot={
          <>
            <Button className={styles.grow} type="primary" icon={<Copy />} onClick={() => void copy()}>
              {t("admin.copy")}
            </Button>
            <Button onClick={onClose}>{t("shell.close")}</Button>
          </>
        }
      >
        <div className={styles.form}>
          <p>{t("admin.invite.text", { name: draft.name })}</p>
          <p className={styles.secret}>{invitation}</p>
          <p className={styles.help}>{t("admin.invite.days")}</p>
        </div>
      </Panel>
    );

  const password = !user || setting;
  return (
    <Panel
      title={user ? user.name : t("admin.user.new")}
      extra={user && !user.active ? <Badge>{t("admin.user.inactive")}</Badge> : undefined}
      onClose={onClose}
      foot={
        <Button
          className={styles.grow}
          type="primary"
          loading={busy}
          disabled={!dirty || !draft.name.trim() || !draft.email.trim() || !draft.role}
          onClick={() => void save()}
        >
          {user ? t("admin.save") : draft.password ? t("admin.user.add") : t("admin.user.invite")}
        </Button>
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
        <Line label={t("admin.col.user")} required error={faults.fields.name}>
          {(id) => (
            <Input
              id={id}
              autoFocus={!user}
              value={draft.name}
              maxLength={120}
              prefix={<UserRound />}
              status={faults.fields.name ? "error" : undefined}
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Line>
        <Line label={t("admin.col.email")} required help={t("admin.user.email.help")} error={faults.fields.email}>
          {(id) => (
            <Input
              id={id}
              type="email"
              autoComplete="off"
              value={draft.email}
              maxLength={254}
              status={faults.fields.email ? "error" : undefined}
              onChange={(event) => set({ email: event.target.value })}
            />
          )}
        </Line>
        <Line label={t("admin.col.role")} required error={faults.fields.role}>
          {(id) => (
            <Select
              id={id}
              style={{ width: "100%" }}
              value={draft.role}
              status={faults.fields.role ? "error" : undefined}
              onChange={(role: string) => set({ role })}
              options={catalog.roles.map((role) => ({ value: role.id, label: role.title || role.name }))}
            />
          )}
        </Line>
        <Line label={t("admin.col.teams")} error={faults.fields.teams}>
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              style={{ width: "100%" }}
              showSearch={{ optionFilterProp: "label" }}
              placeholder={t("admin.user.teams.none")}
              value={draft.teams}
              onChange={(next: string[]) => set({ teams: next })}
              options={(teams.data ?? []).map((team) => ({ value: team.id, label: team.name }))}
            />
          )}
        </Line>
        <Line label={t("shell.language")} error={faults.fields.language}>
          {(id) => (
            <Select
              id={id}
              allowClear
              style={{ width: "100%" }}
              placeholder={t("admin.user.language.workspace")}
              value={draft.language}
              onChange={(language: string | undefined) => set({ language: language ?? null })}
              options={LANGUAGES.map(([value, text]) => ({ value, label: text }))}
            />
          )}
        </Line>
        {password && (
          <Line
            label={user ? t("admin.password.new") : t("admin.password.optional")}
            help={user ? t("admin.password.help") : t("admin.password.invite")}
            error={faults.fields.password}
          >
            {(id) => (
              <Input.Password
                id={id}
                autoComplete="new-password"
                value={draft.password}
                maxLength={256}
                autoFocus={setting}
                status={faults.fields.password ? "error" : undefined}
                onChange={(event) => set({ password: event.target.value })}
              />
            )}
          </Line>
        )}
        {user && (
          <div className={styles.badges} style={{ gap: 8 }}>
            {!setting && <Button onClick={() => setSetting(true)}>{t("admin.password.set")}</Button>}
            {user.active && (
              <Button icon={<Link2 />} disabled={busy} onClick={() => void guarded(() => invite(user.id))}>
                {t("admin.invite")}
              </Button>
            )}
            {user.id !== me.id && (
              <Button danger={user.active} disabled={busy} onClick={() => void toggle()}>
                {t(user.active ? "admin.user.deactivate" : "admin.user.activate")}
              </Button>
            )}
          </div>
        )}
        {user?.active && user.id !== me.id && <p className={styles.help}>{t("admin.user.deactivate.help")}</p>}
      </form>
    </Panel>
  );
}
