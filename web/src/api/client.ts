/** The one way to the server: JSON over fetch, problem+json as exceptions, CSRF added by itself. */
import { news } from "./news";

export interface FieldProblem {
  field: string | null;
  code: string;
  message: string;
}

/** What went wrong, in the reader's language. `status` 0 means that the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null = null,
    readonly errors: FieldProblem[] = [],
    /** Under which whoever runs the server finds it in its log. */
    readonly reference: string | null = null,
  ) {
    super(detail ?? title);
    this.name = "ApiError";
  }

  /** The first message of each field. */
  get fields(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const problem of this.errors) if (problem.field) found[problem.field] ??= problem.message;
    return found;
  }
}

/** The answer to a write: its body, and the change set that can undo it. */
export interface Answer<T> {
  data: T;
  changeSet: string | null;
}

export type Params = Record<string, unknown>;

let csrf: string | null = null;
let language = "en";
// What is said of a server that is out of reach, and of one whose answer means nothing.
let words = { away: "offline", broken: "" };
let signedOut: () => void = () => {};

export const connection = {
  /** Called with the session's token after sign-in. */
  setCsrf(token: string | null): void {
    csrf = token;
  },
  setLanguage(next: string, said: typeof words): void {
    language = next;
    words = said;
  },
  /** Called when a request finds that the session has ended. */
  onSignedOut(listener: () => void): void {
    signedOut = listener;
  },
};

/** For requests that `fetch` cannot make, and what it would say of their answers. */
export const csrfToken = (): string | null => csrf;
export const away = (): ApiError => new ApiError(0, words.away);

/** What the server said against something; `said` is what its answer held, if that was anything. */
export function refusal(status: number, path: string, said: Partial<Record<string, never>> | null): ApiError {
  if (status === 401 && !path.startsWith(url("/session"))) signedOut();
  return said?.title
    ? new ApiError(status, said.title, said.detail, said.errors, said.request_id)
    : new ApiError(status, words.broken);
}

export function url(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === "") continue;
    search.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const query = search.toString();
  return `/api/v1${path}${query ? `?${query}` : ""}`;
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
) {
  const form = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        "Accept-Language": language,
        ...(body !== undefined && !form ? { "Content-Type": "application/json" } : {}),
        ...(method !== "GET" && csrf ? { "X-CSRF-Token": csrf } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : form ? body : JSON.stringify(body),
    });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw away();
  }
  if (!response.ok) throw refusal(response.status, path, await response.json().catch(() => null));
  return response;
}

/** What an answer holds; one that broke off on the way is none. */
async function told<T>(response: Response, signal?: AbortSignal): Promise<T> {
  try {
    return JSON.parse((await response.text()) || "null");
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw away();
  }
}

async function sent<T>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer<T>> {
  const response = await send(method, url(path), body, undefined, headers);
  return {
    data: await told<T>(response),
    changeSet: response.headers.get("Guanxi-Change-Set"),
  };
}

/** What was sent and is not answered yet: the last of each address. */
const underWay = new Map<string, { what: unknown; answer: Promise<unknown> }>();
const { tell, hear } = news();

/** Whether something was written, or a file asked for, that is not answered yet. */
export const sending = {
  some: (): boolean => underWay.size > 0,
  watch: hear,
};

/** The same again before its answer is a second press: it is sent once, and both get the answer. */
function once<Found>(path: string, what: unknown, start: () => Promise<Found>): Promise<Found> {
  const last = underWay.get(path);
  if (last && last.what === what) return last.answer as Promise<Found>;
  const one = { what, answer: start() };
  underWay.set(path, one);
  const ended = () => {
    if (underWay.get(path) === one) underWay.delete(path);
    tell();
  };
  one.answer.then(ended, ended);
  tell();
  return one.answer;
}

const write = <T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> =>
  once(path, body instanceof FormData ? body : method + JSON.stringify(body), () =>
    sent<T>(method, path, body, headers),
  );

/** Keys of what was sent and not answered, by what was sent. */
const unanswered = new Map<string, string>();

const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const ifMatch = (version: number | undefined) => (version === undefined ? undefined : { "If-Match": `"${version}"` });

export const api = {
  async get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
    return told(await send("GET", url(path, params), undefined, signal), signal);
  },
  /** A read that needs a body (query, aggregate): answers the body alone. */
  async read<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return told(await send("POST", url(path), body, signal), signal);
  },
  post: <T>(path: string, body?: unknown) => write<T>("POST", path, body),
  /** A POST that must not happen twice: sent again after a lost answer, with the same body, it is done once. */
  async make<T>(path: string, body: unknown): Promise<Answer<T>> {
    const sent = path + JSON.stringify(body);
    const key = unanswered.get(sent) ?? randomKey();
    unanswered.set(sent, key);
    try {
      const answer = await write<T>("POST", path, body, { "Idempotency-Key": key });
      unanswered.delete(sent);
      return answer;
    } catch (reason) {
      // What stands before the server may give up on an answer that is still to come.
      if (reason instanceof ApiError && reason.status >= 400 && reason.status < 500) unanswered.delete(sent);
      throw reason;
    }
  },
  /** `version` refuses a stale write with 412. */
  put: <T>(path: string, body?: unknown, version?: number) => write<T>("PUT", path, body, ifMatch(version)),
  patch: <T>(path: string, body?: unknown, version?: number) => write<T>("PATCH", path, body, ifMatch(version)),
  del: <T>(path: string, body?: unknown) => write<T>("DELETE", path, body),
  /** Asks for a file and hands it to the browser to save, under the name that the server gave it. */
  download: (path: string, body: unknown, fallback = "export"): Promise<void> =>
    once(path, JSON.stringify(body), () => save(path, body, fallback)),
};

async function save(path: string, body: unknown, fallback: string): Promise<void> {
  const response = await send("POST", url(path), body);
  const blob = await response.blob();
  const named = /filename\*?=(?:UTF-8'')?"?([^";]+)/i.exec(response.headers.get("Content-Disposition") ?? "");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = named?.[1] ? decodeURIComponent(named[1]) : fallback;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
