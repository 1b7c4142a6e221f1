/** Buttons: one primary a view, the others quiet. While it works a button keeps its width and its words. */
import { createLink } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import {
  type AnchorHTMLAttributes,
  type ButtonHTMLAttributes,
  createContext,
  type ReactNode,
  type Ref,
  useContext,
} from "react";
import { useT } from "../i18n";
import styles from "./button.module.css";
import { cx } from "./cx";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> {
  type?: "default" | "primary" | "text" | "link";
  size?: "small" | "middle" | "large";
  icon?: ReactNode;
  loading?: boolean;
  danger?: boolean;
  /** As wide as what it stands in. */
  block?: boolean;
  htmlType?: "button" | "submit" | "reset";
  ref?: Ref<HTMLButtonElement>;
}

type Look = Pick<ButtonProps, "type" | "size" | "danger" | "block" | "className">;

const look = ({ type = "default", size = "middle", danger, block, className }: Look): string =>
  cx(styles.button, styles[type], styles[size], danger && styles.danger, block && styles.block, className);

const inside = (icon: ReactNode, loading: boolean | undefined, children: ReactNode) => (
  <>
    {loading ? <LoaderCircle className="turning" /> : icon}
    {children !== undefined && children !== null && <span>{children}</span>}
  </>
);

const RowName = createContext("");

/** Around the acts of a row: many rows have the same, and each is heard with what its row is called. */
export const ActsOf = RowName.Provider;

/** What an act is heard as: its own words, and the row that it is about. */
export function useActName(said: string | undefined): string | undefined {
  const t = useT();
  const row = useContext(RowName);
  return said && row && !said.includes(row) ? t("shell.act.of", { act: said, name: row }) : said;
}

export function Button(props: ButtonProps) {
  const { type, size, icon, loading, danger, block, htmlType = "button", className, children, ...rest } = props;
  const words = typeof children === "string" ? children : undefined;
  const name = useActName(rest["aria-label"] ?? words);
  return (
    <button
      {...rest}
      aria-label={name === words ? rest["aria-label"] : name}
      type={htmlType}
      className={look({ type, size, danger, block, className })}
      data-kind={type}
      disabled={rest.disabled}
      aria-busy={loading || undefined}
      // Nor is a form sent again by the button that sends it.
      onClick={loading ? (event) => event.preventDefault() : rest.onClick}
    >
      {inside(icon, loading, children)}
    </button>
  );
}

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement>, Omit<Look, "type"> {
  /** A button's type, under another name: a link keeps that one to itself. */
  kind?: Look["type"];
  icon?: ReactNode;
  ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ kind, size, icon, danger, block, className, children, ...rest }: AnchorProps) {
  return (
    <a {...rest} data-kind={kind} className={look({ type: kind, size, danger, block, className })}>
      {inside(icon, false, children)}
    </a>
  );
}

/** A link that looks like a button. */
export const ButtonLink = createLink(Anchor);
