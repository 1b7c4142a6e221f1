import { choiceTwin } from "./Choose";
import type { Twin } from "./twin";

export default choiceTwin((field) => field.options, { grows: true }) satisfies Twin;
