import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatStamp, parseStamp } from "../../src/config/stamp.ts";
import { draft } from "../../src/config/upstream-draft.ts";
import { load, problemsOf } from "../support/config-folder.ts";

const hash = createHash("sha256").update("a certificate").digest();

/** A stamp of these parts: numbers are bytes, text has its length before it. */
function stampOf(...parts: (number | string | Uint8Array)[]): string {
  const bytes = parts.map((part) => {
    if (typeof part === "number") return Buffer.of(part);
    return typeof part === "string" ? Buffer.concat([Buffer.of(part.length), Buffer.from(part)]) : part;
  });
  return `sdns://${Buffer.concat(bytes).toString("base64url")}`;
}

const promises = Buffer.alloc(8, 0);

describe("stamps that operators publish", () => {
  // Of the lists at dnscrypt.info/public-servers: the plain resolvers of AdGuard and Google.
  test.each([
    ["sdns://AAcAAAAAAAAADDk0LjE0MC4xNC4xNA", ["94.140.14.14"], 53],
    ["sdns://AAcAAAAAAAAAE1syYTEwOjUwYzA6OmFkMTpmZl0", ["2a10:50c0::ad1:ff"], 53],
    ["sdns://AAAAAAAAAAAABzguOC44Ljg", ["8.8.8.8"], 53],
  ])("%s", (stamp, addresses, port) => {
    expect(parseStamp(stamp)).toMatchObject({
      protocol: "udp",
      addresses,
      port,
      label: `udp://${addresses[0]!.includes(":") ? `[${addresses[0]}]` : addresses[0]}`,
    });
  });

  test("a resolver over HTTPS", () => {
    const stamp = stampOf(
      2,
      promises,
      "9.9.9.9",
      0x80 | 32,
      hash,
      32,
      hash,
      "dns.quad9.net:5053",
      "/dns-query",
    );
    const base64 = hash.toString("base64");
    expect(parseStamp(stamp)).toEqual(
      draft("https", {
        addresses: ["9.9.9.9"],
        name: "dns.quad9.net",
        port: 5053,
        certHashes: [base64, base64],
        label: "https://dns.quad9.net:5053/dns-query",
      }),
    );
  });

  test("a resolver over TLS without an address, and whom to ask for it", () => {
    const stamp = stampOf(
      3,
      promises,
      "",
      0,
      "dns.example:8853",
      0x80 | 7,
      Buffer.from("9.9.9.9"),
      "1.1.1.1",
    );
    expect(parseStamp(stamp)).toEqual(
      draft("tls", { name: "dns.example", port: 8853, label: "tls://dns.example:8853" }),
    );
  });

  test("the port may stand with the address or with the name", () => {
    const expected = { addresses: ["192.0.2.1"], name: "a.example", port: 8853 };
    for (const [address, name] of [
      ["192.0.2.1:8853", "a.example"],
      ["192.0.2.1", "a.example:8853"],
      ["192.0.2.1:8853", "a.example:8853"],
    ]) {
      expect(parseStamp(stampOf(3, promises, address!, 0, name!))).toMatchObject(expected);
    }
    expect(parseStamp(stampOf(3, promises, ":8853", 0, "a.example"))).toMatchObject({
      addresses: [],
      port: 8853,
    });
  });
});

