/** One line of text, with room for a mark before and after it. */
import { Eye, EyeOff, X } from "lucide-react";
import { type InputHTMLAttributes, type KeyboardEvent, type ReactNode, type Ref, useState } from "react";
import { useT } from "../i18n";
import { cx } from "./cx";
import styles from "./input.module.css";
import { useNamed } from "./named";

export interface TextInputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "size" | "prefix"> {
  size?: "small" | "middle" | "large";
  status?: "error" | "warning" | "";
  prefix?: ReactNode;
  suffix?: ReactNode;
  /** Shows a way to empty it while there is something in it. */
  onClear?: () => void;
  onPressEnter?: (event: KeyboardEvent<HTMLInputElement>) => void;
  ref?: Ref<HTMLInputElement>;
}

export function TextInput(props: TextInputProps) {
  const { size = "middle", status, prefix, suffix, onClear, onPressEnter, className, ...rest } = props;
  const t = useT();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a press beside the text goes into it
    <span
      className={cx(styles.box, styles[size], status && styles[status], className)}
      data-disabled={rest.disabled || undefined}
      onMouseDown={(event) => {
        if (event.target instanceof HTMLInputElement || (event.target as Element).closest("button, a")) return;
        event.preventDefault();
        event.currentTarget.querySelector("input")?.focus();
      }}
    >
      {prefix && <span className={styles.mark}>{prefix}</span>}
      <input
        dir={rest.type && rest.type !== "text" ? undefined : "auto"}
        {...rest}
        aria-invalid={rest["aria-invalid"] ?? (status === "error" || undefined)}
        onKeyDown={(event) => {
          rest.onKeyDown?.(event);
          if (event.key === "Enter") onPressEnter?.(event);
        }}
      />
      {onClear && rest.value ? (
        <button type="button" className={styles.eye} aria-label={t("shell.clear")} onClick={onClear}>
          <X />
        </button>
      ) : null}
      {suffix && <span className={styles.mark}>{suffix}</span>}
    </span>
  );
}

/** A password: hidden until one asks to see it. */
export function PasswordInput({ suffix, ...props }: Omit<TextInputProps, "type">) {
  const t = useT();
  const [shown, setShown] = useState(false);
  const eye = useNamed<HTMLButtonElement>("shell.password.show.of", props.id, props["aria-label"]);
  return (
    <TextInput
      {...props}
      type={shown ? "text" : "password"}
      suffix={
        <>
          {suffix}
          <button
            ref={eye}
            type="button"
            className={styles.eye}
            aria-pressed={shown}
            aria-label={t("shell.password.show")}
            onClick={() => setShown(!shown)}
          >
            {shown ? <Eye /> : <EyeOff />}
          </button>
        </>
      }
    />
  );
}
