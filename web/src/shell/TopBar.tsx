/** Over the sheet: fold, back, search, create, language, theme, me. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { ArrowLeft, Check, Moon, PanelLeft, Plus, Sun } from "lucide-react";
import { useState } from "react";
import { api, connection } from "../api/client";
import { keys, useCatalog, useMe } from "../api/queries";
import { type Language, useLabel, useLanguage, useT } from "../i18n";
import { type ThemeChoice, useTheme } from "../theme/theme";
import { Avatar, Button, Dropdown, Icon, IconButton, Kbd, Mark, type MenuItem, type MenuProps, usePhone } from "../ui";
import { useCreate } from "./create";
import { isCovered, useKeys } from "./keys";
import { Search } from "./Search";
import styles from "./shell.module.css";

export const LANGUAGES: [Language, string, string][] = [
  ["zh", "简体中文", "中"],
  ["en", "English", "EN"],
];

export function TopBar({ folded, onFold, onHelp }: { folded: boolean; onFold: () => void; onHelp: () => void }) {
  const t = useT();
  const phone = usePhone();
  const router = useRouter();
  if (phone)
    return (
      <header className={styles.top}>
        <Mark />
        <Search />
        <MeMenu onHelp={onHelp} />
      </header>
    );
  return (
    <header className={styles.top}>
      <IconButton icon={<PanelLeft />} label={folded ? t("shell.unfold") : t("shell.fold")} onClick={onFold} />
      <IconButton icon={<ArrowLeft />} label={t("shell.back")} onClick={() => router.history.back()} />
      <span className="spring" />
      <Search />
      <span className="spring" />
      <CreateMenu />
      <LanguageMenu />
      <ThemeMenu />
      <MeMenu onHelp={onHelp} />
    </header>
  );
}

/** Everything that may be made by hand; the objects of daily work first. */
export function useCreatable() {
  const catalog = useCatalog();
  const label = useLabel();
  return catalog.objects
    .filter((object) => object.can.create && object.area && object.area !== "settings")
    .map((object) => ({ object, label: label(object.label, object.name) }));
}

function CreateMenu() {
  const t = useT();
  const create = useCreate();
  const navigate = useNavigate();
  const creatable = useCreatable();
  const [open, setOpen] = useState(false);
  useKeys({ c: () => !isCovered() && setOpen(true) });
  if (!creatable.length) return null;
  const items = creatable.map(({ object, label }) => ({
    key: object.name,
    label,
    icon: <Icon name={object.icon} />,
  }));
  return (
    <Dropdown
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      menu={{
        items,
        onClick: ({ key }) => {
          setOpen(false);
          create({ object: key, onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: key, id } }) });
        },
      }}
    >
      <Button icon={<Plus />}>
        {t("shell.create")} <Kbd>C</Kbd>
      </Button>
    </Dropdown>
  );
}

/** Switches at once, and remembers it with the account. */
export function useChooseLanguage(): (language: Language) => void {
  const { setLanguage } = useLanguage();
  const client = useQueryClient();
  return (language) => {
    setLanguage(language, true);
    void api.patch("/session", { language }).then(() => client.invalidateQueries({ queryKey: keys.catalog }));
  };
}

function LanguageMenu() {
  const t = useT();
  const { language } = useLanguage();
  const choose = useChooseLanguage();
  const short = LANGUAGES.find(([name]) => name === language)?.[2];
  return (
    <Dropdown
      placement="bottomRight"
      menu={{ items: languageItems(), selectedKeys: [language], onClick: ({ key }) => choose(key as Language) }}
    >
      <button type="button" className={styles.word} aria-label={t("shell.language")}>
        {short}
      </button>
    </Dropdown>
  );
}

/** Likewise for the theme. */
function useChooseTheme(): (theme: ThemeChoice) => void {
  const { setTheme } = useTheme();
  return (theme) => {
    setTheme(theme);
    void api.patch("/session", { theme }).catch(() => undefined);
  };
}

const languageItems = (): MenuItem[] =>
  LANGUAGES.map(([name, label]) => ({ key: name, label: <span lang={name}>{label}</span> }));

function useThemeItems(): MenuItem[] {
  const t = useT();
  return (["light", "dark", "system"] as const).map((name) => ({ key: name, label: t(`shell.theme.${name}`) }));
}

function ThemeMenu() {
  const t = useT();
  const { theme, dark } = useTheme();
  const setTheme = useChooseTheme();
  const items = useThemeItems();
  return (
    <Dropdown
      placement="bottomRight"
      menu={{ items, selectedKeys: [theme], onClick: ({ key }) => setTheme(key as ThemeChoice) }}
    >
      <IconButton icon={dark ? <Sun /> : <Moon />} label={t("shell.theme")} />
    </Dropdown>
  );
}

function MeMenu({ onHelp }: { onHelp: () => void }) {
  const t = useT();
  const me = useMe();
  const phone = usePhone();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { language } = useLanguage();
  const { theme } = useTheme();
  const setTheme = useChooseTheme();
  const choose = useChooseLanguage();
  const themes = useThemeItems();
  const chosen = (items: MenuItem[], on: string) =>
    items.map((item) => ({ ...item, extra: item.key === on ? <Check /> : undefined }));
  const items: MenuProps["items"] = [
    {
      key: "who",
      type: "group",
      label: (
        <span className={styles.who}>
          <strong>{me.name}</strong>
          <span>{me.email}</span>
        </span>
      ),
    },
    { key: "-", type: "divider" },
    { key: "me", label: t("shell.me") },
    // On a wide screen both stand in the bar.
    ...(phone
      ? [
          { key: "language", label: t("shell.language"), children: chosen(languageItems(), language) },
          { key: "theme", label: t("shell.theme"), children: chosen(themes, theme) },
        ]
      : [{ key: "keys", label: t("shell.keys"), extra: <Kbd>?</Kbd> }]),
    { key: "--", type: "divider" },
    { key: "out", label: t("shell.signOut") },
  ];
  const leave = async () => {
    await api.del("/session").catch(() => undefined);
    connection.setCsrf(null);
    await navigate({ to: "/sign-in", search: {} });
    client.clear();
  };
  return (
    <Dropdown
      placement="bottomRight"
      menu={{
        items,
        onClick: ({ key }) => {
          if (LANGUAGES.some(([name]) => name === key)) choose(key as Language);
          else if (themes.some((item) => item.key === key)) setTheme(key as ThemeChoice);
          else if (key === "keys") onHelp();
          else if (key === "me") void navigate({ to: "/settings/$", params: { _splat: "me" } });
          else if (key === "out") void leave();
        },
      }}
    >
      <button type="button" className={styles.meButton} aria-label={t("shell.me")}>
        <Avatar name={me.name} id={me.id} size={28} />
      </button>
    </Dropdown>
  );
}
