/** What the server says is wrong, in lines, and in a toast. */
import { ApiError } from "../api/client";
import { useT } from "../i18n";
import { useToast } from "../ui";

export const said = (reason: unknown): string[] =>
  reason instanceof ApiError ? (reason.errors.length ? reason.errors.map((one) => one.message) : [reason.message]) : [];

export function useSay(): (reason: unknown) => void {
  const t = useT();
  const toast = useToast();
  return (reason) =>
    toast({ text: reason instanceof ApiError ? reason.message : t("shell.error.text"), tone: "danger" });
}
