import { token } from "./session.ts";

/** How long a server may take until its reply begins, in ms: an upstream that is tried may need most of it. */
const PATIENCE = 15_000;

/** Why a server gave nothing, in its words; `gone` when there is no server, `locked` when it wants another token. */
export class ApiError extends Error {
  readonly kind: "gone" | "locked" | "refused";

  constructor(kind: "gone" | "locked" | "refused", message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Sends a request with the token, if there is one, and gives the reply once it is known to be good. `signal` ends it; without
 * one it ends when the server says nothing. Rejects with an ApiError.
 */
export async function send(
  path: string,
  options: { readonly method?: string; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const { method = "GET", signal = AbortSignal.timeout(PATIENCE) } = options;
  const own = token();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: own === null ? {} : { authorization: `Bearer ${own}` },
      credentials: "omit",
      cache: "no-store",
    });
  } catch (error) {
    throw new ApiError("gone", error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const text = await response.text();
  throw new ApiError(
    response.status === 401 ? "locked" : "refused",
    messageIn(text) ?? `status ${response.status}`,
  );
}

/** Sends a request and gives the JSON of the reply, taken at its word: it is the server that this page is from. */
export async function ask<T>(path: string, method = "GET"): Promise<T> {
  const response = await send(path, { method });
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract of the API
    return (await response.json()) as T;
  } catch (error) {
    throw new ApiError("gone", error instanceof Error ? error.message : String(error));
  }
}

function messageIn(text: string): string | undefined {
  try {
    const { error }: { error?: { message?: string } } = JSON.parse(text);
    return error?.message;
  } catch {
    return undefined;
  }
}
