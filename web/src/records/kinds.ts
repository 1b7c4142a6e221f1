/** The ways to show a list besides the table, which is there from the start: dragging and drawing are for who asks for them. */
import { sentFor } from "../ui/later";

export const board = sentFor(() => import("./Board").then((module) => ({ default: module.Board })));
export const calendar = sentFor(() => import("./Calendar"));
export const gallery = sentFor(() => import("./Gallery"));
export const chart = sentFor(() => import("./Chart"));
