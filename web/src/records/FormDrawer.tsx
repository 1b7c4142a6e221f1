/** The frame of every form: a drawer with what stops it, what was kept of it, and one way to send it. */
import { type ClipboardEvent, type ReactNode, useEffect, useRef } from "react";
import { ApiError } from "../api/client";
import { useBack } from "../api/live";
import { type T, useFormat, useT } from "../i18n";
import type { Field } from "../schema/catalog";
import { Banner, Button, cx, Kbd, usePhone } from "../ui";
import { Drawer } from "../ui/antd";
import styles from "./Form.module.css";
import { showFirstError } from "./FormFields";

/** What stops a form: messages by field, and those that belong to none that is shown. */
export interface Problems {
  fields: Record<string, string>;
  others: string[];
  /** The server was not reached: nothing is known to be wrong. */
  offline?: boolean;
  /** Which attempt told them: the first one is shown then, and not while it is being put right. */
  attempt?: object;
}

export const NONE: Problems = { fields: {}, others: [] };

export function problemsOf(reason: unknown, fields: Field[], t: T): Problems {
  if (!(reason instanceof ApiError)) throw reason;
  if (reason.status === 0) return { fields: {}, others: [t("record.offline")], offline: true, attempt: {} };
  const companions = new Map(fields.filter((field) => field.of).map((field) => [field.name, field.of]));
  const known = new Set(fields.map((field) => field.name));
  const found: Problems = { fields: {}, others: [], attempt: {} };
  for (const problem of reason.errors) {
    const name = companions.get(problem.field ?? "") ?? problem.field;
    if (name && known.has(name))
      found.fields[name] ??= problem.code === "required" ? t("shell.form.required") : problem.message;
    else found.others.push(problem.message);
  }
  if (reason.errors.length === 0) found.others.push(reason.message);
  return found;
}

/** What was wrong with a field is no longer known once it was changed. */
export const without = (problems: Problems, name: string): Problems =>
  name in problems.fields
    ? { ...problems, fields: Object.fromEntries(Object.entries(problems.fields).filter(([key]) => key !== name)) }
    : problems;

interface FormDrawerProps {
  title: string;
  width: number;
  columns?: boolean;
  problems: Problems;
  onClose: () => void;
  onSubmit: () => void;
  busy: boolean;
  /** On the button. */
  submit: string;
  disabled?: boolean;
  /** At the other end of the foot, and beside the button. */
  aside?: ReactNode;
  beside?: ReactNode;
  /** When what is shown was written, where it was kept; and the way to begin anew. */
  kept?: number | null;
  onDiscard?: () => void;
  onPaste?: (event: ClipboardEvent) => void;
  above?: ReactNode;
  below?: ReactNode;
  /** Stands in place of the form and its foot. */
  instead?: ReactNode;
  children: ReactNode;
}

export function FormDrawer(props: FormDrawerProps) {
  const { problems, onSubmit, busy, kept, instead } = props;
  const t = useT();
  const f = useFormat();
  const phone = usePhone();
  const body = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (problems.attempt) showFirstError(body.current);
  }, [problems.attempt]);
  useBack(problems.offline === true, onSubmit);
  return (
    <Drawer
      open
      onClose={props.onClose}
      size={phone ? "100%" : props.width}
      title={props.title}
      classNames={{ body: styles.drawer }}
      footer={
        !instead && (
          <div className={styles.footer}>
            {props.aside}
            <span className="spring" />
            {props.beside}
            {!phone && <Kbd>Ctrl ↵</Kbd>}
            <Button type="primary" loading={busy} disabled={props.disabled} onClick={onSubmit}>
              {props.submit}
            </Button>
          </div>
        )
      }
    >
      {kept && (
        <div className={styles.restored}>
          <span>{t("record.restored", { when: f.ago(new Date(kept).toISOString()) })}</span>
          <button type="button" onClick={props.onDiscard}>
            {t("record.restored.discard")}
          </button>
        </div>
      )}
      <Banner messages={problems.others} retry={problems.offline ? onSubmit : undefined} />
      {instead || (
        <>
          {props.above}
          <form
            ref={body}
            className={cx(props.columns && styles.twoColumns)}
            noValidate
            onPaste={props.onPaste}
            onSubmit={(event) => event.preventDefault()}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              // A form may stand over the form that it was opened from.
              event.stopPropagation();
              onSubmit();
            }}
          >
            {props.children}
          </form>
          {props.below}
        </>
      )}
    </Drawer>
  );
}
