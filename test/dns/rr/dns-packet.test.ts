import { isIPv6 } from "node:net";
import { decode } from "dns-packet";
import { describe, expect, it } from "vitest";
import { describeRdata } from "../../../src/dns/rr/registry.ts";
import { typeCode } from "../../../src/dns/rrtype.ts";
import { vectors } from "../../support/vectors.ts";

type Data = Record<string, unknown>;

/** A reply that holds nothing but one record for the root. */
function reply(type: number, rdata: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.alloc(11);
  record.writeUInt16BE(type, 1);
  record.writeUInt16BE(1, 3);
  record.writeUInt16BE(rdata.length, 9);
  return Buffer.concat([header, record, rdata]);
}

/** Our form of a name in theirs, which has no final dot and no escapes. */
function plainName(name: unknown): string {
  return name === "." ? "." : String(name).slice(0, -1);
}

function hex(text: unknown): Buffer {
  return Buffer.from(String(text), "hex");
}

function types(names: unknown): string[] {
  return (names as string[]).map((name) => name.replace(/^TYPE/, "UNKNOWN_").replace("SVCB", "UNKNOWN_64"));
}

function base64(text: unknown): Buffer {
  return Buffer.from(String(text), "base64");
}

/** What our data is in the form of dns-packet, by type. */
const theirs: Record<string, (data: Data) => unknown> = {
  A: ({ address }) => address,
  AAAA: ({ address }) => address,
  NS: ({ target }) => plainName(target),
  CNAME: ({ target }) => plainName(target),
  PTR: ({ target }) => plainName(target),
  DNAME: ({ target }) => plainName(target),
  SOA: (data) => ({ ...data, mname: plainName(data["mname"]), rname: plainName(data["rname"]) }),
  HINFO: (data) => data,
  MX: (data) => ({ ...data, exchange: plainName(data["exchange"]) }),
  TXT: ({ strings }) => (strings as string[]).map((text) => Buffer.from(text)),
  RP: ({ mailbox, text }) => ({ mbox: plainName(mailbox), txt: plainName(text) }),
  SRV: (data) => ({ ...data, target: plainName(data["target"]) }),
  NAPTR: (data) => ({ ...data, replacement: plainName(data["replacement"]) }),
  DS: ({ digest, ...data }) => ({ ...data, digest: hex(digest) }),
  SSHFP: ({ algorithm, fingerprintType, fingerprint }) => ({
    algorithm,
    hash: fingerprintType,
    fingerprint,
  }),
  RRSIG: ({ typeCovered, originalTtl, signer, signature, ...data }) => ({
    ...data,
    typeCovered: types([typeCovered])[0],
    originalTTL: originalTtl,
    signersName: plainName(signer),
    signature: base64(signature),
  }),
  NSEC: ({ next, types: covered }) => ({ nextDomain: plainName(next), rrtypes: types(covered) }),
  NSEC3: ({ hashAlgorithm, flags, iterations, salt, types: covered }) => ({
    algorithm: hashAlgorithm,
    flags,
    iterations,
    salt: hex(salt),
    rrtypes: types(covered),
  }),
  DNSKEY: ({ flags, algorithm, publicKey }) => ({ flags, algorithm, key: base64(publicKey) }),
  TLSA: ({ usage, selector, matchingType, data }) => ({
    usage,
    selector,
    matchingType,
    certificate: hex(data),
  }),
  CAA: ({ flags, tag, value }) => ({ flags, tag, value }),
};

/** IPv6 addresses in one form: dns-packet has one of its own, which is not that of RFC 5952. */
function normal(data: unknown): unknown {
  return typeof data === "string" && isIPv6(data) ? new URL(`http://[${data}]/`).hostname : data;
}

/**
 * Whether dns-packet reads it wrong or not at all: escapes, of which it knows none; protocols of
 * a DNSKEY other than 3; fingerprint types whose length it does not know.
 */
function isBeyondIt(data: Data): boolean {
  return (
    JSON.stringify(data).includes("\\\\") || (data["protocol"] ?? 3) !== 3 || data["fingerprintType"] === 0
  );
}

describe("dns-packet, where it decodes a type,", () => {
  it.each(Object.keys(theirs))("finds the same fields in the vectors of %s", (mnemonic) => {
    const type = typeCode(mnemonic)!;
    const chosen = vectors.filter(
      (vector) => vector.type === type && !isBeyondIt(describeRdata(type, vector.rdata)),
    );
    expect(chosen).not.toEqual([]);
    for (const { rdata } of chosen) {
      const { data } = decode(reply(type, rdata)).answers![0] as unknown as { data: unknown };
      // An object of theirs may have more fields, made up from the others.
      expect({ data: normal(data) }).toMatchObject({
        data: normal(theirs[mnemonic]!(describeRdata(type, rdata))),
      });
    }
  });
});
