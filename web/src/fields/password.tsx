import { memo } from "react";
import { PasswordInput } from "../ui";
import { Dash } from "./Entry";
import { asText, type InputProps, type Twin } from "./twin";

/** It can be written and is never read back: there is nothing to show and nothing to compare with. */
const Cell = memo(Dash);

function Input({ field, value, onChange, onCommit, autoFocus, status, id, disabled, size, label }: InputProps) {
  return (
    <PasswordInput
      id={id}
      size={size}
      status={status}
      disabled={disabled}
      autoFocus={autoFocus}
      autoComplete="new-password"
      aria-label={label}
      value={asText(value)}
      data-field={field.name}
      onChange={(event) => onChange(event.target.value || null)}
      onPressEnter={() => onCommit?.(value)}
    />
  );
}

export default { Cell, Input, Filter: () => null, format: () => "", width: 80 } satisfies Twin;
