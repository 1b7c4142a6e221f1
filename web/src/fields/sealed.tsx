import { wordsCell } from "./Entry";
import { Sealed } from "./masked";
import { asText, type Twin } from "./twin";

const format: Twin["format"] = (value) => asText(value);

/** Where it is read it is masked, which has a twin of its own; this one shows it in clear for a while, and takes a new one. */
export default { Cell: wordsCell(format), Input: Sealed, Filter: () => null, format, width: 170 } satisfies Twin;
