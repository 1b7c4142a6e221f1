import formula from "./formula";

/** A figure over what points here is shown as what it is, like everything that is computed. */
export default { ...formula };
