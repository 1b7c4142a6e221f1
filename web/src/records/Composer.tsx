/** Writing down what happened or what is to be done, beside the record that it is about. */
import { useQueryClient } from "@tanstack/react-query";
import { BellRing, CalendarClock, Paperclip, PhoneOff, X } from "lucide-react";
import {
  type KeyboardEvent,
  type Ref as ReactRef,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { ApiError, api } from "../api/client";
import { did } from "../api/firsts";
import { useBack } from "../api/live";
import { touchRecords, useCatalog } from "../api/queries";
import { useUndo, useWrites } from "../api/writes";
import { useFormatContext } from "../fields";
import { findPlan, isoDay, type Plan, today } from "../fields/dates";
import { barred } from "../fields/reach";
import { useT } from "../i18n";
import { type ObjectDef, type RecordData, titleOf } from "../schema/catalog";
import { Button, cx, Icon, IconButton, Kbd, usePhone, useToast } from "../ui";
import styles from "./Composer.module.css";
import { useDraft } from "./FormDraft";
import { type Person, useMentions } from "./Mention";
import { useAttach } from "./useAttach";

const ORDER = ["note", "comment", "task", "call", "visit", "meeting"];
/** Where a moment that was understood goes, by kind of activity. */
const MOMENTS: Record<string, string> = { task: "due_at", meeting: "starts_at", visit: "starts_at", call: "starts_at" };

/** Whether a few words are enough for one: nothing else must be filled. */
const tellable = (object: ObjectDef): boolean =>
  object.fields.every(
    (field) =>
      !field.required ||
      field.readonly ||
      field.system ||
      field.of !== null ||
      field.default !== null ||
      field.type === "reference" ||
      field.type === "longtext" ||
      field.name === object.title,
  );

/** The objects whose records happen on others, in the order in which the composer offers them. */
export function activitiesOf(objects: ObjectDef[]): ObjectDef[] {
  return objects
    .filter(
      (object) =>
        object.activity &&
        object.can.create &&
        object.fields.some((field) => field.type === "reference") &&
        tellable(object),
    )
    .sort((a, b) => (ORDER.indexOf(a.activity) + 1 || 99) - (ORDER.indexOf(b.activity) + 1 || 99));
}

interface Text {
  kind: string;
  text: string;
  /** Whom it may mention, where the text still names them. */
  people?: Person[];
  /** Understood, but not wanted: words that mean a moment. */
  ignored?: string;
}

export interface ComposerHandle {
  focus: () => void;
}

interface ComposerProps {
  object: ObjectDef;
  record: RecordData;
  ref?: ReactRef<ComposerHandle>;
  /** It was saved; where the composer has a place of its own to leave. */
  onDone?: () => void;
}

/** First line and the rest: what it is called and what is said. */
function split(text: string): { subject: string; body: string } {
  const [first = "", ...rest] = text.trim().split("\n");
  const subject = first.length > 120 ? `${first.slice(0, 119)}…` : first;
  return { subject, body: first.length > 120 ? text.trim() : rest.join("\n").trim() };
}

export function Composer({ object, record, ref, onDone }: ComposerProps) {
  const t = useT();
  const ctx = useFormatContext();
  const phone = usePhone();
  const catalog = useCatalog();
  const toast = useToast();
  const kinds = useMemo(() => activitiesOf(catalog.objects), [catalog]);
  const draft = useDraft<Text>(`compose.${record.id}`);
  const [state, setState] = useState<Text>(() => draft.found?.value ?? { kind: kinds[0]?.name ?? "", text: "" });
  const now = useRef(state);
  now.current = state;
  const [keptAt, setKeptAt] = useState(draft.found !== null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement | null>(null);
  const panel = useId();
  const files = useAttach(object, record);
  const picker = useRef<HTMLInputElement | null>(null);
  const kind = kinds.find((one) => one.name === state.kind) ?? kinds[0];
  const writes = useWrites(kind?.name ?? "", "all");
  const undo = useUndo();
  const client = useQueryClient();
  useImperativeHandle(ref, () => ({ focus: () => box.current?.focus() }), []);

  useEffect(() => {
    if (!state.text) return;
    const timer = setTimeout(() => setKeptAt(true), 500);
    return () => clearTimeout(timer);
  }, [state.text]);

  const momentField = kind ? kind.fields.find((field) => field.name === MOMENTS[kind.activity]) : undefined;
  const task = kinds.find((one) => one.activity === "task");
  const plan = useMemo(() => findPlan(state.text, ctx.timezone), [state.text, ctx.timezone]);
  // What has no moment of its own may still ask for a reminder: that becomes a task beside it.
  const reminder = plan?.reminds && kind !== task && task ? task : null;
  const change = (next: Text) => {
    setState(next);
    setProblem(null);
    setKeptAt(false);
    draft.keep(next.text.trim() ? next : null);
  };
  const mention = useMentions({
    object: object.name,
    id: record.id,
    box,
    text: state.text,
    people: state.people ?? [],
    onPick: (text, people) => change({ ...state, text, people }),
  });
  const understood = plan && (momentField || reminder) && plan.text !== state.ignored ? plan : null;
  useBack(problem === t("record.offline.kept"), () => submit());
  if (!kind) return null;
  const reference = kind.fields.find((field) => field.type === "reference")?.name ?? "about";
  const has = (name: string) => kind.fields.some((field) => field.name === name && !field.readonly);

  /** What was said, and the task that reminds of it: two records, one way back. Answers what stands in the box. */
  const both = async (values: Record<string, unknown>, reminds: ObjectDef, plan: Plan, reference: string) => {
    const first = await api.make(`/records/${kind.name}`, { values });
    // It is kept: should the reminder fail, only that is asked for again.
    const left: Text = {
      kind: reminds.name,
      text: plan.rest === state.text ? state.text : `${plan.text} ${split(plan.rest).subject}`,
    };
    if (now.current === state) change(left);
    const second = await api.make(`/records/${reminds.name}`, {
      values: {
        [reminds.title]: split(plan.rest).subject,
        [reference]: values[reference],
        [MOMENTS.task ?? ""]: plan.value.toISOString(),
      },
    });
    await touchRecords(client);
    did(`create ${reminds.name}`);
    const sets = [first.changeSet, second.changeSet].filter((set): set is string => set !== null);
    toast({
      text: t("record.composed.both", { kind: ctx.label(kind.label), task: ctx.label(reminds.label) }),
      undo: () => undo(...sets),
    });
    return left;
  };
  const submit = async () => {
    const text = state.text.trim();
    if (!text || busy) return;
    setBusy(true);
    // The moment of a reminder is its task's: what is written down beside it happened now.
    const own = reminder ? null : understood;
    const planned = own && own.value.getTime() > Date.now();
    // A task is called by what is to be done; when, its date says.
    const { subject, body } = split(understood && kind === task ? understood.rest : text);
    const values: Record<string, unknown> = { [reference]: { object: object.name, id: record.id } };
    if (kind.activity === "note" || kind.activity === "comment") {
      // It is its text; the server names it by the first line.
      values.body = text;
    } else {
      values[kind.title] = subject;
      if (has("body") && body) values.body = body;
    }
    if (momentField && own) values[momentField.name] = own.value.toISOString();
    if (kind.activity === "call" && planned && has("result")) values.result = "planned";
    if (kind.activity === "meeting" && has("status")) values.status = planned ? "planned" : "held";
    if (kind.activity === "visit" && has("status")) values.status = planned ? "planned" : "done";
    if (has("mentions") && mention.named.length) values.mentions = mention.named.map((person) => person.id);
    try {
      const said = t("record.composed", { kind: ctx.label(kind.label, kind.name) });
      let sent = state;
      if (understood && reminder) sent = await both(values, reminder, understood, reference);
      else await writes.create(values, said);
      setProblem(null);
      // What was begun while it was on its way stays.
      if (now.current === sent) {
        draft.keep(null);
        setState({ kind: kind.name, text: "" });
        setKeptAt(false);
        onDone?.();
      }
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason;
      setProblem(reason.status === 0 ? t("record.offline.kept") : (reason.errors[0]?.message ?? reason.message));
    } finally {
      setBusy(false);
      box.current?.focus();
    }
  };
  const keyDown = (event: KeyboardEvent) => {
    if (has("mentions") && mention.keyDown(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void submit();
    }
  };
  const tabs = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = kinds[(kinds.indexOf(kind) + step + kinds.length) % kinds.length];
    if (next) change({ ...state, kind: next.name });
    requestAnimationFrame(() => document.getElementById(`${panel}-${next?.name}`)?.focus());
  };

  return (
    <section
      className={styles.composer}
      aria-label={t("record.composer", { title: titleOf(object, record) })}
      onDragOver={(event) => {
        if (files.may && event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!files.may || !event.dataTransfer.files.length) return;
        event.preventDefault();
        void files.attach(event.dataTransfer.files);
      }}
    >
      <div className={styles.head}>
        <div
          className={cx("sideways", styles.tabs)}
          role="tablist"
          aria-label={t("record.composer.kind")}
          onKeyDown={tabs}
        >
          {kinds.map((one) => (
            <button
              key={one.name}
              id={`${panel}-${one.name}`}
              type="button"
              role="tab"
              aria-selected={one === kind}
              aria-controls={panel}
              tabIndex={one === kind ? 0 : -1}
              className={cx(styles.tab, one === kind && styles.on)}
              onClick={() => {
                change({ ...state, kind: one.name });
                box.current?.focus();
              }}
            >
              {one.activity === "call" && barred(record, "call") ? (
                <PhoneOff className={styles.off} aria-hidden />
              ) : (
                <Icon name={one.icon} size={14} />
              )}
              {ctx.label(one.label, one.name)}
            </button>
          ))}
        </div>
        <span className={styles.kept} role="status">
          {keptAt && state.text.trim() ? t("record.draft") : ""}
        </span>
      </div>
      <div id={panel} role="tabpanel" aria-labelledby={`${panel}-${kind.name}`}>
        <textarea
          ref={box}
          className={styles.text}
          rows={Math.min(14, Math.max(phone ? 5 : state.text ? 2 : 1, state.text.split("\n").length))}
          value={state.text}
          placeholder={t(
            `record.placeholder.${(ORDER.includes(kind.activity) ? kind.activity : "note") as "note" | "comment" | "task" | "call" | "visit" | "meeting"}`,
          )}
          aria-label={ctx.label(kind.label, kind.name)}
          onChange={(event) => {
            change({ ...state, text: event.target.value });
            mention.look(); // what an input method writes moves no cursor that could be heard
          }}
          onKeyDown={keyDown}
          onPaste={(event) => {
            if (!files.may || !event.clipboardData.files.length || event.clipboardData.types.includes("text/plain"))
              return;
            event.preventDefault();
            void files.attach(event.clipboardData.files);
          }}
          onSelect={mention.look}
          onBlur={mention.close}
          {...mention.aria}
        />
        {has("mentions") && mention.list}
        <div className={styles.foot}>
          {files.may && (
            <>
              <IconButton
                small={!phone}
                icon={<Paperclip />}
                label={t("record.attach")}
                disabled={files.busy}
                onClick={() => picker.current?.click()}
              />
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                onChange={(event) => {
                  void files.attach(event.target.files);
                  event.target.value = "";
                }}
              />
            </>
          )}
          {understood && (
            <span className={styles.chip}>
              {understood.reminds ? <BellRing aria-hidden /> : <CalendarClock aria-hidden />}
              {t(understood.reminds ? "record.remind" : kind === task ? "record.due" : "record.when", {
                when: `${ctx.f.weekday(isoDay(today(ctx.timezone, understood.value)))} ${ctx.f.datetime(understood.value.toISOString())}`,
              })}
              <button
                type="button"
                aria-label={t("record.remind.not")}
                onClick={() => change({ ...state, ignored: understood.text })}
              >
                <X aria-hidden />
              </button>
            </span>
          )}
          {has("mentions") && mention.blind.length > 0 && (
            <span className={styles.problem} role="status">
              {t("told.mention.warn", { names: mention.blind.map((person) => person.title).join(t("shell.comma")) })}
            </span>
          )}
          {problem && (
            <span className={styles.problem} role="alert">
              {problem}
            </span>
          )}
          <span className="spring" />
          {!phone && <Kbd>Ctrl ↵</Kbd>}
          <Button
            size={phone ? "large" : "small"}
            type={state.text.trim() ? "primary" : "default"}
            loading={busy}
            onClick={() => {
              if (state.text.trim()) void submit();
              else {
                toast({ text: t("record.compose.empty"), tone: "warn" });
                box.current?.focus();
              }
            }}
          >
            {t("record.compose.save")}
          </Button>
        </div>
      </div>
    </section>
  );
}
