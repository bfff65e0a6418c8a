import { formatIpv4, formatIpv6 } from "../dns/ip.ts";
import { type Message, messageRcode } from "../dns/message.ts";
import { equalNames } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import type { Failure } from "./failure.ts";

export type Family = 4 | 6;

/** What a resolver knows of a name. */
export interface Found {
  /** IP addresses of one family, each once; none: the name has none of that family. */
  readonly addresses: readonly string[];
  /** How long that holds, in seconds. */
  readonly ttl: number;
}

/** Aliases that are followed: an honest answer has a few. */
const MAX_ALIASES = 16;

/** Addresses that are of use: an answer with thousands would have us knock at thousands of doors. */
const MAX_ADDRESSES = 8;

/**
 * The addresses that an answer has for a name, through the aliases in it (RFC 1034 section 3.6.2). Records beside that
 * chain are not looked at. A failure when the answer is an error.
 */
export function addressesIn(message: Message, name: Uint8Array, family: Family): Found | Failure {
  const rcode = messageRcode(message);
  if (rcode !== 0) return { kind: "bootstrap", text: rcodeName(rcode) };
  const type = family === 4 ? RrType.A : RrType.AAAA;
  const records = message.answers.filter((record) => record.class === RrClass.IN);
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const own = records.filter((record) => equalNames(record.name, owner));
    const found = own.filter((record) => record.type === type);
    if (found.length > 0) {
      const addresses = found.map(({ rdata }) => addressOf(rdata, family)).filter(isOfUse);
      for (const record of found) ttl = Math.min(ttl, seconds(record.ttl));
      return { addresses: [...new Set(addresses)].slice(0, MAX_ADDRESSES), ttl };
    }
    const alias = own.find((record) => record.type === RrType.CNAME);
    if (alias === undefined) break;
    ttl = Math.min(ttl, seconds(alias.ttl));
    owner = alias.rdata;
  }
  return { addresses: [], ttl: 0 };
}

function addressOf(rdata: Uint8Array, family: Family): string {
  if (rdata.length !== (family === 4 ? 4 : 16)) return "";
  return family === 4 ? formatIpv4(rdata) : formatIpv6(rdata);
}

/** Not what filters answer for names that they block, and nothing that no single host can have. */
function isOfUse(address: string): boolean {
  return address !== "" && !/^(0\.|::$|22[4-9]\.|23\d\.|255\.255\.255\.255|ff[0-9a-f]{2}:)/.test(address);
}

/** A TTL with its highest bit set counts as 0 (RFC 2181 section 8). */
function seconds(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}
