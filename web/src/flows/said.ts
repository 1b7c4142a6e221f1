/** What the server says is wrong, in lines. */
import { ApiError } from "../api/client";

export const said = (reason: unknown): string[] =>
  reason instanceof ApiError ? (reason.errors.length ? reason.errors.map((one) => one.message) : [reason.message]) : [];
