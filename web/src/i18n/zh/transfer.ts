import type en from "../en/transfer";

export default {
  "transfer.imports": "导入",
} satisfies Record<keyof typeof en, string>;
