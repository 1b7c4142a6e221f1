/** The page's frame: language, server state, toasts, routes. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { I18nProvider } from "./i18n";
import { queryClient, router } from "./router";
import { keepFocus, TipLayer, ToastProvider } from "./ui";

export function App() {
  useEffect(keepFocus, []);
  return (
    <I18nProvider>
      <QueryClientProvider client={queryClient}>
        <ToastProvider>
          <RouterProvider router={router} />
          <TipLayer />
        </ToastProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}
