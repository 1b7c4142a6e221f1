/** The kit: the small parts that every screen is made of. */
import { AlertTriangle, Plus } from "lucide-react";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { type Key, useT } from "../i18n";
import { Button, ButtonLink, useActName } from "./Button";
import { cx } from "./cx";
import { Mark } from "./Mark";
import { useTitle } from "./title";
import { tryAgain, useTold, useWhole } from "./told";
import styles from "./ui.module.css";

export { AskProvider, useAsk } from "./ask";
export { ActsOf, Button, ButtonLink, type ButtonProps } from "./Button";
export { Combo } from "./Combo";
export { cx } from "./cx";
export { useEager } from "./eager";
export { useHere } from "./here";
export { Icon, OBJECT_ICONS } from "./icons";
export { begin, keepFocus, stillThere } from "./keeping";
export { Lattice, Mark, Word } from "./Mark";
export { Dropdown, type MenuItem, type MenuProps, Popover, Popup } from "./Popup";
export { RecordLink } from "./RecordLink";
export { useRested } from "./rested";
export { focusLost, useReturning } from "./returning";
export { Switch } from "./Switch";
export { TextBox } from "./TextBox";
export { PasswordInput, TextInput, type TextInputProps } from "./TextInput";
export { TipLayer, Tooltip } from "./Tip";
export { Tally } from "./tally";
export { Announcer, say, useTitle } from "./title";
export { type Toast, ToastProvider, useRefusal, useTakeBack, useTaking, useToast, whyOf } from "./toast";

export type Tone = "neutral" | "accent" | "danger" | "warn" | "ok" | "info" | "line";

/** A share of a hundred as a bar, and in words where there are any; what is low stands out. */
export function Meter({ value, text, low }: { value: number; text?: string; low?: boolean }) {
  const bar = (
    <span className={styles.track} aria-hidden="true">
      <i className={cx(low && styles.low)} style={{ width: `${value}%` }} />
    </span>
  );
  if (text === undefined) return bar;
  return (
    <span className={styles.meter}>
      <span className="num">{text}</span>
      {bar}
    </span>
  );
}

/** A tint and a word; neutral unless a person is needed. */
export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span data-badge className={cx(styles.badge, styles[tone])}>
      {icon}
      <span className="ellipsis">{children}</span>
    </span>
  );
}

const HUES: Record<string, Tone> = {
  red: "danger",
  rose: "danger",
  danger: "danger",
  orange: "warn",
  amber: "warn",
  yellow: "warn",
  gold: "warn",
  warn: "warn",
  green: "ok",
  lime: "ok",
  ok: "ok",
  teal: "accent",
  cyan: "accent",
  pine: "accent",
  accent: "accent",
  blue: "info",
  indigo: "info",
  purple: "info",
  violet: "info",
  info: "info",
};

/** The tone of a catalog colour. */
export const toneOf = (color: string | null | undefined): Tone => HUES[color ?? ""] ?? "neutral";

/** One character in a square: shape carries the weight, before colour. */
export function Seal({ level, big, children }: { level: 1 | 2 | 3; big?: boolean; children: string }) {
  // Its word stands beside it.
  return (
    <span aria-hidden="true" className={cx(styles.seal, styles[`k${level}`], big && styles.big)}>
      {children}
    </span>
  );
}

function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const letter of text) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return (sum ^ (sum >>> 13)) >>> 0;
}

/** Words that open a Chinese company's name and tell nothing: places. */
const PLACES =
  /^(中国|北京|上海|天津|重庆|深圳|广州|苏州|杭州|南京|宁波|成都|武汉|西安|长沙|青岛|厦门|东莞|佛山|无锡|常州|合肥|郑州|福州|济南|大连|沈阳|昆明|珠海|温州|绍兴|嘉兴|泉州|烟台|石家庄|哈尔滨|长春|太原|南昌|南宁|贵阳|海口|兰州|浙江|江苏|广东|山东|福建|四川|湖北|湖南|河南|河北|安徽|江西|陕西|辽宁)(省|市)?(?=.)/;

