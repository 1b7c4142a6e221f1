/** Over the sheet: fold, back, favourite, search, create, news, language, theme, me. */
import { useNavigate, useParams, useRouter, useRouterState, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Check, Moon, PanelLeft, Plus, Star, Sun } from "lucide-react";
import { useState } from "react";
import { useCatalog, useMe } from "../api/queries";
import { type Language, useLabel, useLanguage, useT } from "../i18n";
import { type ThemeChoice, useTheme } from "../theme/theme";
import {
  Avatar,
  Button,
  cx,
  Dropdown,
  Icon,
  IconButton,
  Kbd,
  Mark,
  type MenuItem,
  type MenuProps,
  usePhone,
} from "../ui";
import { useCreate } from "./create";
import { isCovered, useKeys } from "./keys";
import { LANGUAGES, useChooseLanguage, useChooseTheme, useCreatable, useLeave } from "./me";
import { Notices } from "./Notices";
import { usePins } from "./pins";
import { Search } from "./Search";
import styles from "./shell.module.css";

export function TopBar({ folded, onFold, onHelp }: { folded: boolean; onFold: () => void; onHelp: () => void }) {
  const t = useT();
  const phone = usePhone();
  const router = useRouter();
  if (phone)
    return (
      <header className={styles.top}>
        <Mark />
        <Search onHelp={onHelp} />
        <Notices />
        <MeMenu onHelp={onHelp} />
      </header>
    );
  return (
    <header className={styles.top}>
      <IconButton icon={<PanelLeft />} label={folded ? t("shell.unfold") : t("shell.fold")} onClick={onFold} />
      <IconButton icon={<ArrowLeft />} label={t("shell.back")} onClick={() => router.history.back()} />
      <PinButton />
      <span className="spring" />
      <Search onHelp={onHelp} />
      <span className="spring" />
      <CreateMenu />
      <Notices />
      <LanguageMenu />
      <ThemeMenu />
      <MeMenu onHelp={onHelp} />
    </header>
  );
}

/** Keeps the open record or view at hand; its place stays where there is none, so that what stands beside it does not move. */
function PinButton() {
  const t = useT();
  const { has, toggle } = usePins();
  const { object, id } = useParams({ strict: false }) as { object?: string; id?: string };
  const view = useSearch({ strict: false, select: (search) => (search as { view?: string }).view });
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (!object || !path.startsWith("/o/")) return <span className={styles.noPin} />;
  const pin = id ? { object, id } : { object, ...(view ? { view } : {}) };
  const on = has(pin);
  return (
    <IconButton
      icon={<Star className={cx(on && styles.pinned)} />}
      label={t(on ? "shell.unpin" : "shell.pin")}
      pressed={on}
      onClick={() => toggle(pin)}
    />
  );
}

function CreateMenu() {
  const t = useT();
  const create = useCreate();
  const navigate = useNavigate();
  const creatable = useCreatable();
  const [open, setOpen] = useState(false);
  useKeys({ c: () => !isCovered() && setOpen(true) });
  const { forms } = useCatalog();
  const say = useLabel();
  if (!creatable.length && !forms.length) return null;
  const items: MenuProps["items"] = [
    ...creatable.map(({ object, label }) => ({
      key: object.name,
      label,
      icon: <Icon name={object.icon} />,
    })),
    ...(creatable.length && forms.length ? [{ type: "divider" as const }] : []),
    ...forms.map((form) => ({ key: form.flow, label: say(form.label, form.name), icon: <Icon name="clipboard" /> })),
  ];
  return (
    <Dropdown
      open={open}
      onOpenChange={setOpen}
      placement="bottomRight"
      menu={{
        items,
        onClick: ({ key }) => {
          setOpen(false);
          const form = forms.find((one) => one.flow === key);
          if (form) return create({ form });
          create({ object: key, onDone: (id) => void navigate({ to: "/o/$object/$id", params: { object: key, id } }) });
        },
      }}
    >
      <Button icon={<Plus />} aria-keyshortcuts="C">
        {t("shell.create")} <Kbd unsaid>C</Kbd>
      </Button>
    </Dropdown>
  );
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
      <button type="button" className={styles.word} aria-label={`${short} ${t("shell.language")}`}>
        {short}
      </button>
    </Dropdown>
  );
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
  const navigate = useNavigate();
  const leave = useLeave();
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
