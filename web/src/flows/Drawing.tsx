/** A flow as it is drawn: cards from top to bottom joined by lines, branches side by side, and a run on it. */
import "@xyflow/react/dist/base.css";
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { AlertTriangle, GripVertical, Maximize, Minus, Plus } from "lucide-react";
import {
  createContext,
  type FocusEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { useT } from "../i18n";
import { cx, IconButton } from "../ui";
import styles from "./drawing.module.css";
import { CARD, landings, layout, nearest, type Spot, swelling, waysTaken } from "./layout";
import { type Step, walk } from "./model";
import { Adder, Marks, type PictureProps, Sign, useCard, useLaneName } from "./parts";
import type { StepFigures } from "./queries";

interface Props extends PictureProps {
  /** Beside other things, not alone. */
  framed?: boolean;
}

type Drawn = Node<{ spot: Spot }, "spot">;

/** A step in the hand: where it is, the places at which it can be put down, and the one at which it would be now. */
interface Held {
  spot: Spot;
  /** What goes along with it. */
  along: ReadonlySet<string>;
  x: number;
  y: number;
  places: Spot[];
  to: Spot | undefined;
}

const InHand = createContext<Held | null>(null);
const HAND = "in hand";

/** What all parts need to know, so that they are not made anew whenever it changes. */
const Around = createContext<PictureProps | null>(null);

function useAround(): PictureProps {
  const found = useContext(Around);
  if (!found) throw new Error("a part of a drawing stands alone");
  return found;
}

const SPOTS = { spot: SpotNode };
const WAYS = { way: WayEdge };
/** The steps say what follows what; the lines between them would say it in English, each a picture of its own. */
const unsaid = (box: HTMLElement | null) =>
  box?.querySelector(".react-flow__edges")?.setAttribute("aria-hidden", "true");
const GUTTER = 28;

export default function Drawing(props: Props) {
  return (
    <ReactFlowProvider>
      <Around value={props}>
        <Canvas {...props} />
      </Around>
    </ReactFlowProvider>
  );
}

const sumOf = (counts: StepFigures[string] | undefined): number =>
  Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0);

function Canvas(props: Props) {
  const { what, kinds, figures, became, ended = false, onAdd, onMove, framed } = props;
  const t = useT();
  const mine = useRef(false);
  const card = useCard(props);
  const { held, ...hand } = useHand(props);
  const heightOf = (step: Step | undefined): number => {
    const { name, text, wrong } = card(step ?? what.trigger);
    const marked = step && (became ? became.has(step.id) : sumOf(figures?.[step.id]) > 0);
    return 60 + (name && text ? 22 : 0) + (marked || wrong ? 30 : 0);
  };
  const drawn = layout(what, kinds, heightOf);
  const shown = onAdd ? drawn.spots : drawn.spots.filter((one) => one.what !== "plus");
  const nodes = shown.map(
    (spot): Drawn => ({
      id: spot.id,
      type: "spot",
      position: { x: spot.x, y: spot.y },
      width: spot.width,
      height: spot.height,
      data: { spot },
      zIndex: spot.what === "frame" ? -1 : spot.what === "plus" || spot.what === "lane" ? 2 : 1,
      draggable: onMove !== undefined && spot.what === "step",
    }),
  );
  // Its place stays where it was, faintly, and with it the lines.
  if (held)
    nodes.push({
      id: HAND,
      type: "spot",
      position: { x: held.x, y: held.y },
      width: held.spot.width,
      height: held.spot.height,
      data: { spot: held.spot },
      zIndex: 1000,
      className: styles.hand,
    });
  const taken = became ? waysTaken(drawn, became, ended) : undefined;
  const most = Math.max(1, ...Object.values(figures ?? {}).map(sumOf));
  const edges = drawn.ways.map(({ id, from, to, bend, arrow }): Edge => {
    const on = taken?.has(id);
    const share = figures && !taken ? sumOf(figures[to]) / most : 0;
    const color = on ? "var(--accent)" : "var(--line-strong)";
    return {
      id,
      source: from,
      target: to,
      type: "way",
      data: { bend },
      className: cx(styles.way, on && styles.wayOn, taken && !on && styles.wayOff),
      style: { stroke: color, strokeWidth: on ? 2.5 : 1.4 + 2.2 * share },
      markerEnd: arrow
        ? { type: MarkerType.ArrowClosed, color, width: 16, height: 16, strokeWidth: 1, markerUnits: "userSpaceOnUse" }
        : undefined,
      zIndex: on ? 1 : 0,
    };
  });
  return (
    <div
      ref={unsaid}
      className={cx(styles.drawing, framed && styles.framed, held && styles.dragging)}
      style={framed ? { height: Math.min(drawn.height + 2 * GUTTER, 560) } : undefined}
    >
      <InHand value={held}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={SPOTS}
          edgeTypes={WAYS}
          aria-label={t("flow.picture")}
          minZoom={0.3}
          maxZoom={1.5}
          nodesDraggable={false}
          nodeDragThreshold={4}
          onNodeDragStart={(event, node) => hand.take(event, node.data.spot, node.position, drawn.spots)}
          onNodeDrag={(event, node) => hand.carry(event, node.position)}
          onNodeDragStop={hand.drop}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          panOnScroll={!framed}
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          preventScrolling={!framed}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          onMoveStart={(event) => {
            if (event) mine.current = true;
          }}
          proOptions={{ hideAttribution: true }}
          ariaLabelConfig={{
            "node.a11yDescription.default": "",
            "node.a11yDescription.keyboardDisabled": "",
            "edge.a11yDescription.default": "",
          }}
        >
          <View width={drawn.width} open={props.open} spots={drawn.spots} mine={mine} />
        </ReactFlow>
      </InHand>
    </div>
  );
}