/** The one character that stands for a name. */
export function initial(name: string): string {
  const text = name.trim().replace(PLACES, "");
  return ([...text][0] ?? "?").toUpperCase();
}

/** A person (round, solid) or a thing (square, pale); its picture, where there is one. */
export function Avatar({
  name,
  id,
  size = 22,
  square,
  picture,
}: {
  name: string;
  id?: string;
  size?: number;
  square?: boolean;
  picture?: string | null;
}) {
  const at = hash(id ?? name);
  const style = { width: size, height: size, fontSize: Math.round(size * (square ? 0.5 : 0.48)) };
  return (
    <span
      className={cx(square ? styles.thing : styles.person, square ? styles[`g${at % 6}`] : styles[`p${at % 7}`])}
      style={style}
      aria-hidden="true"
    >
      {picture ? <Face key={picture} picture={picture} name={name} /> : initial(name)}
    </span>
  );
}

/** A picture that cannot be had is none. */
function Face({ picture, name }: { picture: string; name: string }) {
  const [lost, setLost] = useState(false);
  return lost ? initial(name) : <img src={picture} alt="" onError={() => setLost(true)} />;
}

/** A key; not said where what it does is said to have it. */
export function Kbd({ unsaid, children }: { unsaid?: boolean; children: ReactNode }) {
  return (
    <kbd className={styles.kbd} aria-hidden={unsaid}>
      {children}
    </kbd>
  );
}

interface IconButtonProps {
  icon: ReactNode;
  /** Tooltip and accessible name. */
  label: string;
  onClick?: () => void;
  small?: boolean;
  pressed?: boolean;
  danger?: boolean;
  disabled?: boolean;
  className?: string;
  /** -1 where other keys lead to it. */
  tabIndex?: -1;
}

/** A quiet square button; its label is always there for a pointer and a screen reader. */
export function IconButton({
  icon,
  label,
  onClick,
  small,
  pressed,
  danger,
  disabled,
  className,
  ...rest
}: IconButtonProps) {
  const name = useActName(label);
  return (
    <button
      {...rest}
      type="button"
      className={cx(styles.iconButton, small && styles.small, danger && styles.dangerText, className)}
      aria-label={name}
      aria-pressed={pressed}
      data-tip={label}
      disabled={disabled}
      onClick={onClick}
    >
      {icon}
    </button>
  );
}

interface TickProps {
  checked: boolean;
  /** Some of what it stands for is chosen. */
  some?: boolean;
  label: string;
  /** `range` when Shift was held. */
  onToggle: (range: boolean) => void;
  /** It stands in a grid, which is gone through by its own keys: Tab leads past all of its rows. */
  inGrid?: boolean;
}

/** The browser's own checkbox in our clothes: a long list has hundreds of them. */
export function Tick({ checked, some, label, inGrid, onToggle }: TickProps) {
  return (
    <input
      type="checkbox"
      className={styles.tick}
      tabIndex={inGrid ? -1 : undefined}
      checked={checked}
      aria-label={label}
      ref={(box) => {
        if (box) box.indeterminate = Boolean(some);
      }}
      onClick={(event) => onToggle(event.shiftKey)}
      onChange={() => {}}
    />
  );
}

/** Why it is empty, and one way out. */
export function Empty({ title, text, action }: { title: string; text?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.empty} data-empty>
      <Mark size={50} tone="pale" />
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {action && <div className={styles.actions}>{action}</div>}
    </div>
  );
}

type Nothings = { [K in Key]: `${K}.text` extends Key ? K : never }[Key];

/** A place with nothing in it yet, whose words are called after it: what is not there, and why or how it comes. */
export function Nothing({ of, action }: { of: Nothings; action?: ReactNode }) {
  const t = useT();
  return <Empty title={t(of)} text={t(`${of}.text` as Key)} action={action} />;
}

