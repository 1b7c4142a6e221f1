/** Teams: a tree of people who work together; what a manager sees follows it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, TreeSelect } from "antd";
import { CornerDownRight, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { api } from "../api/client";
import { keys, type Page, touchRecords } from "../api/queries";
import { useWrites } from "../api/writes";
import { useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { RecordData, Ref } from "../schema/catalog";
import { same } from "../schema/filter";
import { Avatar, cx, Empty, ErrorState, SkeletonRows } from "../ui";
import styles from "./admin.module.css";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel, Section } from "./Section";

export interface TeamRecord extends RecordData {
  name: string;
  parent: Ref | null;
  lead: Ref | null;
}

interface Member extends RecordData {
  name: string;
  teams: Ref[];
}

/** Every record of a small object, page by page. */
async function every<Row>(object: string, params: Record<string, unknown>, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<Page>(`/records/${object}`, { ...params, limit: 200, cursor }, signal);
    rows.push(...(page.data as unknown as Row[]));
    cursor = page.next ?? undefined;
  } while (cursor);
  return rows;
}

export const useTeams = () =>
  useQuery({
    queryKey: [...keys.records("team"), "all"],
    queryFn: ({ signal }) => every<TeamRecord>("team", { fields: "name,parent,lead", sort: "name" }, signal),
    staleTime: 15_000,
  });

/** Everybody who is in a team. */
const useMembers = () =>
  useQuery({
    queryKey: [...keys.records("user"), "members"],
    queryFn: ({ signal }) =>
      every<Member>(
        "user",
        {
          fields: "name,teams",
          filter: {
            and: [
              { field: "teams", op: "is_empty", value: false },
              { field: "active", op: "eq", value: true },
            ],
          },
        },
        signal,
      ),
    staleTime: 15_000,
  });

interface Branch {
  team: TeamRecord;
  depth: number;
}

/** Teams under their parents, in the order in which a tree is read. */
export function inOrder(teams: TeamRecord[]): Branch[] {
  const known = new Set(teams.map((team) => team.id));
  const below = new Map<string, TeamRecord[]>();
  for (const team of teams) {
    const parent = team.parent && known.has(team.parent.id) ? team.parent.id : "";
    below.set(parent, [...(below.get(parent) ?? []), team]);
  }
  const found: Branch[] = [];
  const walk = (parent: string, depth: number) => {
    for (const team of below.get(parent) ?? []) {
      found.push({ team, depth });
      walk(team.id, depth + 1);
    }
  };
  walk("", 0);
  return found;
}