describe("stamps that are refused", () => {
  test.each([
    [1, "DNSCrypt"],
    [4, "DNS over QUIC"],
    [5, "Oblivious DNS over HTTPS"],
    [0x81, "a relay of Anonymized DNSCrypt"],
    [0x85, "a relay of Oblivious DNS over HTTPS"],
  ])("of kind %i, for %s", (kind, name) => {
    expect(() => parseStamp(stampOf(kind, promises, "192.0.2.1", 0, "a.example"))).toThrow(
      `is a stamp for ${name}, which dotls does not speak (take the stamp for DNS over TLS`,
    );
  });

  test.each([
    ["of a kind that nobody knows", stampOf(9, promises, "192.0.2.1"), "of a kind that is not known: 9"],
    ["that is no Base64", "sdns://AAcA AAA", "is not Base64"],
    ["that is empty", "sdns://", "is not Base64"],
    ["with characters of the other Base64", "sdns://AAc+AAAAAAAADDk0LjE0MC4xNC4xNA", "is not Base64"],
    ["cut off", stampOf(3, promises, "192.0.2.1", 0), "ends too early"],
    ["cut off in its promises", "sdns://AgcA", "ends too early"],
    ["with more behind it", stampOf(0, promises, "192.0.2.1", 7), "goes on after its end"],
    ["with a short hash", stampOf(3, promises, "192.0.2.1", "abc", "a.example"), "no SHA-256"],
    ["with two ports", stampOf(3, promises, "192.0.2.1:1", 0, "a.example:2"), "two different ports"],
    ["of nobody", stampOf(3, promises, "", 0, ""), "names no server"],
    ["of a plain resolver nowhere", stampOf(0, promises, ""), "without an address"],
    ["with a name for an address", stampOf(3, promises, "a.example", 0, "a.example"), "is not an IP address"],
    ["with a path that is none", stampOf(2, promises, "192.0.2.1", 0, "a.example", "q"), "is not a path"],
  ])("%s", (_, stamp, message) => {
    expect(() => parseStamp(stamp)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM", message: expect.stringContaining(message) }),
    );
  });

  test("no bytes at all give anything but an upstream or the error with its code", () => {
    const bytes = fc
      .tuple(fc.constantFrom(0, 2, 3), fc.uint8Array({ maxLength: 60 }))
      .map(([kind, rest]) => Buffer.concat([Buffer.of(kind), promises, rest]).toString("base64url"));
    fc.assert(
      fc.property(bytes, (base64) => {
        expect(isReadOrRefused(`sdns://${base64}`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

function isReadOrRefused(stamp: string): boolean {
  try {
    return parseStamp(stamp).label !== "";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_DOTLS_BAD_UPSTREAM";
  }
}

describe("writing stamps", () => {
  test("what is written reads back as the same", () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const address = fc.constantFrom("192.0.2.1", "2001:db8::1", "fe80::1%eth0");
    const name = fc.domain().map((domain) => domain.toLowerCase());
    const certHashes = fc.array(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64")),
      { maxLength: 3 },
    );
    const path = fc.stringMatching(/^\/[a-z0-9]{1,9}$/);
    const upstream = fc.oneof(
      fc.record({ protocol: fc.constant("udp" as const), addresses: address.map((one) => [one]), port }),
      fc.record({
        protocol: fc.constant("tls" as const),
        addresses: fc.constant([]),
        port,
        name,
        certHashes,
      }),
      fc.record({
        protocol: fc.constant("https" as const),
        addresses: address.map((one) => [one]),
        port,
        name,
        path,
        certHashes,
      }),
    );
    fc.assert(
      fc.property(upstream, (parts) => {
        const written = draft(parts.protocol, { ...parts, label: "" });
        const stamp = formatStamp(written)!;
        expect({ ...parseStamp(stamp), label: "" }).toEqual(written);
      }),
    );
  });

  test("the usual port is left away, the promises are kept", () => {
    const stamp = formatStamp(draft("udp", { addresses: ["94.140.14.14"], label: "" }), 7);
    expect(stamp).toBe("sdns://AAcAAAAAAAAADDk0LjE0MC4xNC4xNA");
  });

  test("nothing is left out in silence", () => {
    const addresses = ["192.0.2.1"];
    expect(formatStamp(draft("tcp", { addresses, label: "" }))).toBeNull();
    expect(formatStamp(draft("tls", { addresses, ddr: true, label: "" }))).toBeNull();
    expect(formatStamp(draft("tls", { addresses, pins: [hash.toString("base64")], label: "" }))).toBeNull();
  });
});

describe("stamps in a configuration", () => {
  test("carry their hashes, and stand in print in a form that people can read", () => {
    const stamp = stampOf(3, promises, "192.0.2.1", 32, hash, "a.example");
    expect(load({ yaml: `upstreams: ['${stamp}']` }).config.upstreams).toMatchObject([
      { name: "a.example", certHashes: [hash.toString("base64")], label: "tls://192.0.2.1#a.example" },
    ]);
  });

  test("of plain resolvers are for routes", () => {
    const stamp = "sdns://AAcAAAAAAAAADDk0LjE0MC4xNC4xNA";
    expect(problemsOf({ yaml: `upstreams: ['${stamp}']` })[0]).toContain("every query in the clear");
    expect(
      load({ yaml: `routes: [{match: corp.example, upstreams: ['${stamp}']}]` }).config.routes,
    ).toMatchObject([{ upstreams: [{ protocol: "udp" }] }]);
  });
});
