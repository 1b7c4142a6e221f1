/** Everything that the command box can bring one to or do, beside what the open page offers. */
import { useNavigate } from "@tanstack/react-router";
import { useCatalog, useMe } from "../api/queries";
import { type Key, useLabel, useT } from "../i18n";
import { viewKey, viewsOf } from "../records/state";
import { useTheme } from "../theme/theme";
import type { MenuItem } from "../ui";
import { useCreate } from "./create";
import { LANGUAGES, useChooseLanguage, useChooseTheme, useCreatable, useLeave } from "./me";
import { useAreas, usePages } from "./nav";

export type Group = "here" | "go" | "create" | "do";

export interface Command {
  key: string;
  group: Group;
  title: string;
  /** Grey beside the title: where it lies. */
  note?: string;
  icon?: string;
  /** What it is also found by. */
  also?: string;
  run: () => void;
}

const SETTINGS: [name: string, label: Key, right: string | null][] = [
  ["objects", "admin.objects", "catalog"],
  ["rules", "admin.rules", "catalog"],
  ["standing", "standing.title", "catalog"],
  ["pipelines", "admin.pipelines", "catalog"],
  ["layouts", "admin.layouts", "catalog"],
  ["packs", "admin.packs", "catalog"],
  ["users", "admin.users", "users"],
  ["teams", "admin.teams", "users"],
  ["roles", "admin.roles", "roles"],
  ["access", "admin.access", "roles"],
  ["mail", "mail.title", "settings"],
  ["audit", "admin.audit", "audit"],
  ["retention", "admin.keep", "audit"],
  ["webhooks", "admin.hooks", "settings"],
  ["secrets", "admin.secrets", "settings"],
  ["me", "shell.me", null],
  ["notifications", "told.settings", null],
  ["shared", "admin.shared", null],
  ["tokens", "admin.tokens", null],
];

export function useCommandList(here: MenuItem[], onHelp: () => void): Command[] {
  const t = useT();
  const label = useLabel();
  const navigate = useNavigate();
  const me = useMe();
  const catalog = useCatalog();
  const areas = useAreas();
  const create = useCreate();
  const creatable = useCreatable();
  const chooseTheme = useChooseTheme();
  const chooseLanguage = useChooseLanguage();
  const { theme } = useTheme();
  const leave = useLeave();
  const page = (to: string, title: string, icon: string): Command => ({
    key: `go ${to}`,
    group: "go",
    title,
    icon,
    run: () => void navigate({ to }),
  });
  const pages = usePages();
  const lists = areas.flatMap((area) => area.objects);
  return [
    ...here.map(
      (item): Command => ({
        key: `here ${item.key}`,
        group: "here",
        title: String(item.label ?? ""),
        icon: "arrow",
        run: () => item.onClick?.(),
      }),
    ),
    page("/", t("shell.area.today"), "today"),
    ...lists.map(
      ({ object, label: title }): Command => ({
        key: `go ${object.name}`,
        group: "go",
        title,
        icon: object.icon,
        also: object.name,
        run: () => void navigate({ to: "/o/$object", params: { object: object.name }, search: {} }),
      }),
    ),
    ...lists.flatMap(({ object, label: many }) =>
      viewsOf(object).map(
        (view): Command => ({
          key: `view ${object.name} ${viewKey(view)}`,
          group: "go",
          title: label(view.label, view.name),
          note: many,
          icon: view.kind === "board" ? "board" : "table",
          run: () =>
            void navigate({ to: "/o/$object", params: { object: object.name }, search: { view: viewKey(view) } }),
        }),
      ),
    ),
    ...creatable.map(
      ({ object, one }): Command => ({
        key: `create ${object.name}`,
        group: "create",
        title: t("shell.create.one", { object: one }),
        icon: "plus",
        also: `${t("shell.create")} ${object.name}`,
        run: () =>
          create({
            object: object.name,
            onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: object.name, id } }),
          }),
      }),
    ),
    ...catalog.forms.map(
      (form): Command => ({
        key: `form ${form.flow}`,
        group: "create",
        title: label(form.label, form.name),
        icon: "clipboard",
        also: form.name,
        run: () => create({ form }),
      }),
    ),
    ...(catalog.objects.some((object) => object.can.import) ? [page("/import", t("transfer.imports"), "inbox")] : []),
    ...pages.map(({ to, title, icon }) => page(to, title, icon)),
    ...SETTINGS.filter(([, , right]) => right === null || me.can.includes(right)).map(
      ([name, key]): Command => ({
        key: `settings ${name}`,
        group: "go",
        title: t(key),
        note: t("shell.settings"),
        icon: "settings",
        run: () => void navigate({ to: "/settings/$", params: { _splat: name } }),
      }),
    ),
    ...(["light", "dark", "system"] as const)
      .filter((name) => name !== theme)
      .map(
        (name): Command => ({
          key: `theme ${name}`,
          group: "do",
          title: `${t("shell.theme")}: ${t(`shell.theme.${name}`)}`,
          icon: "settings",
          run: () => chooseTheme(name),
        }),
      ),
    ...LANGUAGES.filter(([name]) => name !== me.language).map(
      ([name, title]): Command => ({
        key: `language ${name}`,
        group: "do",
        title: `${t("shell.language")}: ${title}`,
        icon: "globe",
        run: () => chooseLanguage(name),
      }),
    ),
    { key: "keys", group: "do", title: t("shell.keys"), icon: "settings", run: onHelp },
    { key: "out", group: "do", title: t("shell.signOut"), icon: "user", run: () => void leave() },
  ];
}