/** A step is taken up, carried, and put down between two others, or let go anywhere else and with Escape. */
function useHand({ what, kinds, onMove }: PictureProps) {
  const flow = useReactFlow();
  const [held, setHeld] = useState<Held | null>(null);
  const holding = held !== null;
  useEffect(() => {
    if (!holding) return;
    const away = (event: KeyboardEvent) => event.key === "Escape" && setHeld(null);
    window.addEventListener("keydown", away);
    return () => window.removeEventListener("keydown", away);
  }, [holding]);
  const under = (event: MouseEvent | TouchEvent, places: Spot[]) => {
    const at = "touches" in event ? (event.touches[0] ?? event.changedTouches[0]) : event;
    return at && nearest(places, flow.screenToFlowPosition({ x: at.clientX, y: at.clientY }));
  };
  return {
    held,
    take: (event: MouseEvent | TouchEvent, spot: Spot, { x, y }: { x: number; y: number }, spots: Spot[]) => {
      const stand = [...walk(what, kinds)].find(({ step }) => step.id === spot.id);
      if (!stand) return;
      const inside = { ...what, steps: [stand.step] };
      const along = new Set([...walk(inside, kinds)].map(({ step }) => step.id));
      const places = landings(spots, stand);
      setHeld({ spot, along, x, y, places, to: under(event, places) });
    },
    carry: (event: MouseEvent | TouchEvent, { x, y }: { x: number; y: number }) =>
      setHeld((now) => now && { ...now, x, y, to: under(event, now.places) }),
    drop: () => {
      if (held?.to?.place) onMove?.(held.spot.id, held.to.place, held.to.at ?? 0);
      setHeld(null);
    },
  };
}

interface ViewProps {
  width: number;
  open: string | null;
  spots: Spot[];
  /** Whether somebody moved the drawing by hand. */
  mine: RefObject<boolean>;
}

/** Where one looks: the whole width at first, and what is open always. */
function View({ width, open, spots, mine }: ViewProps) {
  const t = useT();
  const flow = useReactFlow();
  const room = useStore((state) => state.width);
  const high = useStore((state) => state.height);
  const zoom = useStore((state) => state.transform[2]);
  const last = useRef(0);
  const whole = useCallback(
    (keep: boolean) => {
      const before = flow.getViewport();
      const zoom = Math.max(keep ? 0.7 : 0.3, Math.min(1, (room - 2 * GUTTER) / width));
      const y = keep && last.current ? (before.y * zoom) / before.zoom : GUTTER;
      last.current = room;
      void flow.setViewport({ x: room / 2, y, zoom });
    },
    [flow, room, width],
  );
  useEffect(() => {
    // Whoever has moved the drawing by hand keeps it; the middle stays the middle when a panel opens beside it.
    if (!room) return;
    if (!mine.current) whole(true);
    else if (last.current !== room) {
      const { x, y, zoom } = flow.getViewport();
      void flow.setViewport({ x: x + (room - last.current) / 2, y, zoom });
      last.current = room;
    }
  }, [room, whole, flow, mine]);
  const at = spots.find((one) => one.id === open);
  const { x: leftmost = 0, y: topmost = 0, width: wide = 0, height: tall = 0 } = at ?? {};
  useEffect(() => {
    if (!wide || !room) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [leftmost * zoom + x, topmost * zoom + y];
    const [right, bottom] = [left + wide * zoom, top + tall * zoom];
    const across = left < 8 ? 8 - left : right > room - 8 ? room - 8 - right : 0;
    const along = top < 8 ? 8 - top : bottom > high - 48 ? high - 48 - bottom : 0;
    if (across || along) void flow.setViewport({ x: x + across, y: y + along, zoom }, { duration: 160 });
  }, [flow, leftmost, topmost, wide, tall, room, high]);
  const all = () => {
    mine.current = false;
    whole(false);
  };
  return (
    <Panel position="bottom-left" className={styles.zoom}>
      <IconButton small icon={<Minus />} label={t("flow.zoom.out")} onClick={() => void flow.zoomOut()} />
      <span>{Math.round(zoom * 100)}%</span>
      <IconButton small icon={<Plus />} label={t("flow.zoom.in")} onClick={() => void flow.zoomIn()} />
      <IconButton small icon={<Maximize />} label={t("flow.zoom.all")} onClick={all} />
    </Panel>
  );
}

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={styles.handle} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={styles.handle} />
    </>
  );
}

