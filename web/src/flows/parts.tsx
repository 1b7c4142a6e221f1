/** What the drawing and the outline of a flow have in common: signs, names, marks, and the list of kinds of steps. */
import {
  Bell,
  CalendarDays,
  CircleStop,
  Clock3,
  FileInput,
  GitBranch,
  Globe,
  Hand,
  Link2,
  type LucideIcon,
  Mail,
  MousePointerClick,
  Pencil,
  Plus,
  Repeat,
  Split,
  Stamp,
  Trash2,
  UserRound,
  Users,
  Webhook,
  Workflow,
  Zap,
} from "lucide-react";
import type { ReactNode } from "react";
import { useCatalog } from "../api/queries";
import { type Key, useLabel, useT } from "../i18n";
import { useFilterWords } from "../records/FilterBar";
import type { Filter } from "../schema/filter";
import { Badge, Dropdown } from "../ui";
import styles from "./flows.module.css";
import type { Became } from "./layout";
import {
  type Definition,
  type Kinds,
  listAt,
  type Nested,
  nestedOf,
  type Place,
  type Problem,
  type Step,
  walk,
} from "./model";
import type { StepFigures } from "./queries";
import { RunState } from "./RunState";

const SIGNS: Record<string, LucideIcon> = {
  plus: Plus,
  edit: Pencil,
  delete: Trash2,
  calendar: CalendarDays,
  clock: Clock3,
  button: MousePointerClick,
  form: FileInput,
  webhook: Webhook,
  flow: Workflow,
  segment: Users,
  branch: Split,
  loop: Repeat,
  stop: CircleStop,
  link: Link2,
  user: UserRound,
  bolt: Zap,
  bell: Bell,
  mail: Mail,
  http: Globe,
  globe: Globe,
  approval: Stamp,
  hand: Hand,
};

export function Sign({ icon }: { icon: string }) {
  const Drawn = SIGNS[icon] ?? GitBranch;
  return (
    <span className={styles.sign}>
      <Drawn aria-hidden />
    </span>
  );
}

const LANES: Record<string, Key> = {
  otherwise: "flow.otherwise",
  timed_out: "flow.late",
  approved: "flow.approved",
  rejected: "flow.rejected",
};

export interface PictureProps {
  what: Definition;
  kinds: Kinds;
  /** The step that is open, `trigger` for the trigger. */
  open: string | null;
  onOpen: (id: string) => void;
  problems?: Problem[];
  figures?: StepFigures;
  /** What became of each step in a run or a trial. */
  became?: ReadonlyMap<string, Became>;
  /** The run came to the end. */
  ended?: boolean;
  /** Without it nothing can be added. */
  onAdd?: (place: Place, at: number, kind: string) => void;
  /** Without it nothing can be moved. */
  onMove?: (id: string, place: Place, at: number) => void;
  /** One line about a step or the trigger. */
  says: (given: Step | Definition["trigger"]) => string;
}

/** How a list of steps inside a step is called. */
export function useLaneName(): (step: Step, lane: Nested) => string {
  const t = useT();
  return (step, lane) => {
    if (lane.name !== "case") return t(LANES[lane.name] ?? "flow.each");
    return (step.cases as { name?: string }[])[lane.at]?.name || t("flow.case", { n: lane.at + 1 });
  };
}

/** What a step is called, if it is. */
export function useStepName(): (step: Step | undefined) => string {
  const label = useLabel();
  return (step) => (typeof step?.name === "string" ? step.name : label(step?.name));
}

/** What a card says: which kind it is of, its name, and one line about it. */
export function useCard({
  what,
  kinds,
  says,
  problems = [],
}: Pick<PictureProps, "what" | "kinds" | "says" | "problems">) {
  const t = useT();
  const label = useLabel();
  const words = useFilterWords();
  const object = useCatalog().object(what.object);
  const named = useStepName();
  return (given: Step | Definition["trigger"]) => {
    const step = "id" in given ? (given as Step) : undefined;
    const kind = (step ? kinds.steps : kinds.triggers).find((one) => one.name === given.kind);
    const only = step || !object ? "" : words((given as Definition["trigger"]).filter as Filter | null, object);
    const wrong = problems.find((one) => (step ? one.step === step.id : one.step === null || one.step === "trigger"));
    return {
      icon: kind?.icon ?? "",
      kind: kind ? label(kind.label, kind.name) : step ? step.kind : t("flow.trigger.none"),
      name: only ? says(given) : named(step),
      text: only ? t("flow.only", { only }) : says(given),
      wrong: wrong?.message,
    };
  };
}

/** How a run fared at a step, or how many runs are and were at it. */
export function Marks({ id, figures, became }: { id: string } & Pick<PictureProps, "figures" | "became">): ReactNode {
  const t = useT();
  if (became) {
    const one = became.get(id);
    return one && <RunState state={one.state} />;
  }
  const counts = figures?.[id];
  if (!counts) return null;
  return (
    <>
      {counts.failed ? <Badge tone="danger">{t("flow.count.failed", { n: counts.failed })}</Badge> : null}
      {counts.waiting ? <Badge tone="info">{t("flow.count.waiting", { n: counts.waiting })}</Badge> : null}
      {counts.done ? <span className={styles.soft}>{t("flow.count.done", { n: counts.done })}</span> : null}
    </>
  );
}

const GROUPS = ["records", "steer", "tell", "outside", "other"];

/** Where a step is added, in words: after which one, or into which list of which one. */
function useAdding({ what, kinds, says }: Pick<PictureProps, "what" | "kinds" | "says">) {
  const t = useT();
  const card = useCard({ what, kinds, says });
  const laneName = useLaneName();
  const called = (step: Step): string => {
    const { name, kind } = card(step);
    return name || kind;
  };
  return (place: Place, at: number): string => {
    const before = listAt(what, place)[at - 1];
    if (before) return t("flow.add.after", { step: called(before) });
    const lane = place.join(".");
    for (const { step, place: outer, at: n } of walk(what, kinds)) {
      const kind = kinds.steps.find((one) => one.name === step.kind);
      const found = nestedOf(step, kind, [...outer, n]).find((one) => one.place.join(".") === lane);
      if (found) return t("flow.add.in", { step: called(step), lane: laneName(step, found) });
    }
    return t("flow.add.first");
  };
}

/** The place to add a step: a list of the kinds. */
export function Adder({
  place,
  at,
  onAdd,
  ...around
}: { place: Place; at: number } & Pick<PictureProps, "what" | "kinds" | "says"> &
  Pick<Required<PictureProps>, "onAdd">) {
  const label = useLabel();
  const adding = useAdding(around);
  const rank = (group: string) => (GROUPS.indexOf(group) + GROUPS.length) % GROUPS.length;
  const sorted = [...around.kinds.steps].sort((a, b) => rank(a.group) - rank(b.group));
  return (
    <Dropdown
      menu={{
        items: sorted.map((kind) => ({
          key: kind.name,
          icon: <Sign icon={kind.icon} />,
          label: label(kind.label, kind.name),
          onClick: () => onAdd(place, at, kind.name),
        })),
      }}
    >
      <button type="button" className={styles.plus} aria-label={adding(place, at)}>
        <Plus aria-hidden />
      </button>
    </Dropdown>
  );
}
