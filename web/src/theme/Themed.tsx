/** Ant Design in our theme and the reader's language. It comes with the first of its parts: the first screens draw without. */
import { ConfigProvider } from "antd";
import en from "antd/locale/en_GB";
import zh from "antd/locale/zh_CN";
import dayjs from "dayjs";
import { ChevronDown } from "lucide-react";
import "dayjs/locale/en-gb";
import "dayjs/locale/zh-cn";
import { type ComponentType, createContext, type ReactNode, useContext } from "react";
import { useLanguage, useT } from "../i18n";
import { useAntdTheme } from "./antd";
import { nonce } from "./nonce";

const Inside = createContext(false);

function Themed({ children }: { children: ReactNode }) {
  // What stands inside a part has its theme already.
  return useContext(Inside) ? children : <Outermost>{children}</Outermost>;
}

function Outermost({ children }: { children: ReactNode }) {
  const t = useT();
  const { language } = useLanguage();
  const theme = useAntdTheme();
  dayjs.locale(language === "zh" ? "zh-cn" : "en-gb");
  return (
    <Inside value={true}>
      <ConfigProvider
        theme={theme}
        csp={{ nonce }}
        locale={language === "zh" ? zh : en}
        // Its own says "down" to those who hear it, in English.
        select={{ suffixIcon: <ChevronDown aria-hidden="true" size={14} /> }}
        button={{ autoInsertSpace: false }}
        wave={{ disabled: true }}
        modal={{ mask: { blur: false } }}
        drawer={{ mask: { blur: false } }}
        // A list that opens inside a panel stands in it: the panel is above everything else.
        getPopupContainer={(trigger) => trigger?.closest<HTMLElement>("[popover]") ?? document.body}
        popupMatchSelectWidth={false}
        renderEmpty={() => t("fields.none")}
      >
        {children}
      </ConfigProvider>
    </Inside>
  );
}

/** The component with the theme around it: whatever uses Ant Design directly is one of these, or stands inside one. */
export function themed<Props extends object = Record<never, never>>(Part: ComponentType<Props>): ComponentType<Props> {
  return function InTheme(props: Props) {
    return (
      <Themed>
        <Part {...props} />
      </Themed>
    );
  };
}
