/** tokens.css translated into Ant Design's tokens. */
import { theme as antd, type ThemeConfig } from "antd";
import type { MapToken } from "antd/es/theme/interface";
import { useLanguage } from "../i18n";
import { usePhone } from "../ui";
import { useTheme } from "./theme";

let built: { by: string; theme: ThemeConfig } | null = null;

/**
 * The Ant Design theme of the moment, read from the CSS variables that are in force. One for all parts: each that has its own
 * works out all of Ant Design's colours again.
 */
export function useAntdTheme(): ThemeConfig {
  const { dark, contrast, still } = useTheme();
  const phone = usePhone();
  const { language } = useLanguage();
  // What changes what the style sheet answers.
  const by = [dark, contrast, still, phone, language].join(" ");
  if (built?.by !== by) built = { by, theme: build(dark, still, phone) };
  return built.theme;
}

function build(dark: boolean, still: boolean, phone: boolean): ThemeConfig {
  const style = getComputedStyle(document.documentElement);
  const v = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const px = (name: string) => Number.parseInt(v(name), 10);
  // Smaller text makes the phone zoom in when one begins to type; its line is as tall as that of the text elsewhere, by which controls are laid out.
  const typed = phone ? { fontSize: 16, lineHeight: 1.375, borderRadiusLG: 6 } : {};
  return {
    // Ant Design derives these from the seeds of the same name; the drawing's own values are kept exactly.
    algorithm: [
      dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
      (_, map) => ({
        ...(map as MapToken),
        colorPrimary: v("accent-solid"),
        colorLink: v("accent"),
        colorError: v("danger"),
        colorWarning: v("warn-mark"),
        colorSuccess: v("ok"),
        colorInfo: v("info"),
      }),
    ],
    cssVar: { key: "gx" },
    hashed: false,
    token: {
      colorPrimary: v("accent-solid"),
      colorPrimaryHover: v("accent-solid-hover"),
      colorPrimaryActive: v("accent-solid-active"),
      colorPrimaryBg: v("accent-bg"),
      colorPrimaryBgHover: v("accent-bg-2"),
      colorPrimaryBorder: v("accent-line"),
      colorLink: v("accent"),
      colorLinkHover: v("accent-hover"),
      colorError: v("danger"),
      colorErrorBg: v("danger-bg"),
      colorErrorBorder: v("danger-line"),
      colorErrorText: v("danger"),
      colorWarning: v("warn-mark"),
      colorWarningBg: v("warn-bg"),
      colorWarningBorder: v("warn-line"),
      colorWarningText: v("warn"),
      colorSuccess: v("ok"),
      colorSuccessBg: v("ok-bg"),
      colorSuccessBorder: v("ok-line"),
      colorInfo: v("info"),
      colorInfoBg: v("info-bg"),
      colorInfoBorder: v("info-line"),
      colorBgLayout: v("bg-layout"),
      colorBgContainer: v("bg-container"),
      colorBgElevated: v("bg-elevated"),
      colorBgSpotlight: v("bg-spotlight"),
      colorBgMask: v("bg-mask"),
      colorFillAlter: v("bg-subtle"),
      colorFillQuaternary: v("fill-1"),
      colorFillTertiary: v("fill-2"),
      colorFillSecondary: v("fill-3"),
      colorText: v("text"),
      colorTextSecondary: v("text-2"),
      colorTextTertiary: v("text-3"),
      colorTextQuaternary: v("text-4"),
      colorTextPlaceholder: v("text-3"),
      colorTextDisabled: v("text-3"),
      colorBgContainerDisabled: v("fill-1"),
      colorTextDescription: v("text-3"),
      colorTextLightSolid: v("on-accent"),
      colorIcon: v("text-3"),
      colorBorder: v("line"),
      colorBorderSecondary: v("line-2"),
      colorSplit: v("line-2"),
      controlItemBgHover: v("fill-1"),
      controlItemBgActive: v("fill-2"),
      controlItemBgActiveHover: v("fill-3"),
      controlOutline: v("accent-bg-2"),
      controlOutlineWidth: 3,
      fontFamily: v("font"),
      fontFamilyCode: v("mono"),
      fontSize: 14,
      fontSizeSM: 12,
      fontSizeHeading4: 18,
      fontSizeHeading3: 22,
      fontSizeHeading1: 30,
      fontWeightStrong: 600,
      borderRadius: 6,
      borderRadiusXS: 4,
      borderRadiusSM: 6,
      borderRadiusLG: 10,
      controlHeight: px("ctl"),
      controlHeightSM: px("ctl-sm"),
      controlHeightLG: px("ctl-lg"),
      boxShadow: v("sh-3"),
      boxShadowSecondary: v("sh-2"),
      boxShadowTertiary: v("sh-1"),
      // Shortened to nothing by the style sheet, what leaves would still stand there half faded for a frame or two.
      motion: !still,
      motionDurationFast: "0.08s",
      motionDurationMid: "0.16s",
      motionDurationSlow: "0.24s",
      wireframe: false,
    },
    components: {
      // What stands in a drawer begins where it does on a page, from its head to its foot.
      Drawer: { paddingLG: 20, footerPaddingInline: 20 },
      Progress: { defaultColor: v("accent"), remainingColor: v("fill-3") },
      Button: {
        primaryShadow: "none",
        defaultShadow: "none",
        dangerShadow: "none",
        defaultHoverBg: v("fill-1"),
        defaultHoverColor: v("text"),
        defaultHoverBorderColor: v("line"),
        defaultActiveBg: v("fill-3"),
        defaultActiveColor: v("text"),
        defaultActiveBorderColor: v("line"),
        textTextColor: v("text-2"),
        contentFontSizeLG: 15,
      },
      Tabs: {
        itemSelectedColor: v("text"),
        itemColor: v("text-2"),
        itemHoverColor: v("text"),
        inkBarColor: v("accent"),
      },
      Input: typed,
      InputNumber: typed,
      DatePicker: typed,
      TreeSelect: typed,
      Select: {
        ...typed,
        hoverBorderColor: v("text-4"),
        optionSelectedBg: v("accent-bg"),
        optionSelectedFontWeight: 500,
        optionActiveBg: v("fill-1"),
        multipleItemBg: v("fill-2"),
      },
      Segmented: {
        trackBg: v("fill-2"),
        itemColor: v("text-2"),
        itemSelectedBg: v("chosen"),
        itemSelectedColor: v("text"),
      },
      Dropdown: { controlItemBgHover: v("fill-2"), paddingBlock: 5 },
      Tooltip: { colorBgSpotlight: v("bg-spotlight"), colorTextLightSolid: v("on-spotlight"), fontSize: 12 },
      Form: { verticalLabelPadding: "0 0 4px", itemMarginBottom: 16, labelColor: v("text-2") },
      Table: {
        headerBg: v("bg-container"),
        headerSplitColor: "transparent",
        cellPaddingBlockSM: 8,
        cellFontSizeSM: 13,
        rowHoverBg: v("fill-1"),
      },
      Checkbox: { colorBorder: v("line-strong"), borderRadiusSM: 4 },
      Radio: { colorBorder: v("line-strong") },
    },
  };
}
