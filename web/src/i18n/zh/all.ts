/** All words. */
import first from ".";
import more from "./more";

export default { ...first, ...more };
