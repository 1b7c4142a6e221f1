/** Every type's cell, input and condition in every state and both languages, with values that break careless drawing. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from "@tanstack/react-router";
import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { beforeAll, expect, it, vi } from "vitest";
import { LONG, SAMPLES, sampleField } from "../dev/samples";
import en from "../i18n/en/all";
import zh from "../i18n/zh/all";
import type { State } from "../records/RecordFacts";
import type { CatalogJson, Field, ObjectDef, RecordData } from "../schema/catalog";

vi.hoisted(() => {
  // The kit asks for the width of the screen as it loads.
  const heard = { addEventListener() {}, removeEventListener() {} };
  vi.stubGlobal("window", { ...heard, matchMedia: () => ({ ...heard, matches: false }) });
  vi.stubGlobal("document", { ...heard, querySelector: () => null, documentElement: { dataset: {} } });
  vi.stubGlobal("self", globalThis);
  vi.stubGlobal("localStorage", { getItem: () => null });
  // The words of formatted text; nothing here needs more of a document.
  const parseFromString = (html: string) => ({ body: { textContent: html.replace(/<[^>]*>/g, "") } });
  vi.stubGlobal(
    "DOMParser",
    class {
      parseFromString = parseFromString;
    },
  );
});

// Drawn without a browser there is no other snapshot than the one that a browser would take.
vi.mock("react", async (original) => {
  const react = await original<typeof import("react")>();
  const useSyncExternalStore: typeof react.useSyncExternalStore = (subscribe, now, server = now) =>
    react.useSyncExternalStore(subscribe, now, server);
  return { ...react, useSyncExternalStore };
});

const TYPES = Object.keys(SAMPLES);
const OPS = Object.keys(en).flatMap((key) => (key.startsWith("list.op.") ? [key.slice("list.op.".length)] : []));
const ODD = [null, undefined, "", 0, -1, [], {}, ["a"], true, "2024-13-45", ...LONG];
const languages = { en, zh } as const;
type Language = keyof typeof languages;

let draw: (language: Language, part: ReactNode) => string;
let twin: typeof import("./index").twin;
let facts: typeof import("../records/RecordFacts");

beforeAll(async () => {
  const [{ Spoken }, { CatalogProvider }, { Catalog }, fields] = await Promise.all([
    import("../i18n"),
    import("../api/queries"),
    import("../schema/catalog"),
    import("./index"),
  ]);
  twin = fields.twin;
  facts = await import("../records/RecordFacts");
  const json = {
    version: 1,
    workspace: { currency: "CNY" },
    me: { id: "me", name: "Lin", can: [] },
    objects: ["account", "contact", "user", "opportunity"].map((name) => ({
      name,
      fields: [],
      can: {},
      title: "name",
    })),
    pipelines: [{ name: "sales", object: "opportunity", label: {}, stages: [] }],
    types: TYPES.map((name) => ({ name, operators: OPS, label: {} })),
    roles: [],
  };
  const catalog = new Catalog(json as unknown as CatalogJson);
  const client = new QueryClient();
  const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });
  draw = (language, part) =>
    renderToString(
      <Spoken
        language={language}
        words={languages[language]}
        timezone="Asia/Shanghai"
        setLanguage={idle}
        setTimezone={idle}
      >
        <QueryClientProvider client={client}>
          <RouterContextProvider router={router}>
            <CatalogProvider value={catalog}>
              <fields.FormatProvider>{part}</fields.FormatProvider>
            </CatalogProvider>
          </RouterContextProvider>
        </QueryClientProvider>
      </Spoken>,
    );
}, 60_000);

const idle = () => undefined;
const STATES = [{}, { autoFocus: true }, { status: "error" as const }, { disabled: true }];

/** All of it at once: what fails names its type. */
function all(type: string): ReactNode[] {
  const field = sampleField(type, OPS);
  const masked = { ...field, type: "masked", masked: "reveal", behind: { object: "account", type } } as Field;
  const samples = SAMPLES[type]?.values ?? [];
  const { Cell, Show = Cell, Input, Filter } = twin(type);
  const { Cell: Mask, Input: Sealed } = twin(masked);
  const place = { values: {}, onChange: idle, label: type };
  return [
    ...[...samples, ...ODD].flatMap((value) => {
      const told = { field, value, record: { id: "1", pipeline: "sales", [field.name]: value } };
      return [createElement(Cell, told), createElement(Show, told)];
    }),
    ...["***", null, LONG[0]].map((value) => createElement(Mask, { field: masked, value, record: { id: "1" } })),
    ...[samples[0], null, LONG[0]].flatMap((value) =>
      STATES.map((state) => createElement(Input, { field, value, ...place, ...state })),
    ),
    createElement(Sealed, { field: masked, value: "***", ...place }),
    ...OPS.flatMap((op) =>
      [null, samples[0], samples.slice(0, 2)].map((value) =>
        createElement(Filter, { field, op, value, onChange: idle }),
      ),
    ),
  ].map((part, at) => <div key={String(at)}>{part}</div>);
}