/** The one act of a place: something new begins. */
export const Begin = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <Button type="primary" icon={<Plus />} onClick={onClick}>
    {children}
  </Button>
);

/** What stops something and belongs to no place on the screen; with the way to send it again where that may help. */
export function Banner({ messages, retry }: { messages: string[]; retry?: () => void }) {
  const t = useT();
  if (messages.length === 0) return null;
  return (
    <div className={styles.banner} role="alert">
      <AlertTriangle aria-hidden />
      <div>
        {messages.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </div>
      {retry && (
        <button type="button" onClick={retry}>
          {t("shell.retry")}
        </button>
      )}
    </div>
  );
}

const HEADS: Record<number, Key> = { 403: "shell.error.denied", 404: "shell.error.gone", 504: "shell.error.late" };

interface ErrorStateProps {
  error: unknown;
  retry?: () => void;
  title?: string;
  /** A part of a page, which goes on without it: one line, and no reference. */
  small?: boolean;
  /** A way on that is nearer than the first page. */
  back?: ReactNode;
}

/** What failed, whether anything was lost, and a way on. */
export function ErrorState({ error, retry, title, small, back }: ErrorStateProps) {
  const t = useT();
  useTold(error);
  const known = error instanceof ApiError ? error : null;
  const gone = known?.status === 404 || known?.status === 403;
  useWhole(!small && !gone && retry !== undefined);
  const text =
    known?.status === 0 || known?.status === 504
      ? t(known.status ? "shell.error.504" : "shell.error.offline")
      : known?.status === 404
        ? t("shell.error.404")
        : known?.status === 403
          ? t("shell.error.403")
          : known && known.status < 500
            ? (known.errors[0]?.message ?? known.message)
            : t("shell.error.text");
  if (small)
    return (
      <div className={styles.partFault} role="alert">
        <AlertTriangle />
        <span>{title ?? t(HEADS[known?.status ?? 0] ?? "shell.error.title")}</span>
        {retry && (
          <Button size="small" onClick={retry}>
            {t("shell.retry")}
          </Button>
        )}
      </div>
    );
  return (
    <div className={styles.empty} role="alert">
      <AlertTriangle className={styles.alarm} />
      <h2>{title ?? t(HEADS[known?.status ?? 0] ?? "shell.error.title")}</h2>
      <p>{text}</p>
      {known?.reference && known.status >= 500 && (
        <p className={styles.reference}>
          {t("shell.error.reference")} <code>{known.reference}</code>
        </p>
      )}
      <div className={styles.actions}>
        {back}
        {gone ? (
          <ButtonLink to="/">{t("shell.error.home")}</ButtonLink>
        ) : (
          retry && (
            <Button
              onClick={() => {
                retry();
                tryAgain();
              }}
            >
              {t("shell.retry")}
            </Button>
          )
        )}
      </div>
    </div>
  );
}

/** True after a moment: what loads at once shows no skeleton. */
export function useLate(ms = 200): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return late;
}

/** What comes: rows of a table, cards with a mark and two lines, columns of cards, tiles, bars, figures over tables, steps of a flow, or sheets under each other. */
export type Shape = "rows" | "cards" | "lanes" | "lane" | "tiles" | "bars" | "figures" | "steps" | "sheets";

/** How many bones stand in each column of it. */
const BONES: Record<Exclude<Shape, "rows" | "cards">, number[]> = {
  lanes: [4, 3, 4, 2],
  lane: [3],
  tiles: Array(12).fill(1),
  bars: Array(6).fill(1),
  figures: [1, 1, 1],
  steps: [1, 1, 1],
  sheets: [1, 1],
};

/** How wide the words of a row and of a card are, and by how much they differ from one to the next. */
// biome-ignore format: a table
const WORDS = {
  rows: [[28, 7, 11], [12, 3, 5], [16, 5, 7], [11, 2, 4]],
  cards: [[58, 7, 17], [38, 5, 13]],
};

