/** On or off, at once. */
import type { ButtonHTMLAttributes } from "react";
import { cx } from "./cx";
import styles from "./input.module.css";

interface SwitchProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "onChange" | "type"> {
  checked?: boolean;
  onChange?: (checked: boolean) => void;
  size?: "small" | "middle" | "large";
}

export function Switch({ checked = false, onChange, size, className, ...rest }: SwitchProps) {
  return (
    <button
      {...rest}
      type="button"
      role="switch"
      aria-checked={checked}
      className={cx(styles.switch, size === "small" && styles.smallSwitch, className)}
      onClick={(event) => {
        rest.onClick?.(event);
        onChange?.(!checked);
      }}
    />
  );
}