it.each(TYPES)("%s is drawn in every state", (type) => {
  for (const language of ["en", "zh"] as const) {
    const html = draw(language, all(type));
    // What is cut is cut by the browser, at whole letters.
    expect(() => encodeURI(html)).not.toThrow();
    expect(html).not.toMatch(/undefined|NaN|\[object/);
  }
});

it.each(TYPES)("%s tells in the record that it is on its way, kept, changed by another, or not kept", (type) => {
  const field = sampleField(type, OPS);
  const value = SAMPLES[type]?.values[0] ?? null;
  const record = { id: "1", version: 1, pipeline: "sales", [field.name]: value } as unknown as RecordData;
  const object = { name: "account", fields: [field], can: { update: true } } as unknown as ObjectDef;
  const stale = { who: "Anna", fresh: record } as unknown as Extract<State, { is: "stale" }>["stale"];
  for (const language of ["en", "zh"] as const) {
    const { Fact } = facts;
    const told = (begun: State) =>
      draw(language, <Fact object={object} field={field} record={record} editable begun={begun} />);
    const words = languages[language];
    expect(told({ is: "rest" })).toContain("<button");
    expect(told({ is: "saving", value, more: {} })).toContain(`aria-label="${words["record.saving"]}"`);
    expect(told({ is: "saved" })).toContain(`aria-label="${words["record.saved"]}"`);
    expect(told({ is: "changed" })).toContain("changed");
    const lost = told({ is: "stale", stale, value, more: {} });
    expect(lost).toContain('role="alert"');
    expect(lost).toContain(words["record.stale.mine"]);
    expect(draw(language, <Fact object={object} field={field} record={record} editable={false} />)).not.toContain(
      "<button",
    );
  }
});

it.each(["text", "longtext", "person"])("%s keeps the whole of what is long", (type) => {
  const { Cell } = twin(type);
  for (const value of LONG) {
    const html = draw("zh", <Cell field={sampleField(type, OPS)} value={value} />);
    const told = html
      .replace(/<[^>]*>/g, "")
      .replaceAll("&amp;", "&")
      .replaceAll("&#x27;", "'");
    expect(told).toContain(value.trim());
  }
});

it("points out of a hundred have a bar, and a day that tells how long ago it was says so", () => {
  const cell = (type: string, value: unknown, config: Field["config"], language: Language) => {
    const { Cell } = twin(type);
    return draw(language, <Cell field={{ ...sampleField(type, OPS), config }} value={value} />);
  };
  expect(cell("integer", 62, { min: 0, max: 100 }, "en")).toContain("width:62%");
  expect(cell("integer", 62, {}, "en")).not.toContain("width:62%");
  const then = "2026-10-14T17:00:00Z";
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-30T17:00:00Z") });
  try {
    expect(cell("datetime", then, { ago: true }, "zh")).toContain("47天前");
    expect(cell("date", "2026-10-15", { ago: true }, "en")).toContain("47 days ago");
    expect(cell("datetime", then, {}, "en")).not.toContain("ago");
  } finally {
    vi.useRealTimers();
  }
});
