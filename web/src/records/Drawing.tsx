/** Marks drawn by ECharts in the page's own colours; loaded by the chart alone. */
import { BarChart, FunnelChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { useTheme } from "../theme/theme";
import styles from "./chart.module.css";
import type { ListSearch } from "./state";

use([BarChart, LineChart, FunnelChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

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

export interface DrawingHandle {
  image: () => Blob;
}

interface DrawingProps {
  ref: Ref<DrawingHandle>;
  marks: Mark[];
  shape: "bar" | "line" | "funnel";
  say: (value: number) => string;
  name: string;
  onPick: (mark: Mark) => void;
}

/** Beyond this many marks their figures would stand in each other's way. */
const LABELLED = 14;

function optionOf({ marks, shape, say, name }: Omit<DrawingProps, "ref" | "onPick">): EChartsCoreOption {
  const css = getComputedStyle(document.documentElement);
  const ink = (token: string) => css.getPropertyValue(token).trim();
  const font = { fontFamily: ink("--font"), fontSize: 12, color: ink("--text-2") };
  const labelled = marks.length <= LABELLED;
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
      formatter: (at: { dataIndex: number }) => {
        const mark = marks[at.dataIndex];
        const box = document.createElement("div");
        box.textContent = mark ? `${mark.name}  ${say(mark.value)}` : "";
        return box;
      },
    },
  };
  if (shape === "funnel")
    return {
      ...base,
      series: [
        {
          type: "funnel",
          sort: "none",
          left: "18%",
          right: "18%",
          top: 16,
          bottom: 16,
          gap: 3,
          minSize: "12%",
          label: {
            ...font,
            color: ink("--text"),
            position: "right",
            formatter: (at: { dataIndex: number; name: string }) => `${at.name}  ${value(at)}`,
          },
          labelLine: { length: 12, lineStyle: { color: ink("--line") } },
          itemStyle: { borderWidth: 0 },
          data: marks.map((mark, at) => ({
            name: mark.name,
            value: mark.value,
            itemStyle: { color: ink("--c1"), opacity: Math.max(0.35, 1 - at * 0.13) },
          })),
        },
      ],
    };
  const lying = shape === "bar" && marks.length > 6 && marks.some((mark) => mark.name.length > 8);
  const names = {
    type: "category",
    data: marks.map((mark) => mark.name),
    inverse: lying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: ink("--line") } },
    axisLabel: { ...font, hideOverlap: true, width: lying ? 160 : undefined, overflow: "truncate" },
  };
  const figures = {
    type: "value",
    splitNumber: 4,
    splitLine: { lineStyle: { color: ink("--grid") } },
    axisLabel: { ...font, color: ink("--text-3"), formatter: say },
  };
  return {
    ...base,
    grid: { left: 16, right: 32, top: 28, bottom: 8, containLabel: true },
    xAxis: lying ? figures : names,
    yAxis: lying ? names : figures,
    series: [
      {
        type: shape,
        barMaxWidth: lying ? 22 : 56,
        symbolSize: 7,
        lineStyle: { width: 2 },
        itemStyle: { borderRadius: lying ? [0, 4, 4, 0] : [4, 4, 0, 0] },
        label: { ...font, show: labelled, position: lying ? "right" : "top", formatter: value },
        data: marks.map((mark) => ({
          value: mark.value,
          itemStyle: shape === "bar" && periods && !mark.current ? { opacity: 0.45 } : undefined,
        })),
      },
    ],
  };
}

export function Drawing({ ref, onPick, ...what }: DrawingProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const { dark } = useTheme();
  const pick = useRef((_: number) => {});
  pick.current = (at) => {
    const mark = what.marks[at];
    if (mark) onPick(mark);
  };
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    made.on("click", (at) => pick.current(at.dataIndex));
    const sized = new ResizeObserver(() => made.resize());
    sized.observe(box.current);
    return () => {
      sized.disconnect();
      made.dispose();
    };
  }, []);
  const option = JSON.stringify([what.marks, what.shape, what.name, dark]);
  const latest = useRef(what);
  latest.current = what;
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when what is drawn differs, or the colours do
  useEffect(() => chart.current?.setOption(optionOf(latest.current), true), [option]);
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
