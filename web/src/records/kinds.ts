/** The ways to show a list besides the table, which is there from the start: dragging and drawing are for who asks for them. */

import { arrived } from "../renew";
import { sentFor } from "../ui/later";

export const board = sentFor(() => arrived(() => import("./Board")).then((module) => ({ default: module.Board })));
export const calendar = sentFor(() => arrived(() => import("./Calendar")));
export const gallery = sentFor(() => arrived(() => import("./Gallery")));
export const chart = sentFor(() => arrived(() => import("./Chart")));
