import { describe, expect, it } from "vitest";
import en from "../i18n/en/all";
import { fill } from "../i18n/words";
import zh from "../i18n/zh/all";
import { Catalog, type CatalogJson } from "../schema/catalog";
import { readGrants, rightOf, sayGrants, scopeOf, withoutObject, withRight, withScope } from "./grants";

const field = (name: string, label: Record<string, string>) => ({ name, label });
const catalog = new Catalog({
  objects: [
    {
      name: "account",
      label: { en: "Account", zh: "客户" },
      plural: { en: "Accounts", zh: "客户" },
      fields: [field("phone", { en: "Phone", zh: "电话" })],
    },
    { name: "product", label: { en: "Product", zh: "产品" }, plural: { en: "Products", zh: "产品" }, fields: [] },
  ],
} as unknown as CatalogJson);

const rep = readGrants({
  objects: { "*": { read: "own", create: true, update: "own" }, product: { read: "all" } },
  fields: { "account.phone": "none" },
  system: ["bin"],
});

const say = (words: Record<string, string>, language: string) =>
  sayGrants(
    rep,
    catalog,
    (key, params) => fill(words[key] ?? key, params),
    (label, fallback = "") => label?.[language] ?? fallback,
  );

describe("grants", () => {
  it("take what is not said from the entry for all others", () => {
    expect(scopeOf(rep, "account", "read")).toBe("own");
    expect(scopeOf(rep, "account", "create")).toBe("all");
    expect(scopeOf(rep, "product", "update")).toBe("none");
  });
  it("give an object its own entry with the first change, and take it away again", () => {
    const next = withScope(rep, "account", "read", "team");
    expect(next.objects.account).toEqual({ read: "team", create: true, update: "own" });
    expect(withoutObject(next, "account").objects).toEqual(rep.objects);
  });
  it("take every verb with reading", () => {
    expect(withScope(rep, "account", "read", "none").objects.account).toEqual({});
  });
  it("keep only what differs of the fields", () => {
    expect(rightOf(rep, "account", "phone")).toBe("none");
    expect(withRight(rep, "account", "phone", "write").fields).toEqual({});
  });
  it("are said in both languages", () => {
    expect(say(en, "en")).toEqual([
      "Everything else: sees their own, creates, changes their own.",
      "Products: sees all.",
      "Does not see Account › Phone.",
      "Beyond records: brings records back from the recycle bin.",
    ]);
    expect(say(zh, "zh")).toEqual([
      "其他对象：查看自己的、新建、修改自己的。",
      "产品：查看全部。",
      "看不到客户的电话。",
      "另外：从回收站恢复记录。",
    ]);
  });
});
