import { words } from "../schema/words";
import { Select } from "../ui/antd";
import { EmptyFilter } from "./conditions";
import { wordsCell } from "./Entry";
import {
  asList,
  asText,
  controlOf,
  type FilterProps,
  type FormatContext,
  type InputProps,
  type Twin,
  useFormatContext,
} from "./twin";

const COMMON = words`
  CNY USD EUR HKD JPY GBP TWD KRW SGD AUD CAD CHF INR MYR THB VND IDR PHP AED BRL MXN NZD SEK NOK DKK PLN ZAR TRY
  SAR MOP
`;

const names = new Map<string, Intl.DisplayNames>();

function nameOf(code: string, language: string): string {
  let found = names.get(language);
  if (!found) {
    found = new Intl.DisplayNames([language === "zh" ? "zh-CN" : "en"], { type: "currency" });
    names.set(language, found);
  }
  try {
    return found.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Currencies to choose from: the workspace's own first, then the common ones, then the rest. */
export function codes(ctx: FormatContext): { code: string; name: string }[] {
  const all = new Set([ctx.currency, ...COMMON, ...Intl.supportedValuesOf("currency")]);
  return [...all].map((code) => ({ code, name: nameOf(code, ctx.language) }));
}

const format: Twin["format"] = (value, _field, ctx) =>
  value ? `${asText(value)} ${nameOf(asText(value), ctx.language)}` : "";

function Choose({
  value,
  onChange,
  many,
  ...rest
}: { value: unknown; onChange: (value: unknown) => void; many?: boolean } & Partial<InputProps>) {
  const ctx = useFormatContext();
  return (
    <Select
      {...controlOf(rest)}
      defaultOpen={rest.autoFocus && Boolean(rest.onCommit)}
      mode={many ? "multiple" : undefined}
      allowClear={!rest.field?.required}
      showSearch={{ optionFilterProp: "label" }}
      value={many ? asList(value) : (value ?? undefined)}
      options={codes(ctx).map((one) => ({ value: one.code, label: `${one.code} ${one.name}` }))}
      onChange={(next) => {
        onChange(next ?? null);
        if (!many) rest.onCommit?.(next ?? null);
      }}
    />
  );
}

/** As the value of a condition, which has no label beside it. */
function FilterChoose(props: Parameters<typeof Choose>[0]) {
  const { t } = useFormatContext();
  return <Choose {...props} label={t("fields.value")} />;
}

export default {
  Cell: wordsCell((value) => asText(value)),
  Input: (props: InputProps) => <Choose {...props} />,
  Filter: ({ op, value, onChange, autoFocus }: FilterProps) =>
    op === "is_empty" ? (
      <EmptyFilter value={value} onChange={onChange} />
    ) : (
      <FilterChoose value={value} onChange={onChange} many={op === "in" || op === "not_in"} autoFocus={autoFocus} />
    ),
  format,
  width: 90,
  defaultOp: "in",
} satisfies Twin;
