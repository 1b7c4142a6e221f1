/** The key under which bulk acts are kept: whoever undoes one asks for all of them again. */
export const CHANGES_KEY = ["change_sets"] as const;
