/** One's own choices, remembered with the account; what one may make; the way out. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ApiError, api, connection } from "../api/client";
import { keys, useCatalog } from "../api/queries";
import { type Language, useLabel, useLanguage } from "../i18n";
import { inline } from "../i18n/words";
import { type ThemeChoice, useTheme } from "../theme/theme";
import { useRefusal } from "../ui";

export const LANGUAGES: [Language, string, string][] = [
  ["zh", "简体中文", "中"],
  ["en", "English", "EN"],
];

/** Switches at once, and remembers it with the account. */
export function useChooseLanguage(): (language: Language) => void {
  const { setLanguage } = useLanguage();
  const client = useQueryClient();
  return (language) => {
    setLanguage(language, true);
    void api.patch("/session", { language }).then(
      () => client.invalidateQueries({ queryKey: keys.catalog }),
      () => undefined,
    );
  };
}

/** Likewise for the theme. */
export function useChooseTheme(): (theme: ThemeChoice) => void {
  const { setTheme } = useTheme();
  return (theme) => {
    setTheme(theme);
    void api.patch("/session", { theme }).catch(() => undefined);
  };
}

/** Everything that may be made by hand. */
export function useCreatable() {
  const catalog = useCatalog();
  const label = useLabel();
  const { language } = useLanguage();
  return catalog.objects
    .filter((object) => object.can.create && object.area && object.area !== "settings")
    .map((object) => {
      const name = label(object.label, object.name);
      // `one` stands in a sentence.
      return { object, label: name, one: inline(name, language) };
    });
}

/** Ends the session; nothing of this person stays in memory. */
export function useLeave(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const refuse = useRefusal();
  return async () => {
    try {
      await api.del("/session");
    } catch (reason) {
      // Whoever comes next would be in: only what has ended is left.
      if (!(reason instanceof ApiError) || reason.status !== 401) return refuse(reason);
    }
    connection.setCsrf(null);
    await navigate({ to: "/sign-in", search: {} });
    client.clear();
  };
}
