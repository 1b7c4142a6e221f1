/** The page's frame: language, server state, toasts, routes. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { I18nProvider } from "./i18n";
import { queryClient, router } from "./router";
import { TipLayer, ToastProvider } from "./ui";

export function App() {
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
