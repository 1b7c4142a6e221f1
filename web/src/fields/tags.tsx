import { memo } from "react";
import { Badge } from "../ui";
import { Select } from "../ui/antd";
import { EmptyFilter } from "./conditions";
import { Dash } from "./Entry";
import styles from "./fields.module.css";
import { Several } from "./Several";
import {
  asList,
  asText,
  type CellProps,
  controlOf,
  type FilterProps,
  type InputProps,
  type Twin,
  useFormatContext,
} from "./twin";

const split = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,，、;；\n\t]/)
      .map((one) => one.trim())
      .filter(Boolean),
  ),
];

const format: Twin["format"] = (value, _field, ctx) =>
  asList(value)
    .map(asText)
    .join(ctx.language === "zh" ? "、" : ", ");

const Cell = memo(function Cell({ value }: CellProps) {
  const tags = asList(value).map(asText);
  if (tags.length === 0) return <Dash />;
  return <Several title={tags.join(", ")} badges={tags.map((tag) => ({ name: tag, text: tag }))} />;
});

const Show = memo(function Show({ value }: CellProps) {
  const tags = asList(value).map(asText);
  if (tags.length === 0) return <Dash />;
  return (
    <span className={`${styles.choices} ${styles.wrap}`}>
      {tags.map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </span>
  );
});

/** Typed words become tags at a comma or Enter. */
function Tags({
  value,
  onChange,
  field,
  ...rest
}: Partial<InputProps> & { value: unknown; onChange: (value: unknown) => void }) {
  const { t } = useFormatContext();
  // Where only certain words are taken, they are offered and no others.
  const words = field?.config.words as string[] | undefined;
  return (
    <Select
      {...controlOf(rest)}
      mode={words ? "multiple" : "tags"}
      open={words ? undefined : false}
      suffixIcon={null}
      options={words?.map((word) => ({ value: word, label: word }))}
      placeholder={t(words ? "fields.tags.choose" : "fields.tags")}
      tokenSeparators={[",", "，", "、", ";", "；", "\n", "\t"]}
      value={asList(value).map(asText)}
      onChange={(tags: string[]) => onChange([...new Set(tags.map((tag) => tag.trim()).filter(Boolean))])}
      onInputKeyDown={(event) => {
        if (
          event.key === "Enter" &&
          rest.onCommit &&
          event.currentTarget instanceof HTMLInputElement &&
          event.currentTarget.value === ""
        )
          rest.onCommit(value);
      }}
    />
  );
}

function Filter({ op, value, onChange, autoFocus }: FilterProps) {
  const { t } = useFormatContext();
  if (op === "is_empty") return <EmptyFilter value={value} onChange={onChange} />;
  const many = op === "in" || op === "not_in" || Array.isArray(value);
  return (
    <Tags
      value={value}
      onChange={(tags) => onChange(many ? tags : (asList(tags).at(-1) ?? null))}
      autoFocus={autoFocus}
      label={t("fields.value")}
    />
  );
}

export default {
  Cell,
  Show,
  Input: Tags,
  Filter,
  format,
  read: (text) => split(text),
  width: 180,
  defaultOp: "contains",
} satisfies Twin;
