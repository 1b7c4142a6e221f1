/** The theme: which one is in force. */
import { useSyncExternalStore } from "react";

export type ThemeChoice = "light" | "dark" | "system";

const STORED = "guanxi.theme";
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const prefersContrast = window.matchMedia("(prefers-contrast: more)");
const listeners = new Set<() => void>();

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
  for (const listener of listeners) listener();
}

apply();
for (const query of [prefersDark, prefersContrast]) query.addEventListener("change", apply);

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

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `contrast`: the reader has asked the system for more of it. */
export function useTheme(): { theme: ThemeChoice; dark: boolean; contrast: boolean; setTheme: typeof setTheme } {
  const state = useSyncExternalStore(subscribe, () => `${choice} ${isDark()} ${prefersContrast.matches}`);
  const [theme, dark, contrast] = state.split(" ");
  return { theme: theme as ThemeChoice, dark: dark === "true", contrast: contrast === "true", setTheme };
}
