import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, connection } from "./client";

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
