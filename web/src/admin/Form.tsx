/** Forms of the settings, declared by their lines; state, faults, panel and buttons are the same for all. */
import { Copy } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { searched } from "../api/people";
import { useLanguage, useT } from "../i18n";
import { same } from "../schema/filter";
import { useKeys } from "../shell/keys";
import { Button, PasswordInput, TextBox, TextInput, useHere, useRefusal, useToast } from "../ui";
import { InputNumber, Select } from "../ui/antd";
import styles from "./admin.module.css";
import { caughtUp } from "./catching";
import { Banner, type Faults, faultsOf, Line, NO_FAULTS, Panel } from "./Section";

export interface Form<Draft> {
  draft: Draft;
  faults: Faults;
  busy: boolean;
  dirty: boolean;
  set: (part: Partial<Draft>) => void;
  /** Carries something out; what the server refuses is shown at its line, and the answer is false. */
  run: (act: () => Promise<unknown>) => Promise<boolean>;
  reset: () => void;
}

/** `start` is what is saved; `also` names places of faults that are no part of the draft. */
export function useForm<Draft extends object>(
  start: Draft,
  also: string[] | ((draft: Draft) => string[]) = [],
): Form<Draft> {
  const t = useT();
  const [draft, setDraft] = useState(start);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [busy, setBusy] = useState(false);
  const here = useHere();
  const refuse = useRefusal();
  const toast = useToast();
  const saved = useRef(start);
  /** What was sent from here comes back as it is kept. */
  const own = useRef(false);
  useEffect(() => {
    const was = saved.current;
    if (same(was, start)) return;
    saved.current = start;
    const [next, lost] = own.current ? [start, []] : caughtUp(draft, was, start);
    setDraft(next);
    if (lost.length) toast({ text: t("admin.form.newer"), tone: "warn" });
  }, [draft, start, t, toast]);
  return {
    draft,
    faults,
    busy,
    dirty: !same(draft, start),
    set: (part) => {
      own.current = false;
      setDraft((before) => ({ ...before, ...part }));
      setFaults(NO_FAULTS);
    },
    run: async (act) => {
      if (busy) return false;
      setBusy(true);
      setFaults(NO_FAULTS);
      own.current = true;
      try {
        await act();
        return true;
      } catch (reason) {
        own.current = false;
        if (!here.current) {
          refuse(reason);
          return false;
        }
        const known = [...Object.keys(draft), ...(typeof also === "function" ? also(draft) : also)];
        setFaults(faultsOf(reason, known, t("shell.offline")));
        return false;
      } finally {
        setBusy(false);
      }
    },
    reset: () => {
      setDraft(start);
      setFaults(NO_FAULTS);
    },
  };
}

interface Choice {
  value: string | number;
  label: ReactNode;
}

export interface LineOf<Draft> {
  name: keyof Draft & string;
  label: ReactNode;
  /** `code` is for API names, `zh` for Chinese text; `options` make it a choice, `render` something of its own. */
  kind?: "text" | "zh" | "code" | "email" | "password" | "currentPassword" | "area" | "zhArea" | "number";
  options?: Choice[];
  many?: boolean;
  /** How a choice among many is looked for; by itself, among the labels that are there. */
  search?: ReturnType<typeof searched>;
  clear?: boolean;
  render?: (id: string) => ReactNode;
  help?: ReactNode;
  required?: boolean;
  /** Other names under which the server may find fault with it. */
  faults?: string[];
  /** Stands beside its neighbour. */
  half?: boolean;
  /** The first of a pair in two languages, which stands where the reader's language has it. */
  paired?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
  placeholder?: string;
  icon?: ReactNode;
  range?: [number, number];
  max?: number;
}

