/** Names written one after the other: words`text select money`. */
export const words = ([text = ""]: TemplateStringsArray): string[] => text.trim().split(/\s+/);
