/** Where a record stands: beside its timeline, and at the top where it was left alone for longer than its grade allows. */
import { lazy, Suspense } from "react";
import { type SlotProps, slot } from "./slots";

const Panel = lazy(() => import("../standing/Standing").then((module) => ({ default: module.StandingPanel })));
const Untouched = lazy(() => import("../standing/Standing").then((module) => ({ default: module.Untouched })));

const later = (Part: typeof Panel) => (props: SlotProps) => (
  <Suspense>
    <Part {...props} />
  </Suspense>
);

slot("record.panel", { order: 10, component: later(Panel) });
slot("record.alert", { order: 30, component: later(Untouched) });
