/**
 * The decision chain: who reports to whom, decides what, and stands how to us. A person is dropped on their boss, or chosen
 * with the keyboard; both end in the same change of the contact, which can be undone.
 */
import {
  DndContext,
  type DragEndEvent,
  MouseSensor,
  TouchSensor,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Maximize2, Plus, X } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useCatalog } from "../api/queries";
import { useWrites } from "../api/writes";
import { useFormatContext } from "../fields";
import { type Field, type ObjectDef, type Ref, titleOf } from "../schema/catalog";
import { useCreate } from "../shell/create";
import { cx, IconButton, initial, Popover } from "../ui";
import { Drawer } from "../ui/antd";
import styles from "./Chain.module.css";
import { type Placed, place, under } from "./chain";
import { Frame, type PanelProps } from "./Panels";

export interface Person {
  id: string;
  title: string;
  job_title?: string | null;
  role?: string | null;
  influence?: string | null;
  attitude?: string | null;
  reports_to?: Ref | null;
  times: number;
  last: string | null;
}

/** How wide a person stands: as the room beside the timeline gives, or at ease. */
const wideOf = (columns: number, large: boolean): number =>
  large ? 160 : Math.max(88, Math.min(132, Math.floor(264 / columns)));
const TALL = 116;
const RING = 32;

export default function Chain({ data, title, object, record }: PanelProps<{ people: Person[] }>) {
  const { t } = useFormatContext();
  const contact = useCatalog().object("contact");
  const create = useCreate();
  const [large, setLarge] = useState(false);
  // By which of their links people belong here.
  const link = contact?.fields.find((field) => field.type === "link" && field.target === object.name);
  const deciders = data.people.filter((one) => one.role === "decider");
  const met = deciders.filter((one) => one.last !== null);
  return (
    <Frame
      icon="users"
      title={title}
      extra={
        <>
          {deciders.length > 0 && met.length === 0 && <span className={styles.warn}>{t("circle.chain.unmet")}</span>}
          {contact?.can.create && link && !record.archived_at && (
            <IconButton
              small
              icon={<Plus />}
              label={t("circle.chain.add")}
              onClick={() =>
                create({
                  object: "contact",
                  values: { [link.name]: { object: object.name, id: record.id, title: titleOf(object, record) } },
                })
              }
            />
          )}
          <IconButton small icon={<Maximize2 />} label={t("circle.chain.large")} onClick={() => setLarge(true)} />
        </>
      }
    >
      <Graph people={data.people} />
      {large && (
        <Drawer open onClose={() => setLarge(false)} size={880} title={title}>
          <p className={styles.help}>{t("circle.chain.help")}</p>
          <Graph people={data.people} large />
        </Drawer>
      )}
    </Frame>
  );
}

function Graph({ people, large = false }: { people: Person[]; large?: boolean }) {
  const { t, label } = useFormatContext();
  const contact = useCatalog().object("contact");
  const client = useQueryClient();
  const writes = useWrites("contact");
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 200, tolerance: 8 } }),
  );
  const { nodes, width, height } = useMemo(() => place(people), [people]);
  const wide = wideOf(width, large);
  const changes = Boolean(contact?.can.update);
  const may = (name: string) => changes && contact?.fields.some((field) => field.name === name && !field.readonly);
  const save = async (person: Person, values: Record<string, unknown>) => {
    await writes
      .update(person.id, values, { done: t("circle.chain.saved", { who: person.title }) })
      .catch(() => undefined);
    await client.invalidateQueries({ queryKey: ["records"] });
  };
  const drop = ({ active, over }: DragEndEvent) => {
    const moved = people.find((one) => one.id === active.id);
    if (!moved || !over || over.id === moved.id) return;
    const boss = over.id === "top" ? null : String(over.id);
    if ((moved.reports_to?.id ?? null) === boss || (boss && under(people, moved.id).has(boss))) return;
    void save(moved, { reports_to: boss });
  };
  if (!contact) return null;
  const at = new Map(nodes.map((one) => [one.person.id, one]));
  return (
    <DndContext sensors={sensors} onDragEnd={drop} accessibility={{ screenReaderInstructions: { draggable: "" } }}>
      <div className={styles.scroll}>
        <Ground width={width * wide} height={height * TALL - 14}>
          <svg className={styles.lines} width={width * wide} height={height * TALL} aria-hidden="true">
            {nodes.flatMap((node) => {
              const boss = at.get(node.boss ?? "");
              if (!boss) return [];
              const [x1, y1] = [(boss.x + 0.5) * wide, boss.y * TALL + 97];
              const [x2, y2] = [(node.x + 0.5) * wide, node.y * TALL + 5];
              const doubts = node.person.attitude === "opponent";
              return [
                <path
                  key={node.person.id}
                  d={`M${x1} ${y1}C${x1} ${y1 + 12} ${x2} ${y2 - 12} ${x2} ${y2}`}
                  className={doubts ? styles.dashed : undefined}
                />,
              ];
            })}
          </svg>
          <ul>
            {/* In one order, whoever reports to whom: an open card would close if it were moved in the document. */}
            {people.map((person) => (
              <Somebody
                key={person.id}
                node={at.get(person.id) ?? { person, x: 0, y: 0, boss: null }}
                wide={wide}
                people={people}
                contact={contact}
                drags={Boolean(may("reports_to"))}
                may={(name) => Boolean(may(name))}
                onSave={save}
                label={label}
              />
            ))}
          </ul>
        </Ground>
      </div>
    </DndContext>
  );
}

