/** The forms of records, fetched when one is opened. */
import { part } from "../renew";

export const QuickCreate = part(
  () => import("./Form"),
  (module) => module.QuickCreate,
);
export const EditForm = part(
  () => import("./Form"),
  (module) => module.EditForm,
);