/** The keyboard brings what it comes to into sight. */
function useSeeking(id: string) {
  const flow = useReactFlow();
  return (event: FocusEvent) => {
    // What is not drawn yet has no place to lead to.
    if (!event.target.matches(":focus-visible") || !flow.getNode(id)?.measured?.width) return;
    void flow.fitView({ nodes: [{ id }], maxZoom: flow.getZoom(), minZoom: flow.getZoom(), duration: 120 });
  };
}

function SpotNode({ id, data: { spot } }: NodeProps<Drawn>) {
  const { kinds, onAdd, what, says } = useAround();
  const held = useContext(InHand);
  const t = useT();
  const named = useLaneName();
  switch (spot.what) {
    case "plus":
      if (held?.places.some((one) => one.id === spot.id))
        return held.to?.id === spot.id ? (
          <span className={styles.landing} style={{ width: CARD }}>
            {t("flow.drag.here")}
          </span>
        ) : (
          <span className={styles.landable} />
        );
      return (
        onAdd && (
          <Swelling id={id}>
            <Adder place={spot.place ?? []} at={spot.at ?? 0} {...{ what, kinds, says, onAdd }} />
          </Swelling>
        )
      );
    case "lane":
      return (
        spot.lane &&
        spot.step && (
          <span className={styles.lane}>
            <span className="ellipsis">{named(spot.step, spot.lane)}</span>
          </span>
        )
      );
    case "frame":
      return <div className={styles.frame} />;
    case "end":
      return (
        <span className={styles.end}>
          <Ends />
          {t("flow.end")}
        </span>
      );
    case "join":
      return <Ends />;
    default:
      return <Card id={spot.id} given={spot.step ?? what.trigger} lifted={id === HAND} />;
  }
}

/** What keeps its size on the screen while the drawing shrinks, and is gone where that would cover what it stands between. */
function Swelling({ id, children }: { id: string; children: ReactNode }) {
  const seek = useSeeking(id);
  const by = useStore((state) => swelling(state.transform[2]));
  return (
    by > 0 && (
      // biome-ignore lint/a11y/noStaticElementInteractions: follows the focus of what it holds
      <div className={styles.on} style={{ transform: `scale(${by})` }} onFocus={seek}>
        {children}
      </div>
    )
  );
}

interface CardProps {
  id: string;
  given: Step | PictureProps["what"]["trigger"];
  /** In the hand, and not where it stands. */
  lifted: boolean;
}

function Card({ id, given, lifted }: CardProps) {
  const around = useAround();
  const held = useContext(InHand);
  const t = useT();
  const seek = useSeeking(id);
  const { icon, kind, name, text, wrong } = useCard(around)(given);
  const { open, onOpen, figures, became, onAdd, onMove } = around;
  const start = id === "trigger";
  const state = became?.get(id)?.state;
  const marked = !start && (became ? state : sumOf(figures?.[id]) > 0);
  const passive = !onAdd;
  return (
    <>
      <Ends />
      <button
        type="button"
        className={cx(
          styles.card,
          "nopan",
          start && styles.start,
          open === id && styles.cardOn,
          wrong && styles.cardBad,
          became && !start && !state && styles.cardOff,
          state === "waiting" && styles.cardHere,
          onMove && !start && styles.movable,
          lifted ? styles.lifted : held?.along.has(id) && styles.leaving,
        )}
        aria-hidden={lifted || undefined}
        tabIndex={lifted ? -1 : undefined}
        aria-pressed={passive ? undefined : open === id}
        title={[name, text].filter(Boolean).join(" · ") || undefined}
        data-step={id}
        onClick={() => onOpen(id)}
        onFocus={seek}
      >
        <Sign icon={icon} />
        {onMove && !start && <GripVertical className={styles.grip} aria-hidden />}
        <span className={styles.words}>
          {(name || text || start) && (
            <small className="ellipsis">
              {start ? (name || text ? t("flow.begin", { kind }) : t("flow.trigger")) : kind}
            </small>
          )}
          <b className="ellipsis">{name || text || kind}</b>
        </span>
        {name && text && <span className={cx(styles.text, "ellipsis")}>{text}</span>}
        {wrong ? (
          <span className={cx(styles.foot, styles.fault)}>
            <AlertTriangle aria-hidden />
            <span className="ellipsis">{wrong}</span>
          </span>
        ) : (
          marked && (
            <span className={styles.foot}>
              <Marks id={id} figures={figures} became={became} />
            </span>
          )
        )}
      </button>
    </>
  );
}

function WayEdge({ id, sourceX, sourceY, targetX, targetY, data, style, markerEnd }: EdgeProps) {
  const [path] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition: Position.Bottom,
    targetPosition: Position.Top,
    borderRadius: 10,
    centerY: data?.bend as number,
  });
  return <BaseEdge id={id} path={path} style={style} markerEnd={markerEnd} />;
}
