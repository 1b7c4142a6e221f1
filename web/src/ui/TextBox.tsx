/** Several lines of text, as tall as what is in it. */
import { type Ref, type TextareaHTMLAttributes, useEffect, useRef } from "react";
import { cx } from "./cx";
import styles from "./input.module.css";

interface TextBoxProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  status?: "error" | "warning" | "";
  ref?: Ref<HTMLTextAreaElement>;
}

export function TextBox({ status, className, autoFocus, ref, ...rest }: TextBoxProps) {
  const own = useRef<HTMLTextAreaElement>(null);
  const first = useRef(autoFocus);
  useEffect(() => {
    const box = own.current;
    if (!first.current || !box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }, []);
  return (
    <textarea
      dir="auto"
      {...rest}
      ref={(box) => {
        own.current = box;
        if (typeof ref === "function") ref(box);
        else if (ref) ref.current = box;
      }}
      className={cx(styles.area, status && styles[status], className)}
      aria-invalid={rest["aria-invalid"] ?? (status === "error" || undefined)}
    />
  );
}