/** A label, in both languages side by side, the reader's first. */
export function bilingual<Name extends string>(
  names: [Name, Name],
  labels: [string, string],
  more: Partial<LineOf<Record<Name, string>>> = {},
): LineOf<Record<Name, string>>[] {
  const area = more.kind === "area";
  return [
    { max: 120, ...more, name: names[0], label: labels[0], half: true, paired: true, kind: area ? "area" : "text" },
    {
      max: 120,
      ...more,
      name: names[1],
      label: labels[1],
      half: true,
      kind: area ? "zhArea" : "zh",
      autoFocus: false,
      faults: [],
      placeholder: undefined,
    },
  ];
}

export function Control<Draft>({
  form,
  line,
  id,
  fault,
}: {
  form: Form<Draft>;
  line: LineOf<Draft>;
  id: string;
  fault?: string;
}) {
  const { kind = "text", options, disabled, placeholder, autoFocus } = line;
  const value = form.draft[line.name];
  const set = (next: unknown) => form.set({ [line.name]: next } as Partial<Draft>);
  const status = fault ? ("error" as const) : undefined;
  const common = { id, disabled, placeholder, autoFocus, status };
  if (options)
    return (
      <Select
        {...common}
        className={styles.wide}
        mode={line.many ? "multiple" : undefined}
        allowClear={line.clear}
        showSearch={line.search ?? { optionFilterProp: "label" }}
        value={value as string}
        options={options}
        onChange={(next: unknown) => set(next ?? null)}
      />
    );
  if (kind === "number")
    return (
      <InputNumber
        {...common}
        min={line.range?.[0]}
        max={line.range?.[1]}
        precision={0}
        value={value as number | null}
        onChange={(next) => set(next)}
      />
    );
  const text = {
    ...common,
    value: value as string,
    maxLength: line.max ?? 120,
    onChange: (event: { target: { value: string } }) =>
      set(kind === "code" ? event.target.value.trim() : event.target.value),
  };
  if (kind === "area" || kind === "zhArea")
    return <TextBox {...text} rows={1} lang={kind === "zhArea" ? "zh" : undefined} />;
  if (kind === "password" || kind === "currentPassword")
    return (
      <PasswordInput
        {...text}
        autoComplete={kind === "password" ? "new-password" : "current-password"}
        maxLength={256}
      />
    );
  return (
    <TextInput
      {...text}
      prefix={line.icon}
      className={kind === "code" ? styles.mono : undefined}
      lang={kind === "zh" ? "zh" : undefined}
      type={kind === "email" ? "email" : undefined}
      autoComplete="off"
    />
  );
}

/** A line as it stands where the second language of a pair comes first: what the first one is for goes with its place. */
function swapped<Draft>(
  line: LineOf<Draft>,
  next: LineOf<Draft> | undefined,
  last: LineOf<Draft> | undefined,
): LineOf<Draft>[] {
  if (last?.paired) return [];
  if (!line.paired || !next) return [line];
  const { faults, autoFocus, required } = line;
  return [
    { ...next, autoFocus, required, faults: [line.name, ...(faults ?? [])] },
    { ...line, autoFocus: false, required: false, faults: [] },
  ];
}

export function Lines<Draft>({
  form,
  lines,
}: {
  form: Form<Draft>;
  lines: (LineOf<Draft> | false | null | undefined)[];
}) {
  const { language } = useLanguage();
  const given = lines.filter((line): line is LineOf<Draft> => Boolean(line));
  const shown = language === "zh" ? given.flatMap((line, at) => swapped(line, given[at + 1], given[at - 1])) : given;
  const drawn = (line: LineOf<Draft>) => {
    const fault = [line.name, ...(line.faults ?? [])].map((name) => form.faults.fields[name]).find(Boolean);
    return (
      <Line key={line.name} label={line.label} required={line.required} help={line.help} error={fault}>
        {(id) => (line.render ? line.render(id) : <Control form={form} line={line} id={id} fault={fault} />)}
      </Line>
    );
  };
  return shown.map((line, at) => {
    if (!line.half) return drawn(line);
    const before = shown
      .slice(0, at)
      .reverse()
      .findIndex((one) => !one.half);
    const place = before < 0 ? at : before;
    if (place % 2 === 1) return null;
    const beside = shown[at + 1];
    return (
      <div key={line.name} className={styles.two}>
        {drawn(line)}
        {beside?.half && drawn(beside)}
      </div>
    );
  });
}

