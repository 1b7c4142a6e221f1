/** Where a record stands: beside its timeline. */

import { arrived } from "../renew";
import { sentFor } from "../ui/later";
import { slot } from "./slots";

const panel = sentFor(() =>
  arrived(() => import("../standing/Standing")).then((module) => ({ default: module.StandingPanel })),
);

slot("record.panel", {
  order: 10,
  only: (object) => Boolean(object.standing?.length),
  component: panel.Part,
  load: panel.send,
});
