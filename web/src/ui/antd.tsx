/** Ant Design's larger parts, fetched when one is first drawn: the first list needs none of them. */
import type { ComponentType } from "react";
import { later } from "./later";

// biome-ignore lint/suspicious/noExplicitAny: whatever the part itself takes
const part = <Part extends ComponentType<any>>(load: () => Promise<{ default: Part }>, place?: "control") =>
  later(
    () =>
      Promise.all([load(), import("../theme/Themed")]).then(
        ([found, { themed }]) => themed(found.default) as unknown as Part,
      ),
    place,
  );

export const Select = part(() => import("antd/es/select"), "control");
export const TreeSelect = part(() => import("antd/es/tree-select"), "control");
export const Segmented = part(() => import("antd/es/segmented"), "control");
export const InputNumber = part(() => import("antd/es/input-number"), "control");
export const Checkbox = part(() => import("antd/es/checkbox"), "control");
export const Modal = part(() => import("antd/es/modal"));
export const Drawer = part(() => import("antd/es/drawer"));
