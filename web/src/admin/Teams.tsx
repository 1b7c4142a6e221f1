/** Teams: a tree of people who work together; what a manager sees follows it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CornerDownRight } from "lucide-react";
import { useMemo, useState } from "react";
import { api } from "../api/client";
import { keys, type Page, touchRecords } from "../api/queries";
import { useWrites } from "../api/writes";
import { useT } from "../i18n";
import { Picker } from "../records/Picker";
import type { RecordData, Ref } from "../schema/catalog";
import { Avatar, Begin, Button, Nothing } from "../ui";
import { TreeSelect } from "../ui/antd";
import styles from "./admin.module.css";
import { FormPanel, useForm } from "./Form";
import { Meaning, type PeopleChange } from "./Meaning";
import { Section } from "./Section";
import { Answered, DataTable } from "./Table";

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

export default function Teams() {
  const t = useT();
  const found = useTeams();
  const members = useMembers();
  const [open, setOpen] = useState<TeamRecord | { parent: TeamRecord | null } | null>(null);
  const branches = useMemo(() => inOrder(found.data ?? []), [found.data]);
  const of = (team: string) => (members.data ?? []).filter((user) => user.teams.some((one) => one.id === team));
  const chosen = open && "id" in open ? (found.data?.find((team) => team.id === open.id) ?? open) : null;
  const begin = <Begin onClick={() => setOpen({ parent: null })}>{t("admin.team.new")}</Begin>;
  return (
    <Section
      title={t("admin.teams")}
      count={found.data?.length}
      lead={t("admin.teams.lead")}
      actions={begin}
      panel={
        open && (
          <TeamPanel
            key={chosen ? `${chosen.id} ${members.isSuccess}` : "new"}
            team={chosen}
            parent={"parent" in open && !("id" in open) ? open.parent : null}
            branches={branches}
            members={chosen ? of(chosen.id) : []}
            onClose={() => setOpen((now) => (now === open ? null : now))}
          />
        )
      }
    >
      <Answered of={found} empty={branches.length === 0 && <Nothing of="admin.teams.none" action={begin} />}>
        <DataTable
          rows={branches.map((branch) => ({ ...branch, people: of(branch.team.id) }))}
          name={({ team }) => team.id}
          onOpen={({ team }) => setOpen(team)}
          chosen={({ team }) => team.id === chosen?.id}
          columns={[
            {
              head: t("admin.col.team"),
              opens: true,
              cell: ({ team, depth }) => (
                <span className={styles.tree} style={{ paddingLeft: Math.max(0, depth - 1) * 22 }}>
                  {depth > 0 && <CornerDownRight aria-hidden />}
                  <button type="button" className={styles.name} onClick={() => setOpen(team)}>
                    {team.name}
                  </button>
                </span>
              ),
            },
            { head: t("admin.col.lead"), cell: ({ team }) => team.lead?.title, hide: "phone", soft: true },
            {
              head: t("admin.col.members"),
              cell: ({ people }) =>
                people.length ? (
                  <span className={styles.badges} title={people.map((user) => user.name).join(t("record.comma"))}>
                    <span className={styles.people}>
                      {people.slice(0, 4).map((user) => (
                        <Avatar key={user.id} name={user.name} id={user.id} />
                      ))}
                    </span>
                    <span className={styles.second}>{t("admin.team.people", { n: people.length })}</span>
                  </span>
                ) : null,
            },
            {
              head: t("admin.col.acts"),
              acts: true,
              cell: ({ team }) => (
                <button
                  type="button"
                  className={styles.linkButton}
                  aria-label={`${t("admin.team.below")}: ${team.name}`}
                  onClick={(event) => {
                    event.stopPropagation();
                    setOpen({ parent: team });
                  }}
                >
                  {t("admin.team.below")}
                </button>
              ),
            },
          ]}
        />
      </Answered>
    </Section>
  );
}

interface Node {
  value: string;
  title: string;
  disabled: boolean;
  children: Node[];
}

interface PanelProps {
  team: TeamRecord | null;
  parent: TeamRecord | null;
  branches: Branch[];
  members: Member[];
  onClose: () => void;
}

function TeamPanel({ team, parent, branches, members, onClose }: PanelProps) {
  const t = useT();
  const client = useQueryClient();
  const writes = useWrites("team", "all");
  const before: Ref[] = members.map((user) => ({ id: user.id, title: user.name }));
  const start = {
    name: team?.name ?? "",
    parent: (team ? team.parent?.id : parent?.id) ?? null,
    lead: team?.lead ?? null,
    people: before,
    /** Whose membership was there when it was opened: who comes by another hand meanwhile stays. */
    over: before,
  };
  const form = useForm(start, ["teams"]);
  const { draft } = form;
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
  const values: Record<string, unknown> = {};
  const name = draft.name.trim();
  const lead = draft.lead?.id ?? null;
  if (name !== team?.name) values.name = name;
  if (draft.parent !== (team?.parent?.id ?? null)) values.parent = draft.parent;
  if (lead !== (team?.lead?.id ?? null)) values.lead = lead;
  const moved = movedOf(draft.over, draft.people);
  const { data: others } = useQuery({
    queryKey: [...keys.records("user"), "teams", moved],
    queryFn: () => teamsOf(moved),
    enabled: team !== null && moved.length > 0,
  });
  const [leaving, setLeaving] = useState<typeof draft | null>(null);
  const going = team !== null && leaving === draft;
  const tried: PeopleChange[] = !team
    ? []
    : going
      ? [{ object: "team", op: "delete", id: team.id }]
      : [
          ...("parent" in values || "lead" in values
            ? [{ object: "team" as const, op: "update" as const, id: team.id, values }]
            : []),
          ...(moved.length > 0 && others ? membership(team.id, others, draft.people) : []).map((one) => ({
            object: "user" as const,
            ...one,
          })),
        ];
  const save = async () => {
    let id = team?.id;
    if (going) {
      await writes.remove([team.id], { done: t("admin.team.deleted", { name: team.name }) });
      return onClose();
    }
    const done = t(team ? "admin.team.saved" : "admin.team.added", { name });
    if (!id) id = (await writes.create(values, done)).id;
    else if (Object.keys(values).length) await writes.update(id, values, { done });
    await setMembers(id, draft.over, draft.people);
    await touchRecords(client);
    onClose();
  };
  return (
    <FormPanel
      form={form}
      title={team?.name ?? t("admin.team.new")}
      onClose={onClose}
      submit={t(going ? "admin.access.retire.do" : team ? "admin.save" : "admin.team.add")}
      ready={going || (Boolean(draft.name.trim()) && (!team || form.dirty))}
      onSubmit={save}
      says={tried.length > 0 && <Meaning people={tried} />}
      acts={
        team && (
          <Button danger={!going} disabled={form.busy} onClick={() => setLeaving(going ? null : draft)}>
            {t(going ? "shell.cancel" : "admin.delete")}
          </Button>
        )
      }
      lines={[
        { name: "name", label: t("admin.team.name"), required: true, autoFocus: !team },
        {
          name: "parent",
          label: t("admin.team.parent"),
          render: (id) => (
            <TreeSelect
              id={id}
              allowClear
              treeDefaultExpandAll
              className={styles.wide}
              placeholder={t("admin.team.top")}
              value={draft.parent ?? undefined}
              treeData={tree}
              onChange={(next: string | undefined) => form.set({ parent: next ?? null })}
            />
          ),
        },
        {
          name: "lead",
          label: t("admin.col.lead"),
          render: (id) => (
            <Picker
              id={id}
              object="user"
              value={draft.lead ? [draft.lead] : []}
              onChange={([lead = null]) => form.set({ lead })}
              clear
              create={false}
            />
          ),
        },
        {
          name: "people",
          label: t("admin.col.members"),
          faults: ["teams"],
          render: (id) => (
            <Picker
              id={id}
              object="user"
              value={draft.people}
              onChange={(people) => form.set({ people })}
              many
              whole
              create={false}
            />
          ),
        },
      ]}
    >
      <p className={styles.help}>{t("admin.team.help")}</p>
    </FormPanel>
  );
}