export function Teams() {
  const t = useT();
  const found = useTeams();
  const members = useMembers();
  const [open, setOpen] = useState<TeamRecord | { parent: TeamRecord | null } | null>(null);
  const branches = useMemo(() => inOrder(found.data ?? []), [found.data]);
  const of = (team: string) => (members.data ?? []).filter((user) => user.teams.some((one) => one.id === team));
  const chosen = open && "id" in open ? (found.data?.find((team) => team.id === open.id) ?? open) : null;
  return (
    <Section
      title={t("admin.teams")}
      count={found.data?.length}
      lead={t("admin.teams.lead")}
      actions={
        <Button type="primary" icon={<Plus />} onClick={() => setOpen({ parent: null })}>
          {t("admin.team.new")}
        </Button>
      }
      panel={
        open ? (
          <TeamPanel
            key={chosen ? `${chosen.id} ${members.dataUpdatedAt}` : "new"}
            team={chosen}
            parent={"parent" in open && !("id" in open) ? open.parent : null}
            branches={branches}
            members={chosen ? of(chosen.id) : []}
            onClose={() => setOpen(null)}
          />
        ) : undefined
      }
    >
      {found.isPending ? (
        <SkeletonRows />
      ) : found.isError ? (
        <ErrorState error={found.error} retry={found.refetch} />
      ) : branches.length === 0 ? (
        <Empty title={t("admin.teams.none")} text={t("admin.teams.none.text")} />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>{t("admin.col.team")}</th>
              <th className={styles.hidePhone}>{t("admin.col.lead")}</th>
              <th>{t("admin.col.members")}</th>
              <th>
                <span className="sr">{t("admin.col.acts")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {branches.map(({ team, depth }) => {
              const people = of(team.id);
              return (
                <tr
                  key={team.id}
                  className={cx(styles.click, chosen?.id === team.id && styles.on)}
                  onClick={() => setOpen(team)}
                >
                  <td>
                    <span className={styles.tree} style={{ paddingLeft: Math.max(0, depth - 1) * 22 }}>
                      {depth > 0 && <CornerDownRight aria-hidden />}
                      <button type="button" className={styles.name} onClick={() => setOpen(team)}>
                        {team.name}
                      </button>
                    </span>
                  </td>
                  <td className={cx(styles.second, styles.hidePhone)}>
                    {team.lead?.title ?? <span className={styles.soft}>—</span>}
                  </td>
                  <td>
                    {people.length ? (
                      <span className={styles.badges} title={people.map((user) => user.name).join(t("record.comma"))}>
                        <span className={styles.people}>
                          {people.slice(0, 4).map((user) => (
                            <Avatar key={user.id} name={user.name} id={user.id} />
                          ))}
                        </span>
                        <span className={styles.second}>{t("admin.team.people", { n: people.length })}</span>
                      </span>
                    ) : (
                      <span className={styles.soft}>—</span>
                    )}
                  </td>
                  <td className={styles.right}>
                    <button
                      type="button"
                      className={styles.linkButton}
                      onClick={(event) => {
                        event.stopPropagation();
                        setOpen({ parent: team });
                      }}
                    >
                      {t("admin.team.below")}
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Section>
  );
}

interface Node {
  value: string;
  title: string;
  disabled: boolean;
  children: Node[];
}

function TeamPanel({
  team,
  parent,
  branches,
  members,
  onClose,
}: {
  team: TeamRecord | null;
  parent: TeamRecord | null;
  branches: Branch[];
  members: Member[];
  onClose: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const writes = useWrites("team");
  const [name, setName] = useState(team?.name ?? "");
  const [above, setAbove] = useState<string | null>(team ? (team.parent?.id ?? null) : (parent?.id ?? null));
  const [lead, setLead] = useState<Ref[]>(team?.lead ? [team.lead] : []);
  const before: Ref[] = members.map((user) => ({ id: user.id, title: user.name }));
  const [people, setPeople] = useState<Ref[]>(before);
  const [faults, setFaults] = useState<Faults>(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  // A team cannot stand under itself.
  const tree = useMemo(() => {
    const make = (id: string | null, off: boolean): Node[] =>
      branches
        .filter(({ team: one }) => (one.parent?.id ?? null) === id)
        .map(({ team: one }) => ({
          value: one.id,
          title: one.name,
          disabled: off || one.id === team?.id,
          children: make(one.id, off || one.id === team?.id),
        }));
    return make(null, false);
  }, [branches, team]);

  const save = async () => {
    if (!name.trim() || busy) return;
    setBusy(true);
    setFaults(NO_FAULTS);
    try {
      const values: Record<string, unknown> = {};
      if (name.trim() !== team?.name) values.name = name.trim();
      if (above !== (team?.parent?.id ?? null)) values.parent = above;
      if ((lead[0]?.id ?? null) !== (team?.lead?.id ?? null)) values.lead = lead[0]?.id ?? null;
      let id = team?.id;
      const done = t(team ? "admin.team.saved" : "admin.team.added", { name: name.trim() });
      if (!id) id = (await writes.create(values, done)).id;
      else if (Object.keys(values).length) await writes.update(id, values, { done });
      await setMembers(id, before, people);
      await touchRecords(client);
      onClose();
    } catch (reason) {
      setFaults(faultsOf(reason, ["name", "parent", "lead", "teams"], t("shell.offline")));
      setBusy(false);
    }
  };
  const remove = async () => {
    if (!team) return;
    try {
      await writes.remove([team.id]);
      onClose();
    } catch (reason) {
      setFaults(faultsOf(reason, [], t("shell.offline")));
    }
  };

  const changed = !team || name.trim() !== team.name || above !== (team.parent?.id ?? null);
  const dirty =
    changed ||
    (lead[0]?.id ?? null) !== (team?.lead?.id ?? null) ||
    !same(people.map((one) => one.id).sort(), before.map((one) => one.id).sort());
  return (
    <Panel
      title={team ? team.name : t("admin.team.new")}
      onClose={onClose}
      foot={
        <>
          <Button
            className={styles.grow}
            type="primary"
            loading={busy}
            disabled={!name.trim() || !dirty}
            onClick={() => void save()}
          >
            {team ? t("admin.save") : t("admin.team.add")}
          </Button>
          {team && (
            <Button danger onClick={() => void remove()}>
              {t("admin.delete")}
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
        <Line label={t("admin.team.name")} required error={faults.fields.name}>
          {(id) => (
            <Input
              id={id}
              autoFocus={!team}
              value={name}
              maxLength={120}
              status={faults.fields.name ? "error" : undefined}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Line>
        <Line label={t("admin.team.parent")} error={faults.fields.parent}>
          {(id) => (
            <TreeSelect
              id={id}
              allowClear
              treeDefaultExpandAll
              style={{ width: "100%" }}
              placeholder={t("admin.team.top")}
              value={above ?? undefined}
              treeData={tree}
              onChange={(next: string | undefined) => setAbove(next ?? null)}
            />
          )}
        </Line>
        <Line label={t("admin.col.lead")} error={faults.fields.lead}>
          {(id) => <Picker id={id} object="user" value={lead} onChange={setLead} clear create={false} />}
        </Line>
        <Line label={t("admin.col.members")} error={faults.fields.teams}>
          {(id) => <Picker id={id} object="user" value={people} onChange={setPeople} many create={false} />}
        </Line>
        <p className={styles.help}>{t("admin.team.help")}</p>
      </form>
    </Panel>
  );
}

/** Membership is kept with the people: those who come and those who go are written at once. */
async function setMembers(team: string, before: Ref[], after: Ref[]): Promise<void> {
  const had = new Set(before.map((one) => one.id));
  const has = new Set(after.map((one) => one.id));
  const moved = [...after.filter((one) => !had.has(one.id)), ...before.filter((one) => !has.has(one.id))];
  if (moved.length === 0) return;
  const { data } = await api.read<Page>("/records/user/query", {
    filter: { field: "id", op: "in", value: moved.map((one) => one.id) },
    fields: ["teams"],
    limit: 200,
  });
  const operations = data.map((row) => {
    const teams = (row.teams as Ref[]).map((one) => one.id).filter((id) => id !== team);
    return { op: "update", id: row.id, values: { teams: has.has(row.id) ? [...teams, team] : teams } };
  });
  await api.post("/records/user/batch", { operations });
}
