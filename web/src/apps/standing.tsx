/** Where a record stands: beside its timeline, and at the top where it was left alone for longer than its grade allows. */
import { lazy, Suspense } from "react";
import { sentFor } from "../ui/later";
import { type SlotProps, slot } from "./slots";

const panel = sentFor(() => import("../standing/Standing").then((module) => ({ default: module.StandingPanel })));
const Untouched = lazy(() => import("../standing/Standing").then((module) => ({ default: module.Untouched })));

slot("record.panel", {
  order: 10,
  only: (object) => Boolean(object.standing?.length),
  component: panel.Part,
  load: panel.send,
});
slot("record.alert", {
  order: 30,
  component: (props: SlotProps) => (
    <Suspense>
      <Untouched {...props} />
    </Suspense>
  ),
});
