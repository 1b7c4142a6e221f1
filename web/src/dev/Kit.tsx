/** Every part of the kit and every field type in all of its states, on one page: to look at, and for tests to look at. */
import { Bell, Check, Clock, Plus, Trash2, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { ApiError } from "../api/client";
import { useCatalog } from "../api/queries";
import { isEmpty, twin, useFormatContext } from "../fields";
import type { Values } from "../fields/twin";
import { useLabel } from "../i18n";
import { FigureCell } from "../records/RecordHeader";
import head from "../records/RecordPage.module.css";
import type { Field, FieldTypeDef } from "../schema/catalog";
import { GoalBar } from "../shell/Aims";
import today from "../shell/today.module.css";
import {
  Avatar,
  Badge,
  Button,
  Dropdown,
  Empty,
  ErrorState,
  IconButton,
  Kbd,
  Mark,
  Page,
  PasswordInput,
  Popover,
  Seal,
  SkeletonRows,
  Switch,
  TabsToCome,
  TextInput,
  Tick,
  type Tone,
  useToast,
} from "../ui";
import { Segmented, Select } from "../ui/antd";
import { ToastCard } from "../ui/toast";
import styles from "./kit.module.css";
import Recipes from "./Recipes";
import { SAMPLES, sampleField } from "./samples";

const TONES: Tone[] = ["neutral", "accent", "info", "ok", "warn", "danger", "line"];
const INKS = ["bg-layout", "text", "accent-solid", "accent-bg", "danger-solid", "warn-mark", "info"];
const CHART = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "h1", "h2", "h3", "h4", "h5", "h6"];
/** One operator of each shape that a condition's editor takes. */
const SHAPES = ["eq", "in", "between", "within", "is_empty"];

export default function Kit() {
  const catalog = useCatalog();
  const toast = useToast();
  const [on, setOn] = useState(true);
  const [text, setText] = useState("3.5 万");
  const menu = {
    items: [
      { key: "open", label: "Open", icon: <Plus />, extra: <Kbd>O</Kbd> },
      { type: "divider" as const },
      { key: "no", label: "Not now", disabled: true },
      { key: "delete", label: "Delete", icon: <Trash2 />, danger: true },
    ],
  };
  return (
    <Page title="Kit 部件" padded>
      <div className={styles.kit}>
        <Part name="Button">
          <Button type="primary">保存</Button>
          <Button type="primary" loading>
            保存
          </Button>
          <Button type="primary" disabled>
            保存
          </Button>
          <Button icon={<Plus />}>新建</Button>
          <Button type="text">More</Button>
          <Button danger>删除</Button>
          <Button type="primary" danger>
            删除
          </Button>
          <Button size="small">Small</Button>
          <Button size="large">Large</Button>
          <IconButton icon={<Bell />} label="News" />
          <IconButton icon={<Bell />} label="Pressed" pressed />
          <IconButton icon={<Trash2 />} label="Delete" danger small />
        </Part>
        <Part name="Dropdown, Popover, toast">
          <Dropdown menu={menu}>
            <Button>Menu</Button>
          </Dropdown>
          <Dropdown
            menu={{
              items: [
                { key: "a", label: "A" },
                { key: "b", label: "B" },
              ],
              selectedKeys: ["b"],
            }}
          >
            <Button>Choice</Button>
          </Dropdown>
          <Popover label="Panel" content={<TextInput aria-label="In the panel" defaultValue="Lanshi" />}>
            <Button>Panel</Button>
          </Popover>
          <Button onClick={() => toast({ text: "3 位客户改为 周予安 负责", undo: async () => {} })}>Toast</Button>
          <Button onClick={() => toast({ text: "网断了，你写的都留着，连上就发", tone: "warn" })}>Warning</Button>
        </Part>
        <Part name="Toast">
          <ToastCard still close={idle} toast={{ text: "3 位客户改为 周予安 负责", undo: async () => {} }} />
          <ToastCard still close={idle} toast={{ text: "网断了，你写的都留着，连上就发", tone: "warn" }} />
        </Part>
        <Part name="Figures, goal bar">
          <dl className={head.figures}>
            <FigureCell label="Amount" figures={[{ text: "128.0", unit: "万", exact: "¥1,280,000" }]} />
            <FigureCell label="Empty" figures={[]} />
          </dl>
          <p className={today.goal}>
            <span>Quarter</span>
            <b>62%</b>
            <GoalBar done={62} by={70} all={100} />
          </p>
        </Part>
        <Part name="Badge, Seal, Avatar">
          {TONES.map((tone) => (
            <Badge
              key={tone}
              tone={tone}
              icon={
                tone === "warn" ? (
                  <Clock />
                ) : tone === "danger" ? (
                  <TriangleAlert />
                ) : tone === "ok" ? (
                  <Check />
                ) : undefined
              }
            >
              {tone}
            </Badge>
          ))}
          <Seal level={1}>战</Seal>
          <Seal level={2}>重</Seal>
          <Seal level={3}>普</Seal>
          <Seal level={1} big>
            S
          </Seal>
          <Avatar name="林晓岚" id="a" />
          <Avatar name="Röder" id="b" square size={28} />
          <Mark size={28} />
          <Kbd>Ctrl K</Kbd>
        </Part>
        <Part name="TextInput, Switch, Tick, Select, Segmented">
          <TextInput
            aria-label="Rest"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onClear={() => setText("")}
          />
          <TextInput aria-label="Wrong" status="error" defaultValue="91320594MA1XK" />
          <TextInput aria-label="Doubtful" status="warning" defaultValue="澜石精密" suffix="%" />
          <TextInput aria-label="Not now" disabled defaultValue="—" />
          <PasswordInput aria-label="Password" defaultValue="secret" />
          <Switch aria-label="On" checked={on} onChange={setOn} />
          <Switch aria-label="Small" size="small" checked={!on} onChange={() => setOn(!on)} />
          <Tick label="Chosen" checked={on} onToggle={() => setOn(!on)} />
          <Tick label="Some" checked={false} some onToggle={() => undefined} />
          <Select
            aria-label="Select"
            defaultValue="a"
            options={[
              { value: "a", label: "澜石" },
              { value: "b", label: "Röder" },
            ]}
          />
          <Segmented aria-label="Segmented" options={["表格", "看板", "日历"]} />
        </Part>
        <Part name="Colour">
          {INKS.map((name) => (
            <Swatch key={name} name={name} />
          ))}
        </Part>
        <Part name="Chart">
          {CHART.map((name) => (
            <Swatch key={name} name={name} />
          ))}
        </Part>
        <Part name="Empty, error, skeleton">
          <Empty
            title="这个视图里还没有客户"
            text="条件“7 天内联系过”太窄，去掉后有 312 位"
            action={<Button type="primary">去掉这个条件</Button>}
          />
          <ErrorState error={new ApiError(500, "报表没有算完")} retry={() => undefined} />
          <div className={styles.bones}>
            <TabsToCome />
            <SkeletonRows rows={4} />
          </div>
        </Part>
        <Recipes Part={Part} />
        {catalog.types.map((type) => (
          <Type key={type.name} type={type} />
        ))}
      </div>
    </Page>
  );
}

