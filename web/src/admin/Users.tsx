/** Users: who signs in, as what, and in which teams. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Eye, Link2, UserRound, UserRoundX } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import { listOptions, rowsOf, useCatalog, useMe } from "../api/queries";
import { useWrites } from "../api/writes";
import { useT } from "../i18n";
import type { RecordData, Ref } from "../schema/catalog";
import { same } from "../schema/filter";
import { LANGUAGES } from "../shell/me";
import { viewAs } from "../shell/Viewing";
import { Avatar, Badge, Begin, Button } from "../ui";
import styles from "./admin.module.css";
import { FormPanel, SecretPanel, useForm } from "./Form";
import { roleTitle } from "./grants";
import { HandOver } from "./HandOver";
import { Meaning } from "./Meaning";
import { Section } from "./Section";
import { Answered, DataTable, Find, Toggle } from "./Table";
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

export default function Users() {
  const t = useT();
  const me = useMe();
  const catalog = useCatalog();
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<UserRecord | "new" | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useInfiniteQuery({
    ...listOptions("user", {
      q,
      fields: FIELDS,
      sort: q ? null : "name",
      limit: 100,
      filter: all ? null : { field: "active", op: "eq", value: true },
      include: "count",
    }),
    placeholderData: keepPreviousData,
  });
  const rows = rowsOf(found.data) as UserRecord[];
  const chosen = open && open !== "new" ? (rows.find((row) => row.id === open.id) ?? open) : null;
  return (
    <Section
      title={t("admin.users")}
      count={found.data?.pages[0]?.count}
      actions={<Begin onClick={() => setOpen("new")}>{t("admin.user.new")}</Begin>}
      bar={
        <div className={styles.bar}>
          <Find label={t("admin.user.find")} value={typed} onChange={setTyped} />
          <span className="spring" />
          <Toggle label={t("admin.user.inactive.show")} checked={all} onChange={setAll} />
        </div>
      }
      panel={
        open && (
          <UserPanel
            key={chosen?.id ?? "new"}
            user={chosen}
            onClose={() => setOpen((now) => (now === open ? null : now))}
            onMade={setOpen}
          />
        )
      }
    >
      <Answered of={found} empty={rows.length === 0 && t("admin.user.none", { q })}>
        <DataTable
          rows={rows}
          name={(user) => user.id}
          onOpen={setOpen}
          chosen={(user) => user.id === chosen?.id}
          off={(user) => !user.active}
          columns={[
            {
              head: t("admin.col.user"),
              opens: true,
              cell: (user) => (
                <button type="button" className={styles.name} onClick={() => setOpen(user)}>
                  <Avatar name={user.name} id={user.id} />
                  <span className="ellipsis">{user.name}</span>
                  {user.id === me.id && <Badge>{t("admin.user.you")}</Badge>}
                  {!user.active && <Badge>{t("admin.user.inactive")}</Badge>}
                </button>
              ),
            },
            { head: t("admin.col.email"), cell: (user) => user.email, hide: "phone", soft: true },
            {
              head: t("admin.col.role"),
              cell: (user) => user.role && <span className={styles.word}>{roleTitle(user.role, catalog.roles)}</span>,
            },
            {
              head: t("admin.col.teams"),
              cell: (user) => user.teams.map((team) => team.title).join(t("record.comma")) || null,
              hide: "phone",
              soft: true,
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

interface PanelProps {
  user: UserRecord | null;
  onClose: () => void;
  onMade: (user: UserRecord) => void;
}

function UserPanel({ user, onClose, onMade }: PanelProps) {
  const t = useT();
  const me = useMe();
  const catalog = useCatalog();
  const writes = useWrites("user", "all");
  const teams = useTeams();
  const start = {
    name: user?.name ?? "",
    email: user?.email ?? "",
    role: user?.role?.id ?? catalog.roles.find((role) => role.name === "rep")?.id ?? null,
    teams: user?.teams.map((team) => team.id) ?? [],
    language: user?.language ?? (user ? null : catalog.workspace.language),
    password: "",
  };
  const form = useForm(start);
  const { draft } = form;
  const [setting, setSetting] = useState(false);
  const [invitation, setInvitation] = useState<string | null>(null);
  const [handing, setHanding] = useState(false);
  const values = Object.fromEntries(
    Object.entries(draft).filter(([name, value]) =>
      name === "password" ? value : !user || !same(value, start[name as keyof typeof start]),
    ),
  );
  const invite = async (id: string) => {
    const { data } = await api.post<{ link: string }>(`/records/user/${id}/actions/invite`, { input: {} });
    setInvitation(new URL(data.link, window.location.origin).href);
  };
  const save = async () => {
    if (user) {
      await writes.update(user.id, values, { done: t("admin.user.saved", { name: draft.name }) });
      form.set({ password: "" });
      setSetting(false);
    } else {
      const made = await writes.create(values, t("admin.user.added", { name: draft.name }));
      if (draft.password) onMade(made as UserRecord);
      else await invite(made.id);
    }
  };
  if (invitation)
    return (
      <SecretPanel
        title={t("admin.invite.title", { name: draft.name })}
        text={t("admin.invite.text", { name: draft.name })}
        secret={invitation}
        close={t("shell.close")}
        onClose={onClose}
      >
        <p className={styles.help}>{t("admin.invite.days")}</p>
      </SecretPanel>
    );
  const other = user && user.id !== me.id ? user : null;
  if (other && handing) return <HandOver user={other} onClose={() => setHanding(false)} onDone={onClose} />;
  const moved = Object.fromEntries(Object.entries(values).filter(([name]) => name === "role" || name === "teams"));
  return (
    <FormPanel
      form={form}
      title={user?.name ?? t("admin.user.new")}
      extra={user && !user.active ? <Badge>{t("admin.user.inactive")}</Badge> : undefined}
      onClose={onClose}
      submit={user ? t("admin.save") : draft.password ? t("admin.user.add") : t("admin.user.invite")}
      ready={Boolean(Object.keys(values).length && draft.name.trim() && draft.email.trim() && draft.role)}
      onSubmit={save}
      says={
        user &&
        Object.keys(moved).length > 0 && (
          <Meaning people={[{ object: "user", op: "update", id: user.id, values: moved }]} />
        )
      }
      lines={[
        { name: "name", label: t("admin.col.user"), required: true, icon: <UserRound />, autoFocus: !user },
        {
          name: "email",
          label: t("admin.col.email"),
          required: true,
          kind: "email",
          help: t("admin.user.email.help"),
          max: 254,
        },
        {
          name: "role",
          label: t("admin.col.role"),
          required: true,
          options: catalog.roles.map((role) => ({ value: role.id, label: roleTitle(role, catalog.roles) })),
        },
        {
          name: "teams",
          label: t("admin.col.teams"),
          many: true,
          placeholder: t("admin.user.teams.none"),
          options: (teams.data ?? []).map((team) => ({ value: team.id, label: team.name })),
        },
        {
          name: "language",
          label: t("shell.language"),
          clear: true,
          placeholder: t("admin.user.language.workspace"),
          options: LANGUAGES.map(([value, label]) => ({ value, label })),
        },
        (!user || setting) && {
          name: "password",
          label: t(user ? "admin.password.new" : "admin.password.optional"),
          help: t(user ? "admin.password.help" : "admin.password.invite"),
          kind: "password",
          autoFocus: setting,
        },
      ]}
    >
      {user && (
        <div className={styles.keptActs}>
          {!setting && <Button onClick={() => setSetting(true)}>{t("admin.password.set")}</Button>}
          {user.active && (
            <Button icon={<Link2 />} disabled={form.busy} onClick={() => void form.run(() => invite(user.id))}>
              {t("admin.invite")}
            </Button>
          )}
          {other?.active && me.can.includes("view_as") && (
            <Button icon={<Eye />} disabled={form.busy} onClick={() => void form.run(() => viewAs(other.id))}>
              {t("admin.user.view_as")}
            </Button>
          )}
          {other && (
            <Button icon={<UserRoundX />} disabled={form.busy} onClick={() => setHanding(true)}>
              {t("admin.hand")}
            </Button>
          )}
          {other && (
            <Button
              danger={other.active}
              disabled={form.busy}
              onClick={() =>
                void form.run(() =>
                  writes.update(
                    other.id,
                    { active: !other.active },
                    {
                      done: t(other.active ? "admin.user.deactivated" : "admin.user.activated", { name: other.name }),
                    },
                  ),
                )
              }
            >
              {t(other.active ? "admin.user.deactivate" : "admin.user.activate")}
            </Button>
          )}
        </div>
      )}
      {other?.active && <p className={styles.help}>{t("admin.user.deactivate.help")}</p>}
    </FormPanel>
  );
}
