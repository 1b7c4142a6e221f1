/** Marks drawn by ECharts in the page's own colours; loaded by the chart alone. */
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { useTheme } from "../theme/theme";
import styles from "./chart.module.css";
import type { ListSearch } from "./state";

use([BarChart, LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Mark {
  key: string;
  name: string;
  value: number;
  /** How many records it stands for. */
  n: number;
  /** The period in which we are: the others stand back. */
  current: boolean;
  /** Where its records are. */
  go: ListSearch;
}

/** What each mark has of one value of the second field. */
export interface Series {
  key: string;
  name: string;
  /** All that has no part of its own. */
  rest: boolean;
  values: number[];
  total: number;
  /** Where its records are, of all marks and of each. */
  all: ListSearch;
  go: ListSearch[];
}

export interface DrawingHandle {
  image: () => Blob;
}

interface Drawn {
  marks: Mark[];
  series?: Series[];
  shape: "bar" | "line" | "funnel";
  say: (value: number) => string;
  name: string;
}

interface DrawingProps extends Drawn {
  ref: Ref<DrawingHandle>;
  /** `part` is the place among the series. */
  onPick: (mark: Mark, part: number) => void;
}

/** Pixels that a mark needs for its figure not to stand in the way of the next. */
const ROOM = 56;

/** Roughly how wide words are drawn: a Chinese sign takes a square, a Latin letter half of it. */
const wide = (words: string): number => [...words].reduce((sum, sign) => sum + (sign > "\u2e80" ? 12 : 6.6), 0);

function optionOf({ marks, series = [], shape, say, name }: Drawn, width: number): EChartsCoreOption {
  const css = getComputedStyle(document.documentElement);
  const ink = (token: string) => css.getPropertyValue(token).trim();
  const font = { fontFamily: ink("--font"), fontSize: 12, color: ink("--text-2") };
  const labelled = marks.length * ROOM <= width;
  const periods = marks.some((mark) => mark.current);
  const value = ({ dataIndex }: { dataIndex: number }) => say(marks[dataIndex]?.value ?? 0);
  const base: EChartsCoreOption = {
    animation: false,
    color: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ink(`--c${n}`)),
    textStyle: font,
    aria: { enabled: true, label: { description: name } },
    tooltip: {
      backgroundColor: ink("--bg-spotlight"),
      borderWidth: 0,
      padding: [6, 10],
      textStyle: { ...font, color: ink("--on-spotlight") },
      // A node and no markup: names are what people typed.
      formatter: (at: { dataIndex: number; seriesIndex: number }) => {
        const mark = marks[at.dataIndex];
        const part = series[at.seriesIndex];
        const box = document.createElement("div");
        const words = part ? [mark?.name, part.name].join(" · ") : mark?.name;
        box.textContent = mark ? `${words}  ${say(part ? (part.values[at.dataIndex] ?? 0) : mark.value)}` : "";
        return box;
      },
    },
  };
  // Time goes from left to right. Everything else lies down where its names find no place side by side: each is to be read.
  const place = (width - 90) / marks.length - 8;
  const lying = shape === "bar" && !periods && marks.some((mark) => wide(mark.name) > place);
  const names = {
    type: "category",
    data: marks.map((mark) => mark.name),
    inverse: lying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: ink("--line") } },
    axisLabel: {
      ...font,
      hideOverlap: true,
      width: lying ? Math.min(160, width / 3) : undefined,
      overflow: "truncate",
    },
  };
  if (shape === "funnel") {
    const most = Math.max(...marks.map((mark) => mark.value));
    const bar = { type: "bar", stack: "funnel", barWidth: "72%", silent: true };
    return {
      ...base,
      grid: { left: 16, right: 24, top: 8, bottom: 8, containLabel: true },
      xAxis: { type: "value", show: false, max: most },
      yAxis: { ...names, inverse: true, axisLine: { show: false }, axisLabel: { ...font, color: ink("--text") } },
      series: [
        { ...bar, itemStyle: { opacity: 0 }, data: marks.map((mark) => (most - mark.value) / 2) },
        {
          ...bar,
          silent: false,
          itemStyle: { color: ink("--c1"), borderRadius: 4 },
          // Beside a bar that is too short to hold it.
          label: { ...font, show: true, position: "right", color: ink("--text"), formatter: value },
          data: marks.map((mark) => mark.value),
        },
      ],
    };
  }
  const partOf = (part: Series, at: number) => ({
    type: shape,
    name: part.name,
    stack: shape === "bar" ? "parts" : undefined,
    barMaxWidth: lying ? 22 : 56,
    symbolSize: 7,
    lineStyle: { width: 2 },
    // A hairline of the ground between parts: neighbours are told apart without their colours.
    itemStyle: {
      color: ink(part.rest ? "--c7" : `--c${at + 1}`),
      borderColor: ink("--bg-container"),
      borderWidth: shape === "bar" ? 1 : 0,
    },
    // The last one carries the figure of the whole.
    label: {
      ...font,
      show: shape === "bar" && at === series.length - 1 && (labelled || lying),
      position: lying ? "right" : "top",
      formatter: value,
    },
    data: part.values,
  });
  const figures = {
    type: "value",
    splitNumber: 4,
    // Of what is counted there is no half.
    minInterval: series.every((part) => part.values.every(Number.isInteger)) ? 1 : undefined,
    splitLine: { lineStyle: { color: ink("--grid") } },
    axisLabel: { ...font, color: ink("--text-3"), formatter: say },
  };
  return {
    ...base,
    grid: { left: 16, right: 32, top: 28, bottom: 8, containLabel: true },
    xAxis: lying ? figures : names,
    yAxis: lying ? names : figures,
    series: series.length
      ? series.map(partOf)
      : [
          {
            type: shape,
            barMaxWidth: lying ? 22 : 56,
            symbolSize: 7,
            lineStyle: { width: 2 },
            itemStyle: { borderRadius: lying ? [0, 4, 4, 0] : [4, 4, 0, 0] },
            label: { ...font, show: labelled || lying, position: lying ? "right" : "top", formatter: value },
            data: marks.map((mark) => ({
              value: mark.value,
              itemStyle: shape === "bar" && periods && !mark.current ? { color: ink("--h4") } : undefined,
            })),
          },
        ],
  };
}

export function Drawing({ ref, onPick, ...what }: DrawingProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const { dark } = useTheme();
  const pick = useRef((_at: number, _part: number) => {});
  pick.current = (at, part) => {
    const mark = what.marks[at];
    if (mark) onPick(mark, part);
  };
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    made.on("click", (at) => pick.current(at.dataIndex, at.seriesIndex ?? 0));
    const sized = new ResizeObserver(() => made.resize());
    sized.observe(box.current);
    return () => {
      sized.disconnect();
      made.dispose();
    };
  }, []);
  const option = JSON.stringify([what.marks, what.series, what.shape, what.name, dark]);
  const latest = useRef(what);
  latest.current = what;
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when what is drawn differs, or the colours do
  useEffect(() => chart.current?.setOption(optionOf(latest.current, box.current?.clientWidth ?? 0), true), [option]);
  useImperativeHandle(ref, () => ({
    image: () => {
      const background = getComputedStyle(document.documentElement).getPropertyValue("--bg-container").trim();
      const url = chart.current?.getDataURL({ pixelRatio: 2, backgroundColor: background }) ?? "";
      const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
      return new Blob([bytes], { type: "image/png" });
    },
  }));
  return <div ref={box} className={styles.drawing} role="img" aria-label={what.name} data-shape={what.shape} />;
}
