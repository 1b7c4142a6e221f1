/** A choice whose options have a mark before their words. What is chosen is heard by its words alone: of anything else a library says the bare value. */
import type { ComponentProps, ReactNode } from "react";
import { Select } from "../ui/antd";
import styles from "./transfer.module.css";

interface Marked {
  value: string;
  label: string;
  mark?: ReactNode;
  /** What stands behind the words while it is offered. */
  more?: ReactNode;
  /** What is searched. */
  text?: string;
  disabled?: boolean;
}

interface MarkedSelectProps extends Omit<ComponentProps<typeof Select>, "options" | "onChange"> {
  options: Marked[];
  // biome-ignore lint/suspicious/noExplicitAny: one of the values, or nothing where it can be emptied
  onChange: (value: any) => void;
}

export function MarkedSelect({ options, ...rest }: MarkedSelectProps) {
  const mark = options.find((one) => one.value === rest.value)?.mark;
  return (
    <Select
      {...rest}
      prefix={mark && <span className={styles.option}>{mark}</span>}
      options={options}
      optionRender={({ data }) => {
        const { mark, label, more } = data as Marked;
        return (
          <span className={styles.option}>
            {mark}
            <span className="ellipsis">{label}</span>
            {more}
          </span>
        );
      }}
    />
  );
}