/** Who is dropped beside everybody reports to nobody here. */
function Ground({ width, height, children }: { width: number; height: number; children: React.ReactNode }) {
  const { setNodeRef } = useDroppable({ id: "top" });
  return (
    <div ref={setNodeRef} className={styles.ground} style={{ width, height }}>
      {children}
    </div>
  );
}

interface SomebodyProps {
  node: Placed<Person>;
  wide: number;
  people: Person[];
  contact: ObjectDef;
  drags: boolean;
  may: (name: string) => boolean;
  onSave: (person: Person, values: Record<string, unknown>) => Promise<void>;
  label: ReturnType<typeof useFormatContext>["label"];
}

function Somebody({ node, wide, people, contact, drags, may, onSave, label }: SomebodyProps) {
  const { t, f } = useFormatContext();
  const { person } = node;
  const drag = useDraggable({ id: person.id, disabled: !drags });
  const drop = useDroppable({ id: person.id });
  const said = (name: keyof Person) => {
    const value = person[name];
    const field = contact.fields.find((one) => one.name === name);
    return value ? label(field?.options.find((one) => one.name === value)?.label, String(value)) : "";
  };
  const words = [said("role"), said("attitude")].filter(Boolean).join(" · ") || person.job_title || "";
  const seen = person.times ? t("circle.chain.met", { n: person.times }) : t("circle.chain.never");
  const shift = drag.transform ? `translate(${drag.transform.x}px, ${drag.transform.y}px)` : undefined;
  return (
    <li
      ref={drop.setNodeRef}
      className={cx(styles.person, drop.isOver && drop.active?.id !== person.id && styles.over)}
      style={{ left: node.x * wide, top: node.y * TALL, width: wide, transform: shift, zIndex: shift ? 5 : undefined }}
    >
      <Popover
        label={person.title}
        placement="bottom"
        content={<Card person={person} people={people} contact={contact} may={may} onSave={onSave} />}
      >
        <button type="button" className={styles.node}>
          <span
            ref={drag.setNodeRef}
            {...drag.listeners}
            className={cx(
              styles.ring,
              person.role === "decider" && styles.decider,
              person.influence === "high" && styles.strong,
              person.attitude === "supporter" && styles.supporter,
              person.attitude === "opponent" && styles.opponent,
            )}
            style={{ width: RING, height: RING }}
            aria-hidden="true"
          >
            {initial(person.title)}
            {person.attitude === "supporter" && <Check aria-hidden />}
            {person.attitude === "opponent" && <X aria-hidden />}
          </span>
          <span className={styles.name}>{person.title}</span>
          <small>{words}</small>
          <span className="sr">
            {[words === person.job_title ? "" : person.job_title, said("influence")].filter(Boolean).join(", ")}
          </span>
          <small title={person.last ? f.datetime(person.last) : undefined}>
            {person.last ? f.ago(person.last) : seen}
          </small>
        </button>
      </Popover>
    </li>
  );
}

/** The same by the keyboard: whom somebody reports to, what part they play, how they stand. */
function Card({
  person,
  people,
  contact,
  may,
  onSave,
}: Omit<SomebodyProps, "node" | "wide" | "drags" | "label"> & { person: Person }) {
  const { t, label } = useFormatContext();
  const id = useId();
  const below = useMemo(() => under(people, person.id), [people, person.id]);
  const bosses = people.filter((one) => one.id !== person.id && !below.has(one.id));
  const field = (name: string): Field | undefined => contact.fields.find((one) => one.name === name);
  const choices: [string, { value: string; text: string }[]][] = [
    ["reports_to", bosses.map((one) => ({ value: one.id, text: one.title }))],
    ...(["role", "influence", "attitude"] as const).map((name): [string, { value: string; text: string }[]] => [
      name,
      (field(name)?.options ?? []).map((one) => ({ value: one.name, text: label(one.label, one.name) })),
    ]),
  ];
  return (
    <div className={styles.card}>
      <Link to="/o/$object/$id" params={{ object: "contact", id: person.id }}>
        {person.title}
      </Link>
      {person.job_title && <small>{person.job_title}</small>}
      {choices.map(([name, options]) => {
        const found = field(name);
        if (!found) return null;
        const value = name === "reports_to" ? (person.reports_to?.id ?? "") : String(person[name as "role"] ?? "");
        return (
          <label key={name} htmlFor={`${id} ${name}`}>
            <span>{label(found.label, name)}</span>
            <select
              id={`${id} ${name}`}
              value={options.some((one) => one.value === value) ? value : ""}
              disabled={!may(name)}
              onChange={(event) => void onSave(person, { [name]: event.target.value || null })}
            >
              <option value="">{t(name === "reports_to" ? "circle.chain.nobody" : "circle.chain.unknown")}</option>
              {options.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.text}
                </option>
              ))}
            </select>
          </label>
        );
      })}
    </div>
  );
}
