/** Ant Design's larger parts, fetched when one is first drawn: the first list needs none of them. */
import { later } from "./later";

export const Select = later(() => import("antd/es/select").then((found) => found.default), "control");
export const TreeSelect = later(() => import("antd/es/tree-select").then((found) => found.default), "control");
export const Segmented = later(() => import("antd/es/segmented").then((found) => found.default), "control");
export const InputNumber = later(() => import("antd/es/input-number").then((found) => found.default), "control");
export const Checkbox = later(() => import("antd/es/checkbox").then((found) => found.default), "control");
export const Modal = later(() => import("antd/es/modal").then((found) => found.default));
export const Drawer = later(() => import("antd/es/drawer").then((found) => found.default));
