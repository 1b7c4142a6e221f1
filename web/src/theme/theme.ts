/** The theme: which one is in force. */
import { useSyncExternalStore } from "react";
import { news } from "../api/news";

export type ThemeChoice = "light" | "dark" | "system";

const STORED = "guanxi.theme";
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const prefersContrast = window.matchMedia("(prefers-contrast: more)");
const prefersStill = window.matchMedia("(prefers-reduced-motion: reduce)");
const { tell, hear } = news();

function stored(): ThemeChoice {
  const value = localStorage.getItem(STORED);
  return value === "light" || value === "dark" ? value : "system";
}

let choice: ThemeChoice = stored();

function isDark(): boolean {
  return choice === "dark" || (choice === "system" && prefersDark.matches);
}

/** Puts the theme on the document, so that every CSS variable follows at once. */
function apply(): void {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  document.documentElement.style.colorScheme = isDark() ? "dark" : "light";
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--bg-layout").trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", ground);
  tell();
}

apply();
for (const query of [prefersDark, prefersContrast, prefersStill]) query.addEventListener("change", apply);

export function setTheme(next: ThemeChoice): void {
  choice = next;
  if (next === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, next);
  apply();
}

/** The account's theme, on a machine where nobody has chosen one. */
export function adoptTheme(theme: string | undefined): void {
  if (localStorage.getItem(STORED) === null && (theme === "light" || theme === "dark")) setTheme(theme);
}

interface Theme {
  theme: ThemeChoice;
  dark: boolean;
  /** The reader has asked the system for more of it. */
  contrast: boolean;
  /** The reader has asked the system for less motion. */
  still: boolean;
  setTheme: typeof setTheme;
}

export function useTheme(): Theme {
  const state = useSyncExternalStore(
    hear,
    () => `${choice} ${isDark()} ${prefersContrast.matches} ${prefersStill.matches}`,
  );
  const [theme, ...is] = state.split(" ");
  const [dark, contrast, still] = is.map((one) => one === "true") as [boolean, boolean, boolean];
  return { theme: theme as ThemeChoice, dark, contrast, still, setTheme };
}
