/** Over the sheet: fold, back, search, create, language, theme, me. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { Button, Dropdown, type MenuProps } from "antd";
import { ArrowLeft, Check, Languages, Moon, PanelLeft, Plus, Sun, SunMoon } from "lucide-react";
import { useState } from "react";
import { api, connection } from "../api/client";
import { keys, useCatalog, useMe } from "../api/queries";
import { type Language, useLabel, useLanguage, useT } from "../i18n";
import { type ThemeChoice, useTheme } from "../theme/theme";
import { Avatar, Icon, IconButton, Kbd, Mark, usePhone } from "../ui";
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
    .filter((object) => object.can.create && object.area !== "settings")
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
  const items: MenuProps["items"] = creatable.map(({ object, label }) => ({
    key: object.name,
    label,
    icon: <Icon name={object.icon} />,
  }));
  return (
    <Dropdown
      open={open}
      onOpenChange={setOpen}
      trigger={["click"]}
      placement="bottomRight"
      autoFocus
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
      trigger={["click"]}
      placement="bottomRight"
      menu={{ items: languageItems(language), onClick: ({ key }) => choose(key as Language) }}
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

const tick = (on: boolean) => (on ? <Check /> : <span className={styles.noTick} />);

function languageItems(language: Language): MenuProps["items"] {
  return LANGUAGES.map(([name, label]) => ({
    key: name,
    label: <span lang={name}>{label}</span>,
    icon: tick(name === language),
  }));
}

function useThemeItems(): MenuProps["items"] {
  const t = useT();
  const { theme } = useTheme();
  return (["light", "dark", "system"] as const).map((name) => ({
    key: name,
    label: t(`shell.theme.${name}`),
    icon: tick(name === theme),
  }));
}

function ThemeMenu() {
  const t = useT();
  const { dark } = useTheme();
  const setTheme = useChooseTheme();
  const items = useThemeItems();
  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{ items, onClick: ({ key }) => setTheme(key as ThemeChoice) }}
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
  const setTheme = useChooseTheme();
  const choose = useChooseLanguage();
  const themes = useThemeItems();
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
    { type: "divider" },
    { key: "me", label: t("shell.me") },
    { key: "language", label: t("shell.language"), icon: <Languages />, children: languageItems(language) },
    { key: "theme", label: t("shell.theme"), icon: <SunMoon />, children: themes },
    ...(phone ? [] : [{ key: "keys", label: t("shell.keys"), extra: <Kbd>?</Kbd> }]),
    { type: "divider" },
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
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        items,
        className: styles.meMenu,
        onClick: ({ key, keyPath }) => {
          if (keyPath.includes("language")) choose(key as Language);
          else if (keyPath.includes("theme")) setTheme(key as ThemeChoice);
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
