import { inputFilter } from "./conditions";
import { Entry, wordsCell } from "./Entry";
import { readChinese } from "./numbers";
import { asNumber, asText, type InputProps, type Twin } from "./twin";

const format: Twin["format"] = (value, _field, ctx) => {
  const n = asNumber(value);
  return n === null ? asText(value) : ctx.f.duration(n);
};

const NUM = "(\\d+(?:\\.\\d+)?|[半一二两三四五六七八九十]+)";
const PARTS: [RegExp, number][] = [
  [new RegExp(`${NUM}\\s*(?:d(?:ays?)?|天|日)`), 86_400],
  [new RegExp(`${NUM}\\s*个?(?:h(?:ours?|rs?)?|小时|钟头)(半)?`), 3600],
  [new RegExp(`${NUM}\\s*(?:m(?:in(?:ute)?s?)?|分钟?)`), 60],
  [new RegExp(`${NUM}\\s*(?:s(?:ec(?:ond)?s?)?|秒)`), 1],
];

/** Seconds from 1h 30m, 1小时25分, 1:30, 90 (minutes); undefined when the text is no duration. */
export function readDuration(text: string): number | undefined {
  const source = text.normalize("NFKC").trim().toLowerCase();
  const clock = /^(\d+):(\d{2})(?::(\d{2}))?$/.exec(source);
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0);
  if (/^\d+(\.\d+)?$/.test(source)) return Math.round(Number(source) * 60);
  let rest = source;
  let total = 0;
  let found = false;
  for (const [pattern, unit] of PARTS) {
    const match = pattern.exec(rest);
    if (!match) continue;
    const n = match[1] === "半" ? 0.5 : /^\d/.test(match[1] ?? "") ? Number(match[1]) : readChinese(match[1] ?? "");
    total += n * unit + (match[2] ? unit / 2 : 0);
    found = true;
    rest = rest.replace(match[0], " ");
  }
  return found && rest.trim() === "" && !Number.isNaN(total) ? Math.round(total) : undefined;
}

function Input(props: InputProps) {
  return (
    <Entry
      {...props}
      print={(value, ctx) => (asNumber(value) === null ? asText(value) : ctx.f.duration(Number(value)))}
      read={readDuration}
      hint={(value, typed, ctx) => {
        const said = ctx.f.duration(Number(value));
        return said === typed.trim() ? null : `= ${said}`;
      }}
      unread={(ctx) => ctx.t("fields.unread.duration")}
      placeholder="1 h 30 min"
    />
  );
}

export default {
  Cell: wordsCell(format),
  Input,
  Filter: inputFilter(Input, (text) => readDuration(text) ?? text),
  format,
  read: readDuration,
  align: "right",
  total: "sum",
  width: 110,
  defaultOp: "gte",
} satisfies Twin;
