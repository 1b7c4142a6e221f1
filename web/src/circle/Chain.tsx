/**
 * The decision chain: who reports to whom, decides what, and stands how to us. A person is dropped on their boss, or chosen
 * with the keyboard; both end in the same change of the contact, which can be undone.
 */
import {
  type CollisionDetection,
  DndContext,
  type DragEndEvent,
  MouseSensor,
  pointerWithin,
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
import { today as dayOf } from "../i18n/format";
import { type Field, type ObjectDef, type Ref, titleOf } from "../schema/catalog";
import { useCreate } from "../shell/create";
import { Button, cx, IconButton, initial, Popover } from "../ui";
import { Drawer } from "../ui/antd";
import styles from "./Chain.module.css";
import { type Placed, place, under } from "./chain";
import { Frame, type PanelProps } from "./Frame";

export interface Person {
  id: string;
  title: string;
  job_title?: string | null;
  role?: string | null;
  influence?: string | null;
  attitude?: string | null;
  reports_to?: Ref | null;
  /** The affiliation that says what they are here, for those whose account is another. */
  place?: string;
  times: number;
  last: string | null;
}

/** How wide a person stands: as the room beside the timeline gives, or at ease. */
const wideOf = (columns: number, large: boolean): number =>
  large ? 160 : Math.max(88, Math.min(132, Math.floor(264 / columns)));
const TALL = 116;
const RING = 32;
// The ground that everybody stands on, where one reports to nobody here.
const TOP = "top";

/** What was dropped is told by the toast. */
const SILENT = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: () => undefined,
  onDragCancel: () => undefined,
};

/** Whoever is under the pointer; the ground only where nobody is. */
const whom: CollisionDetection = (args) => {
  const under = pointerWithin(args);
  const people = under.filter((one) => one.id !== TOP && one.id !== args.active.id);
  return people.length ? people : under;
};

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
      {deciders.length > 0 && met.length === 0 && <p className={styles.warn}>{t("circle.chain.unmet")}</p>}
      <Graph people={data.people} link={link?.name ?? ""} />
      {large && (
        <Drawer open onClose={() => setLarge(false)} size={880} title={title}>
          <p className={styles.help}>{t("circle.chain.help")}</p>
          <Graph people={data.people} link={link?.name ?? ""} large />
        </Drawer>
      )}
    </Frame>
  );
}

function Graph({ people, link, large = false }: { people: Person[]; link: string; large?: boolean }) {
  const { t, f, label } = useFormatContext();
  const catalog = useCatalog();
  const contact = catalog.object("contact");
  const affiliation = catalog.object("affiliation");
  const client = useQueryClient();
  const writes = useWrites("contact");
  const places = useWrites("affiliation");
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 200, tolerance: 8 } }),
  );
  const { nodes, width, height } = useMemo(() => place(people), [people]);
  const wide = wideOf(width, large);
  const writable = (object: ObjectDef | undefined, name: string) =>
    Boolean(object?.can.update && object.fields.some((field) => field.name === name && !field.readonly));
  // Whom somebody reports to is theirs wherever they are; what they are here is said by their place here, if they have one.
  const here = (person: Person, name: string) => Boolean(person.place) && name !== "reports_to";
  const may = (person: Person, name: string) => writable(here(person, name) ? affiliation : contact, name);
  const save = async (
    person: Person,
    values: Record<string, unknown>,
    done = t("circle.chain.saved", { who: person.title }),
  ) => {
    const [name = ""] = Object.keys(values);
    const written =
      here(person, name) && person.place
        ? places.update(person.place, values, { done })
        : writes.update(person.id, values, { done });
    await written.catch(() => undefined);
    await client.invalidateQueries({ queryKey: ["records"] });
  };
  const ends = (person: Person): [string, string | null] =>
    person.place ? ["until", dayOf(f.locale, new Date(Date.now() - 86_400_000))] : [link, null];
  const away = (person: Person) =>
    may(person, ends(person)[0])
      ? () => save(person, Object.fromEntries([ends(person)]), t("circle.chain.removed", { who: person.title }))
      : undefined;
  const drop = ({ active, over }: DragEndEvent) => {
    const moved = people.find((one) => one.id === active.id);
    if (!moved || !over || over.id === moved.id) return;
    const boss = over.id === TOP ? null : String(over.id);
    if ((moved.reports_to?.id ?? null) === boss || (boss && under(people, moved.id).has(boss))) return;
    void save(moved, { reports_to: boss });
  };
  if (!contact) return null;
  const at = new Map(nodes.map((one) => [one.person.id, one]));
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={whom}
      onDragEnd={drop}
      accessibility={{ announcements: SILENT, screenReaderInstructions: { draggable: "" } }}
    >
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
                may={may}
                onSave={save}
                onRemove={away(person)}
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
  const { setNodeRef } = useDroppable({ id: TOP });
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
  may: (person: Person, name: string) => boolean;
  onSave: (person: Person, values: Record<string, unknown>) => Promise<void>;
  /** Takes the person out of the chain; missing where the reader may not. */
  onRemove: (() => Promise<void>) | undefined;
  label: ReturnType<typeof useFormatContext>["label"];
}

function Somebody({ node, wide, people, contact, may, onSave, onRemove, label }: SomebodyProps) {
  const { t, f } = useFormatContext();
  const { person } = node;
  const drag = useDraggable({ id: person.id, disabled: !may(person, "reports_to") });
  const drop = useDroppable({ id: person.id });
  // The button's own reference is the popover's.
  const stands = (node: HTMLElement | null) => {
    drag.setNodeRef(node);
    drop.setNodeRef(node);
  };
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
      ref={stands}
      className={cx(styles.person, drop.isOver && drop.active?.id !== person.id && styles.over)}
      style={{ left: node.x * wide, top: node.y * TALL, width: wide, transform: shift, zIndex: shift ? 5 : undefined }}
    >
      <Popover
        label={person.title}
        placement="bottom"
        content={<Card {...{ person, people, contact, may, onSave, onRemove }} />}
      >
        <button type="button" className={styles.node} data-printed {...drag.listeners}>
          <span
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
          <bdi className={styles.name}>{person.title}</bdi>
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
  onRemove,
}: Omit<SomebodyProps, "node" | "wide" | "label"> & { person: Person }) {
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
              disabled={!may(person, name)}
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
      {onRemove && (
        <Button size="small" onClick={() => void onRemove()}>
          {t("circle.chain.remove")}
        </Button>
      )}
    </div>
  );
}
