/** The page's frame: language, theme, server state, toasts, routes. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { I18nProvider, useLanguage } from "./i18n";
import { queryClient, router } from "./router";
import { nonce } from "./theme/nonce";
import { useAntdTheme } from "./theme/theme";
import { TipLayer, ToastProvider } from "./ui";

export function App() {
  return (
    <I18nProvider>
      <Themed />
    </I18nProvider>
  );
}

function Themed() {
  const theme = useAntdTheme();
  const { antd } = useLanguage();
  return (
    <ConfigProvider
      theme={theme}
      csp={{ nonce }}
      locale={antd as Locale}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
      modal={{ mask: { blur: false } }}
      drawer={{ mask: { blur: false } }}
      // A list that opens inside a panel stands in it: the panel is above everything else.
      getPopupContainer={(trigger) => trigger?.closest<HTMLElement>("[popover]") ?? document.body}
      popupMatchSelectWidth={false}
    >
      <QueryClientProvider client={queryClient}>
        <ToastProvider>
          <RouterProvider router={router} />
          <TipLayer />
        </ToastProvider>
      </QueryClientProvider>
    </ConfigProvider>
  );
}