/** Membership is kept with the people: those who come and those who go are written at once. */
async function setMembers(team: string, before: Ref[], after: Ref[]): Promise<void> {
  const moved = movedOf(before, after);
  if (moved.length > 0)
    await api.post("/records/user/batch", { operations: membership(team, await teamsOf(moved), after) });
}

/** Ids of who comes and who goes. */
function movedOf(before: Ref[], after: Ref[]): string[] {
  const had = new Set(before.map((one) => one.id));
  const has = new Set(after.map((one) => one.id));
  return [...after.filter((one) => !had.has(one.id)), ...before.filter((one) => !has.has(one.id))].map((one) => one.id);
}

/** A page of a list has no more records. */
const PORTION = 200;

/** These people with the teams that they are in. */
async function teamsOf(people: string[]): Promise<Member[]> {
  const found: Member[] = [];
  for (let at = 0; at < people.length; at += PORTION) {
    const filter = { field: "id", op: "in", value: people.slice(at, at + PORTION) };
    const { data } = await api.read<Page>("/records/user/query", { filter, fields: ["teams"], limit: PORTION });
    found.push(...(data as unknown as Member[]));
  }
  return found;
}

/** What puts people into a team, or takes them out where they are not among `after`. */
function membership(team: string, people: Member[], after: Ref[]) {
  const has = new Set(after.map((one) => one.id));
  return people.map((person) => {
    const teams = person.teams.map((one) => one.id).filter((id) => id !== team);
    return { op: "update" as const, id: person.id, values: { teams: has.has(person.id) ? [...teams, team] : teams } };
  });
}
