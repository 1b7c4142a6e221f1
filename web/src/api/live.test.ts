import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Freshener } from "./live";
import { keys } from "./queries";

describe("news of what changed", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A query that is on the screen, and how often it was asked. */
  async function shown(client: QueryClient, queryKey: readonly unknown[], data: unknown) {
    const asked = vi.fn(() => Promise.resolve(data));
    new QueryObserver(client, { queryKey, queryFn: asked }).subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    asked.mockClear();
    return asked;
  }

  it("asks at once for what holds a changed record, and for nothing else", async () => {
    const client = new QueryClient();
    const fresh = new Freshener(client);
    const one = await shown(client, keys.record("account", "a"), { id: "a" });
    const other = await shown(client, keys.record("account", "b"), { id: "b" });
    const list = await shown(client, keys.list("account", {}), { pages: [{ data: [{ id: "a" }] }] });
    const far = await shown(client, keys.list("contact", {}), { pages: [{ data: [{ id: "c" }] }] });
    fresh.hear({ object: "account", ids: ["a"] });
    await vi.advanceTimersByTimeAsync(400);
    expect([one, other, list, far].map((asked) => asked.mock.calls.length)).toEqual([1, 0, 1, 0]);
  });

  it("asks now and then for what may hold a new record, and in the end once more", async () => {
    const client = new QueryClient();
    const fresh = new Freshener(client);
    const timeline = await shown(client, keys.timeline("account", "a"), { pages: [{ data: [] }] });
    for (let n = 0; n < 20; n++) {
      fresh.hear({ object: "note", ids: [`n${n}`] });
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(timeline).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(timeline.mock.calls.length).toBeGreaterThan(4);
    const calls = timeline.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(timeline).toHaveBeenCalledTimes(calls);
  });

  it("asks for everything when something was missed", async () => {
    const client = new QueryClient();
    const fresh = new Freshener(client);
    const asked = [
      await shown(client, keys.record("account", "a"), { id: "a" }),
      await shown(client, keys.list("contact", {}), { pages: [{ data: [] }] }),
    ];
    fresh.hear({ object: null, ids: null });
    await vi.advanceTimersByTimeAsync(400);
    expect(asked.map((one) => one.mock.calls.length)).toEqual([1, 1]);
  });

  it("asks again when the first answer was under way as it changed", async () => {
    const client = new QueryClient();
    const fresh = new Freshener(client);
    const asked = vi.fn(() => new Promise((answer) => setTimeout(() => answer({ id: "a" }), 1000)));
    new QueryObserver(client, { queryKey: keys.record("account", "a"), queryFn: asked }).subscribe(() => {});
    fresh.hear({ object: "account", ids: ["a"] });
    await vi.advanceTimersByTimeAsync(900);
    expect(asked).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