/** The shape of what comes, so that nothing jumps when it is here. */
export function SkeletonRows({
  rows = 12,
  shape = "rows",
  height = shape === "cards" ? 69 : 36,
}: {
  rows?: number;
  height?: number;
  shape?: Shape;
}) {
  const late = useLate();
  const t = useT();
  const bones = () => {
    if (shape === "rows" || shape === "cards")
      return Array.from({ length: rows }, (_, row) => {
        const words = WORDS[shape].map(([most = 0, by = 0, within = 1]) => (
          <i key={most} style={{ width: `${most - ((row * by) % within)}%` }} />
        ));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
          <div key={row} className={cx(styles.bones, shape === "cards" && styles.boneCard)} style={{ height }}>
            {shape === "cards" && <i />}
            {shape === "cards" ? <span>{words}</span> : words}
          </div>
        );
      });
    return (
      <div className={cx(styles.boneBox, styles[`bone-${shape}`])}>
        {BONES[shape].map((n, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: shapes without identity
          <span key={at}>
            {Array.from({ length: n }, (_, bone) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: shapes without identity
              <i key={bone} />
            ))}
          </span>
        ))}
      </div>
    );
  };
  return (
    <div
      className={styles.waits}
      aria-busy="true"
      {...(shape !== "lane" && { role: "status", "aria-label": t("shell.loading") })}
    >
      {late && bones()}
    </div>
  );
}

/** A headline to come. */
export function LineToCome() {
  return useLate() && <i className={styles.boneLine} aria-hidden />;
}

/** Room for the tabs that stand under a page's head once it is known which. */
export function TabsToCome() {
  const late = useLate();
  return (
    <div className={styles.boneTabs} aria-hidden>
      {late && [72, 56, 64].map((width) => <i key={width} style={{ width }} />)}
    </div>
  );
}

interface PageProps {
  title: ReactNode;
  /** Grey beside the title. */
  count?: ReactNode;
  actions?: ReactNode;
  /** Under the head, over the body: tabs, a sentence. */
  bar?: ReactNode;
  children: ReactNode;
  /** The body scrolls and has gutters. */
  padded?: boolean;
  /** What the browser's tab says. */
  name?: string;
}

/** The heading of a page, by which what fills the page is called too. */
export const HEADING = "heading";

interface HeadProps {
  title: ReactNode;
  count?: ReactNode;
  actions?: ReactNode;
  /** Before the title: the way back. */
  before?: ReactNode;
}

/** A page's name, how much is on it, and what can be done. */
export function Head({ title, count, actions, before }: HeadProps) {
  return (
    <header className={cx(styles.head, Boolean(before) && styles.below)}>
      {before}
      <div className={styles.named}>
        <h1 id={HEADING}>{title}</h1>
        {count !== undefined && count !== null && count !== false && <span className={styles.count}>{count}</span>}
      </div>
      {actions && <div className={styles.acts}>{actions}</div>}
    </header>
  );
}

/** A sheet on the desk: head with title and actions, then the work. */
export function Page({ title, count, actions, bar, children, padded, name }: PageProps) {
  useTitle(name ?? (typeof title === "string" ? title : null));
  return (
    <section className={styles.page} data-paper>
      <Head title={title} count={count} actions={actions} />
      {bar}
      <div className={cx(styles.body, padded && styles.padded)}>{children}</div>
    </section>
  );
}

/** Whether a query of the window's size holds, now and from now on. */
export function media(query: string) {
  // Asked for when it is first needed: parts of the kit are also used where there is no window.
  let asked: MediaQueryList | undefined;
  const list = () => {
    asked ??= window.matchMedia(query);
    return asked;
  };
  const watch = (listener: () => void) => {
    list().addEventListener("change", listener);
    return () => list().removeEventListener("change", listener);
  };
  const matches = () => list().matches;
  return { matches, useMatch: () => useSyncExternalStore(watch, matches) };
}

const phone = media("(max-width: 767px)");

export const isPhone = phone.matches;

/** True below 768 pixels: cards in place of tables, a bar at the bottom. */
export const usePhone = phone.useMatch;
