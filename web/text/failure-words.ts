import type { FailureKind } from "../../src/upstream/failure.ts";

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    refused: "Nobody listens on that port, or a firewall turns us away.",
    unreachable: "This host has no way to that address.",
    timeout: "No answer came in time.",
    closed: "The connection ended while a query waited on it.",
    silent: "The connection stayed open, but nothing came.",
    tls: "The TLS handshake failed.",
    untrusted: "The certificate leads to no authority that is trusted here. Somebody may be in between.",
    name: "The certificate is for another name. Somebody may be in between.",
    pin: "The certificate has none of the pinned keys. Somebody may be in between, or the key was changed.",
    clock: "The certificate is outside its dates. Look at the clock of this host first.",
    malformed: "What came was no DNS message.",
    loop: "The server is this one, or asks this one.",
    bootstrap: "The address of the server could not be found.",
    http: "The HTTP answer held no DNS message.",
    busy: "Too many connections or queries are open here.",
  } satisfies Record<FailureKind, string>),
);

/** What a kind of failure means; a kind that is not known says nothing. */
export function failureWords(kind: string): string {
  return WORDS.get(kind) ?? "";
}
