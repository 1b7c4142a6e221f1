/** The frame of the screens before one is in: the pine wall, and a sheet with the language and theme in its corner. */
import { Segmented } from "antd";
import { Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { type Language, useLanguage, useT } from "../i18n";
import { themed } from "../theme/Themed";
import { useTheme } from "../theme/theme";
import { IconButton, Lattice, Mark, useTitle, Word } from "../ui";
import { LANGUAGES } from "./me";
import styles from "./wall.module.css";

interface WallProps {
  title: string;
  lead: string;
  children: ReactNode;
  /** Called when the reader chooses a language here. */
  onLanguage?: (language: Language) => void;
}

export const Wall = themed(function Wall({ title, lead, children, onLanguage }: WallProps) {
  const t = useT();
  const { language, setLanguage } = useLanguage();
  const { dark, setTheme } = useTheme();
  useTitle(title);
  return (
    <div className={styles.frame}>
      <aside className={styles.wall}>
        <Lattice />
        <div className={styles.name}>
          <Mark size={28} tone="night" />
          <Word size={25} />
        </div>
        <p className={styles.creed}>
          {t("shell.wall.1")}
          <br />
          {t("shell.wall.2")}
        </p>
        <p className={styles.text}>{t("shell.wall.text")}</p>
        <ul className={styles.facts}>
          <li>{t("shell.wall.open")}</li>
          <li>{t("shell.wall.offline")}</li>
        </ul>
      </aside>
      <main className={styles.sheet}>
        <div className={styles.corner}>
          <Segmented
            aria-label={t("shell.language")}
            value={language}
            onChange={(next) => {
              setLanguage(next as Language, true);
              onLanguage?.(next as Language);
            }}
            options={LANGUAGES.map(([name, label]) => ({ value: name, label: <span lang={name}>{label}</span> }))}
          />
          <IconButton
            icon={dark ? <Sun /> : <Moon />}
            label={dark ? t("shell.theme.light") : t("shell.theme.dark")}
            onClick={() => setTheme(dark ? "light" : "dark")}
          />
        </div>
        <div className={styles.form}>
          <h1>{title}</h1>
          <p className={styles.lead}>{lead}</p>
          {children}
        </div>
      </main>
    </div>
  );
});
