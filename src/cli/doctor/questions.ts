import { randomBytes } from "node:crypto";
import { RrType } from "../../dns/rrtype.ts";
import { type BuiltQuery, buildQuery } from "../query/build-query.ts";
import { defaultSettings } from "../query/settings.ts";

/** The name that is asked for unless told otherwise: signed, known everywhere, and it tells nobody anything. */
export const DEFAULT_NAME = "example.com";

/** A zone whose signatures are wrong on purpose: a server that validates says why it does not answer. */
export const BOGUS_NAME = "dnssec-failed.org";

/** A query that is padded to 128 bytes (RFC 8467) and has DO set. */
export function question(name: string, type: number = RrType.A): BuiltQuery {
  return buildQuery({ ...defaultSettings(), name, type, tls: true, dnssec: true }, null);
}

/** The same with an empty edns-tcp-keepalive, which asks for the idle limit (RFC 7828 section 3.2.1). */
export function keepaliveQuestion(name: string): BuiltQuery {
  return buildQuery({ ...defaultSettings(), name, tls: true, dnssec: true, keepalive: true }, null);
}

/** The name in letters of changing case, as resolvers write it to see whether answers are meant for them. */
export function mixedCase(name: string): string {
  let upper = false;
  return name.replaceAll(/[a-z]/gi, (letter) => {
    upper = !upper;
    return upper ? letter.toLowerCase() : letter.toUpperCase();
  });
}

/** A name below `name` that no cache can have. */
export function freshName(name: string): string {
  return `dotls-${randomBytes(6).toString("hex")}.${name === "." ? "" : name}`;
}
