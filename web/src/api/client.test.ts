import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, connection, sending } from "./client";

afterEach(() => vi.unstubAllGlobals());

describe("what went wrong", () => {
  const failure = () => api.get("/anything").catch((reason: unknown) => reason as ApiError);

  it("is said in the reader's words where the server says nothing", async () => {
    connection.setLanguage("zh", { away: "连不上服务器", broken: "出了点问题" });
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await failure()).toMatchObject({ status: 0, message: "连不上服务器" });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>Bad Gateway</h1>", { status: 502 })));
    expect(await failure()).toMatchObject({ status: 502, message: "出了点问题" });
  });

  it("is said in the server's words where it has some", async () => {
    const body = JSON.stringify({ title: "已存在", errors: [{ field: "name", code: "taken", message: "名称已存在" }] });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status: 409 })));
    expect(await failure()).toMatchObject({ status: 409, message: "已存在", fields: { name: "名称已存在" } });
    expect(await failure()).toBeInstanceOf(ApiError);
  });
});

describe("what is written", () => {
  it("is sent once until it is answered, however often it is pressed", async () => {
    const asked: [string, (answer: Response) => void][] = [];
    vi.stubGlobal(
      "fetch",
      (_: string, { body }: RequestInit) => new Promise<Response>((answer) => asked.push([String(body), answer])),
    );
    const told = vi.fn();
    const stop = sending.watch(told);
    const press = (text: string) => api.post("/notes", { text });
    // The last one is no second press: something else was asked in between.
    const presses = ["a", "a", "b", "a"].map(press);
    expect(asked.map(([body]) => JSON.parse(body).text)).toEqual(["a", "b", "a"]);
    expect(sending.some()).toBe(true);
    for (const [body, answer] of asked) answer(new Response(body));
    const answers = await Promise.all(presses);
    expect(answers.map(({ data }) => data)).toEqual(["a", "a", "b", "a"].map((text) => ({ text })));
    await Promise.resolve();
    expect(sending.some()).toBe(false);
    expect(told).toHaveBeenCalledTimes(6);
    stop();
    void press("a");
    expect(asked).toHaveLength(4);
  });

  it("is done once, though its answer was lost and it is sent again", async () => {
    const keys: (string | null)[] = [];
    const answers = [
      () => Promise.reject(new TypeError("Failed to fetch")),
      // What stands before the server gave up, and what came broke off.
      () => Promise.resolve(new Response("<h1>Gateway Timeout</h1>", { status: 504 })),
      () => Promise.resolve(new Response('{"id":')),
      () => Promise.resolve(new Response("{}")),
    ];
    vi.stubGlobal("fetch", (_: string, { headers }: RequestInit) => {
      keys.push(new Headers(headers).get("Idempotency-Key"));
      return answers.shift()?.() ?? Promise.resolve(new Response("{}"));
    });
    const make = (text: string) => api.make("/tasks", { text }).catch((reason: unknown) => reason);
    expect(await make("a")).toMatchObject({ status: 0 });
    expect(await make("a")).toMatchObject({ status: 504 });
    expect(await make("a")).toMatchObject({ status: 0 });
    await make("a");
    expect(new Set(keys).size).toBe(1);
    // Answered, it is another one.
    await make("a");
    expect(new Set(keys).size).toBe(2);
  });
});
