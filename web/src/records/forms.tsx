/** The forms of records, fetched when one is opened. */
import { Suspense } from "react";
import { part } from "../renew";
import type { EditFormProps } from "./Form";

export const QuickCreate = part(
  () => import("./Form"),
  (module) => module.QuickCreate,
);
const Edit = part(
  () => import("./Form"),
  (module) => module.EditForm,
);

export const EditForm = (props: EditFormProps) => (
  <Suspense>
    <Edit {...props} />
  </Suspense>
);
