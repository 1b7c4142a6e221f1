/** The frame of a section of the settings, the panel beside it, and the lines of its forms. */
import { Link } from "@tanstack/react-router";
import { AlertTriangle, ArrowLeft, X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { ApiError } from "../api/client";
import { useT } from "../i18n";
import { Head, IconButton, media, usePhone, useReturning, useTitle } from "../ui";
import { Drawer } from "../ui/antd";
import { useDescribed } from "../ui/named";
import styles from "./admin.module.css";

export { Banner } from "../ui";

/** True where there is room for a panel beside the section; below that it is a drawer. */
export const useWide = media("(min-width: 1200px)").useMatch;

interface SectionProps {
  title: string;
  count?: ReactNode;
  actions?: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Below the settings where on a phone the way back leads; the list of sections without it. */
  back?: string;
  bar?: ReactNode;
  foot?: ReactNode;
  panel?: ReactNode;
  /** The body has gutters. */
  padded?: boolean;
  children: ReactNode;
}

export function Section({ title, count, actions, lead, back, bar, foot, panel, padded, children }: SectionProps) {
  const t = useT();
  const phone = usePhone();
  useTitle(title);
  return (
    <div className={styles.split}>
      <section className={styles.section}>
        <Head
          title={title}
          count={count}
          actions={actions}
          before={
            phone && (
              <Link
                to={back ? "/settings/$" : "/settings"}
                params={{ _splat: back }}
                className={styles.back}
                aria-label={t("shell.back")}
              >
                <ArrowLeft />
              </Link>
            )
          }
        />
        {lead && <p className={styles.lead}>{lead}</p>}
        {bar}
        <div className={`${styles.body} ${padded ? styles.pad : ""}`}>{children}</div>
        {foot}
      </section>
      {panel}
    </div>
  );
}

interface PanelProps {
  title: ReactNode;
  /** Grey beside the title: an API name. */
  extra?: ReactNode;
  onClose: () => void;
  foot?: ReactNode;
  /** What takes the focus afterwards, where whatever opened this is gone. */
  home?: () => HTMLElement | null;
  children: ReactNode;
}

/** What is being edited: beside the list where there is room, over it otherwise. */
export function Panel({ title, extra, onClose, foot, home, children }: PanelProps) {
  const roomy = useWide();
  const phone = usePhone();
  if (!roomy)
    return (
      <Drawer
        open
        onClose={onClose}
        size={phone ? "100%" : 420}
        title={
          <>
            {title} {extra}
          </>
        }
        footer={foot && <div className={styles.panelFoot}>{foot}</div>}
        classNames={{ body: styles.panelBody }}
      >
        {children}
      </Drawer>
    );
  return (
    <Beside title={title} extra={extra} onClose={onClose} foot={foot} home={home}>
      {children}
    </Beside>
  );
}

/** It takes the focus as a drawer would, unless one of its lines does, and gives it back. */
function Beside({ title, extra, onClose, foot, home, children }: PanelProps) {
  const t = useT();
  const head = useRef<HTMLHeadingElement>(null);
  useReturning(home);
  useEffect(() => {
    if (!head.current?.closest("aside")?.contains(document.activeElement)) head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <aside
      className={styles.panel}
      aria-label={typeof title === "string" ? title : undefined}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <div className={styles.panelHead}>
        <h2 ref={head} tabIndex={-1}>
          {title}
        </h2>
        {extra}
        <span className="spring" />
        <IconButton icon={<X />} label={t("shell.close")} onClick={onClose} />
      </div>
      <div className={styles.panelBody}>{children}</div>
      {foot && <div className={styles.panelFoot}>{foot}</div>}
    </aside>
  );
}

interface LineProps {
  label: ReactNode;
  required?: boolean;
  help?: ReactNode;
  error?: string;
  children: (id: string) => ReactNode;
}

/** A labelled input, with what is wrong with it. */
export function Line({ label, required, help, error, children }: LineProps) {
  const t = useT();
  const id = useId();
  const said = `${id}said`;
  useDescribed(id, said, error !== undefined);
  return (
    <div className={styles.line}>
      <label htmlFor={id}>
        {label}
        {required && (
          <span className={styles.must}>
            <span aria-hidden>*</span>
            <span className="sr">{`\u00a0${t("record.required")}`}</span>
          </span>
        )}
      </label>
      {children(id)}
      {error ? (
        <p id={said} className={styles.fault} role="alert">
          <AlertTriangle aria-hidden />
          {error}
        </p>
      ) : (
        help && (
          <p id={said} className={styles.help}>
            {help}
          </p>
        )
      )}
    </div>
  );
}

/** What stops a form: by the name of a line, and what belongs to none. */
export interface Faults {
  fields: Record<string, string>;
  others: string[];
}

export const NO_FAULTS: Faults = { fields: {}, others: [] };

/** Sorts what the server refused to the lines of a form; `known` names them, places like `account.name` end in one. */
export function faultsOf(reason: unknown, known: string[], offline: string): Faults {
  if (!(reason instanceof ApiError)) throw reason;
  if (reason.status === 0) return { fields: {}, others: [offline] };
  const faults: Faults = { fields: {}, others: [] };
  for (const problem of reason.errors) {
    const name = [problem.field, ...(problem.field ?? "").split(".").reverse()].find((part) =>
      known.includes(part ?? ""),
    );
    if (name) faults.fields[name] ??= problem.message;
    else faults.others.push(problem.message);
  }
  if (reason.errors.length === 0) faults.others.push(reason.message);
  return faults;
}
