import { parseCiphers, parseGroups } from "../../config/tls-names.ts";
import type { SourceOption } from "./conversion.ts";
import { tryParts } from "./server-entry.ts";

/** A key below `tls`, or of an upstream, and the options that it comes from. */
export interface TlsChoice {
  readonly key: "minVersion" | "maxVersion" | "ciphers" | "groups";
  readonly value: string;
  readonly from: readonly SourceOption[];
  readonly remark: string | null;
}

/** What OpenSSL takes when nobody says otherwise, for the side of a cipher list that was left out. */
const SUITES_OF_TLS13 = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
const CIPHERS_OF_TLS12 = "HIGH:!aNULL:!eNULL";

/** A list of OpenSSL's names, and the option that holds it. */
export interface NameList {
  readonly text: string;
  readonly from: SourceOption;
}

/** Where to say that an option came to nothing. */
export type Dropped = (option: SourceOption, reason: string) => void;

/**
 * One list for what OpenSSL has two of: ciphers up to TLS 1.2, and suites of TLS 1.3. Without the suites, Node would not
 * speak TLS 1.3 any more, and without the others not TLS 1.2: the list that is missing is written out.
 */
export function cipherChoice(
  older: NameList | null,
  newer: NameList | null,
  dropped: Dropped,
): TlsChoice | null {
  const from = [older, newer].flatMap((list) => (list === null ? [] : [list.from]));
  if (from.length === 0) return null;
  const value = `${newer?.text ?? SUITES_OF_TLS13}:${older?.text ?? CIPHERS_OF_TLS12}`;
  const made = tryParts(() => parseCiphers(value));
  if (made.fault !== null) {
    for (const option of from) dropped(option, `the default stays: ${made.fault}`);
    return null;
  }
  const missing = older === null ? "for TLS 1.2" : newer === null ? "for TLS 1.3" : null;
  const remark = missing === null ? null : `one list holds both, so those ${missing} are written out`;
  return { key: "ciphers", value: made.value ?? value, from, remark };
}

/** The groups for the key exchange. */
export function groupChoice(list: NameList | null, dropped: Dropped): TlsChoice | null {
  if (list === null) return null;
  const made = tryParts(() => parseGroups(list.text));
  if (made.fault === null) {
    return { key: "groups", value: made.value ?? "default", from: [list.from], remark: null };
  }
  dropped(list.from, `the default stays: ${made.fault}`);
  return null;
}
