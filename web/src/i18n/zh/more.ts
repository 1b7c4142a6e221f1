/** Words of areas that the first screens lead to. */
import admin from "./admin";
import flows from "./flows";
import merge from "./merge";
import pools from "./pools";
import quality from "./quality";
import transfer from "./transfer";

export default { ...admin, ...flows, ...merge, ...pools, ...quality, ...transfer };
