/** Of this tab alone, and gone with it: a token in a cookie would be sent by every page that asks this server. */
const KEY = "dotls.token";

/** The token that was given; null: none. */
export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Keeps a token for this tab, or forgets it (null). */
export function keepToken(value: string | null): void {
  if (value === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, value);
}
