import { expect, test } from "vitest";
import { namingOf, stepsOf, stoppedOf } from "./steps";

const plan = (...steps: [string, number?, boolean?][]) =>
  steps.map(([step, rows = 0, later = false]) => ({ step, rows, later }));
const same = (path: string) => path;

test("a new table comes with its indexes and links", () => {
  const steps = plan(["create table site"], ["link site.account"], ["index site.name.order"], ["number site.no"]);
  expect(stepsOf(steps, same)).toEqual([{ verb: "create", what: ["site"], rows: 0, later: false }]);
});

test("columns are said together; indexes by what they make quick, and what goes over many rows apart", () => {
  const steps = plan(
    ["add account.tier"],
    ["add account.fee"],
    ["index account.tier.order", 1204],
    ["index account.fee.order", 1204],
    ["index account.no.unique", 9_000_000, true],
    ["drop index account.old.order"],
    ["search account", 1204, true],
  );
  expect(stepsOf(steps, same)).toEqual([
    { verb: "add", what: ["account.tier", "account.fee"], rows: 0, later: false },
    { verb: "index", what: ["account.tier", "account.fee"], rows: 1204, later: false },
    { verb: "index", what: ["account.no"], rows: 9_000_000, later: true },
    { verb: "search", what: ["account"], rows: 1204, later: true },
  ]);
});

test("what stops and what only names an option that goes are told apart", () => {
  const view = { step: "view account.hot", label: { en: "Hot" }, rows: 0, later: false };
  const plan = [
    { ...view, names: [["account.tier", "gold"]] as [string, string][] },
    { ...view, breaks: "unknown_field" },
  ];
  expect(stoppedOf(plan)).toEqual([{ what: "view", labels: [{ en: "Hot" }] }]);
  expect(namingOf(plan)).toEqual([{ what: "view", labels: [{ en: "Hot" }] }]);
  expect(namingOf([{ ...view, step: "add account.tier" }])).toEqual([]);
});
