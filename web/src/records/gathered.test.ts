import { expect, it, vi } from "vitest";
import { gathered } from "./gathered";

const answers = async (_about: string, questions: Record<string, number>) =>
  Object.fromEntries(Object.entries(questions).map(([name, question]) => [name, question * 2]));

it("asks once for what is asked in one moment about one thing", async () => {
  const asked = vi.fn(answers);
  const ask = gathered(asked);
  const signal = new AbortController().signal;
  const told = await Promise.all([ask("a", "one", 1, signal), ask("a", "two", 2, signal), ask("b", "one", 3, signal)]);
  expect(told).toEqual([2, 4, 6]);
  expect(asked.mock.calls.map(([about, questions]) => [about, questions])).toEqual([
    ["a", { one: 1, two: 2 }],
    ["b", { one: 3 }],
  ]);
  expect(await ask("a", "one", 5, signal)).toBe(10);
  expect(asked).toHaveBeenCalledTimes(3);
});

it("is given up when nobody waits, and not before", async () => {
  let given = new AbortController().signal;
  const ask = gathered<number, number>((_about, _questions, signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [ask("a", "one", 1, first.signal), ask("a", "two", 2, second.signal)];
  await Promise.resolve();
  first.abort();
  await expect(both[0]).rejects.toBeDefined();
  expect(given.aborted).toBe(false);
  second.abort();
  await expect(both[1]).rejects.toBeDefined();
  expect(given.aborted).toBe(true);
});

it("tells everybody why there is no answer", async () => {
  const ask = gathered<number, number>(() => Promise.reject(new Error("away")));
  const signal = new AbortController().signal;
  const told = await Promise.allSettled([ask("a", "one", 1, signal), ask("a", "two", 2, signal)]);
  expect(told.map((one) => one.status)).toEqual(["rejected", "rejected"]);
});