interface FormPanelProps<Draft> {
  form: Form<Draft>;
  lines: (LineOf<Draft> | false | null | undefined)[];
  title: ReactNode;
  /** Grey beside the title: an API name. */
  extra?: ReactNode;
  onClose: () => void;
  /** What the button says; without it nothing can be saved. */
  submit?: ReactNode;
  ready?: boolean;
  onSubmit: () => Promise<unknown>;
  /** Beside the button, and over it. */
  acts?: ReactNode;
  note?: ReactNode;
  /** What saving does; always in sight, over the button. */
  says?: ReactNode;
  /** Over the lines, and under them. */
  before?: ReactNode;
  children?: ReactNode;
}

export function FormPanel<Draft>(props: FormPanelProps<Draft>) {
  const {
    form,
    lines,
    title,
    extra,
    onClose,
    submit,
    ready = true,
    onSubmit,
    acts,
    note,
    says,
    before,
    children,
  } = props;
  const t = useT();
  const [leaving, setLeaving] = useState<Draft | null>(null);
  const going = form.dirty && leaving === form.draft;
  const save = () => {
    if (submit && ready) void form.run(onSubmit);
  };
  const send = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    save();
  };
  return (
    <Panel
      title={title}
      extra={extra}
      onClose={() => (submit && form.dirty && !going && !form.busy ? setLeaving(form.draft) : onClose())}
      foot={
        submit && (
          <>
            {says && <div className={styles.says}>{says}</div>}
            {note && <p className={styles.footNote}>{note}</p>}
            {going && (
              <p className={styles.footNote} role="alert">
                {t("admin.form.unsaved")}
              </p>
            )}
            <Button className={styles.grow} type="primary" disabled={!ready} loading={form.busy} onClick={save}>
              {submit}
            </Button>
            {acts}
          </>
        )
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
        // A list of options would take it for its own.
        onKeyDownCapture={(event) => (event.target as HTMLElement).closest(".ant-select") && send(event)}
        onKeyDown={(event) => !event.defaultPrevented && send(event)}
      >
        <Banner messages={form.faults.others} />
        {before}
        <Lines form={form} lines={lines} />
        {children}
        <input type="submit" hidden />
      </form>
    </Panel>
  );
}

/** Something that is shown once, to be taken away: a link, a token. */
export function SecretPanel(props: {
  title: ReactNode;
  text: ReactNode;
  secret: string;
  close: string;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useT();
  const toast = useToast();
  const copy = async () => {
    await navigator.clipboard?.writeText(props.secret);
    toast({ text: t("admin.copied") });
  };
  return (
    <Panel
      title={props.title}
      onClose={props.onClose}
      foot={
        <>
          <Button className={styles.grow} type="primary" icon={<Copy />} onClick={() => void copy()}>
            {t("admin.copy")}
          </Button>
          <Button onClick={props.onClose}>{props.close}</Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>{props.text}</p>
        <p className={styles.secret} data-testid="secret">
          {props.secret}
        </p>
        {props.children}
      </div>
    </Panel>
  );
}

/** What can be done with a page that was changed and not saved. */
export function SaveBar({ form, note, onSave }: { form: Form<object>; note: string; onSave: () => Promise<unknown> }) {
  const t = useT();
  const save = () => void form.run(onSave);
  // From any of the many lines that such a page has.
  useKeys({ "mod+enter": () => form.dirty && !form.busy && save() });
  if (!form.dirty) return null;
  return (
    <div className={styles.foot}>
      <span className={styles.footNote}>{note}</span>
      <span className="spring" />
      <Button onClick={form.reset}>{t("admin.discard")}</Button>
      <Button type="primary" loading={form.busy} onClick={save}>
        {t("admin.save")}
      </Button>
    </div>
  );
}