const idle = () => undefined;

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className={styles.part} data-part={name}>
      <h2>{name}</h2>
      <div>{children}</div>
    </section>
  );
}

function Swatch({ name }: { name: string }) {
  return (
    <span className={styles.swatch}>
      <svg aria-hidden="true">
        <rect width="100%" height="100%" rx="6" fill={`var(--${name})`} />
      </svg>
      <small>{name}</small>
    </span>
  );
}

/** Cells at a table's width, the value where there is room, its input and the editors of its conditions. */
function Type({ type }: { type: FieldTypeDef }) {
  const ctx = useFormatContext();
  const label = useLabel();
  const field = sampleField(type.name, type.operators);
  const values = [...(SAMPLES[type.name]?.values ?? []), null];
  const { Cell, Show = Cell, Input, align, format } = twin(type.name);
  return (
    <section className={styles.type} data-type={type.name}>
      <h2>
        {label(type.label, type.name)} <small>{type.name}</small>
      </h2>
      <div className={styles.cells}>
        {values.map((value, at) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
            key={at}
            className={styles.cell}
            data-cell
            data-align={align}
            title={isEmpty(value) ? undefined : format(value, field, ctx)}
          >
            <Cell field={field} value={value} record={companions(field)} />
          </div>
        ))}
      </div>
      <div className={styles.shown} data-shown>
        <Show field={field} value={values[0]} record={companions(field)} />
      </div>
      <div className={styles.inputs}>
        <Try field={field} value={values[0]} Input={Input} label="Filled" />
        <Try field={field} value={null} Input={Input} label="Empty" />
        <Try field={field} value={values[0]} Input={Input} label="Wrong" status="error" />
        <Try field={field} value={values[0]} Input={Input} label="Read only" disabled />
      </div>
      <div className={styles.inputs}>
        {SHAPES.filter((op) => type.operators.includes(op)).map((op) => (
          <Condition key={op} field={field} op={op} value={op === "eq" ? values[0] : null} />
        ))}
      </div>
    </section>
  );
}

const companions = (field: Field): Values => ({ [`${field.name}_currency`]: "CNY", pipeline: "sales" });

interface TryProps {
  field: Field;
  value: unknown;
  Input: ReturnType<typeof twin>["Input"];
  label: string;
  status?: "error";
  disabled?: boolean;
}

function Try({ field, value: first, Input, label, status, disabled }: TryProps) {
  const [value, setValue] = useState<unknown>(first);
  return (
    <div className={styles.input}>
      <small>{label}</small>
      <Input
        field={field}
        value={value}
        onChange={setValue}
        values={companions(field)}
        label={`${field.type}, ${label}`}
        status={status}
        disabled={disabled}
      />
    </div>
  );
}

function Condition({ field, op, value: first }: { field: Field; op: string; value: unknown }) {
  const [value, setValue] = useState<unknown>(first);
  const { Filter } = twin(field);
  return (
    <div className={styles.input}>
      <small>{op}</small>
      <Filter field={field} op={op} value={value} onChange={setValue} />
    </div>
  );
}
