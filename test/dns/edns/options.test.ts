import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chain } from "../../../src/dns/edns/chain.ts";
import { clientSubnet } from "../../../src/dns/edns/client-subnet.ts";
import { cookie, judgeCookie } from "../../../src/dns/edns/cookie.ts";
import { expire } from "../../../src/dns/edns/expire.ts";
import { extendedError } from "../../../src/dns/edns/extended-error-option.ts";
import { ExtendedError, extendedErrorName } from "../../../src/dns/edns/extended-error.ts";
import { keepalive } from "../../../src/dns/edns/keepalive.ts";
import { keyTag } from "../../../src/dns/edns/key-tag.ts";
import { nsid } from "../../../src/dns/edns/nsid.ts";
import type { OptionCodec } from "../../../src/dns/edns/option.ts";
import { describeOption, formatOption, optionCode } from "../../../src/dns/edns/options.ts";
import { padding } from "../../../src/dns/edns/padding.ts";
import { zoneVersion } from "../../../src/dns/edns/zone-version.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Decodes, and encodes again when that worked; undefined when the bytes are no option of this kind. */
function roundTrip<Value>(codec: OptionCodec<Value>, data: Uint8Array): Uint8Array | undefined {
  const value = codec.decode(data);
  return value === null ? undefined : Uint8Array.from(codec.encode(value));
}

const trips: readonly (readonly [string, (data: Uint8Array) => Uint8Array | undefined, string])[] = [
  ["NSID", (data) => roundTrip(nsid, data), "6770646e73"],
  ["client subnet", (data) => roundTrip(clientSubnet, data), "00011800c00002"],
  ["EXPIRE", (data) => roundTrip(expire, data), "00093a80"],
  ["COOKIE", (data) => roundTrip(cookie, data), "00112233445566778899aabbccddeeff"],
  ["KEEPALIVE", (data) => roundTrip(keepalive, data), "0064"],
  ["PADDING", (data) => roundTrip(padding, data), "000000"],
  ["CHAIN", (data) => roundTrip(chain, data), "076578616d706c6503636f6d00"],
  ["KEY-TAG", (data) => roundTrip(keyTag, data), "4f664d98"],
  ["EDE", (data) => roundTrip(extendedError, data), "0016776879"],
  ["ZONEVERSION", (data) => roundTrip(zoneVersion, data), "020078560001"],
];

describe.each(trips)("the bytes of %s", (_, trip, sample) => {
  it("come back from the value of a valid option", () => {
    expect(trip(hex(sample))).toEqual(hex(sample));
  });

  it("come back, or are refused, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 48 }), (data) => {
        expect(trip(data) ?? data).toEqual(data);
      }),
    );
  });

  it("are refused or read in full when they are cut", () => {
    const whole = hex(sample);
    for (let length = 0; length < whole.length; length += 1) {
      const part = whole.slice(0, length);
      expect(trip(part) ?? part).toEqual(part);
    }
  });
});

describe("an option as one line of text", () => {
  it.each([
    [3, "", "; NSID:"],
    [3, "67700a", '; NSID: 67 70 0a ("gp.")'],
    [8, "00011800c00002", "; CLIENT-SUBNET: 192.0.2.0/24/0"],
    [8, "0002382020010db8000001", "; CLIENT-SUBNET: 2001:db8:0:100::/56/32"],
    [8, "00010000", "; CLIENT-SUBNET: 0.0.0.0/0/0"],
    [8, "00000000", "; CLIENT-SUBNET: 0/0/0"],
    [8, "0001", "; CLIENT-SUBNET: 00 01 "],
    [9, "00093a81", "; EXPIRE: 604801 (1 week 1 second)"],
    [9, "00000000", "; EXPIRE: 0 (0 seconds)"],
    [10, "0011223344556677", "; COOKIE: 0011223344556677"],
    [11, "0123", "; TCP KEEPALIVE: 29.1 secs"],
    [12, "", "; PAD:"],
    [12, "000000", "; PAD: (3 bytes)"],
    [13, "076578616d706c6500", '; OPT=13: 07 65 78 61 6d 70 6c 65 00 (".example.")'],
    [14, "4f664d98", "; KEY-TAG: 20326, 19864"],
    [15, "0016", "; EDE: 22 (No Reachable Authority)"],
    [15, "0017c3bc", "; EDE: 23 (Network Error): (ü)"],
    [15, "0000c29b33316d", "; EDE: 0 (Other): (.31m)"],
    [15, "ffff1b5b", "; EDE: 65535: (.[)"],
    [15, "0000ff", "; EDE: 0 (Other): ff (.)"],
    [15, "41", '; EDE: 41 ("A")'],
    [65001, "abcd", '; OPT=65001: ab cd ("..")'],
  ])("code %i with %s is %s", (code, data, text) => {
    expect(formatOption({ code, data: hex(data) })).toBe(text);
  });
});

describe("any bytes in an option", () => {
  it("are one line of text without control characters, and an object that JSON can hold", () => {
    const anyCode = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.nat({ max: 0xffff }));
    fc.assert(
      fc.property(anyCode, fc.uint8Array({ maxLength: 60 }), (code, data) => {
        // oxlint-disable-next-line no-control-regex -- what a terminal would obey
        expect(formatOption({ code, data })).toMatch(/^; [A-Z][^\u0000-\u001f\u007f-\u009f]*$/);
        expect(JSON.parse(JSON.stringify(describeOption({ code, data })))).toMatchObject({ option: code });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an option for JSON", () => {
  it.each([
    [3, "6770", { option: 3, optionName: "NSID", id: "6770", text: "gp" }],
    [
      8,
      "00011800c00002",
      { option: 8, optionName: "ECS", address: "192.0.2.0", sourceLength: 24, scopeLength: 0 },
    ],
    [13, "0161026265", { option: 13, optionName: "CHAIN", data: "0161026265" }],
    [13, "016100", { option: 13, optionName: "CHAIN", trustPoint: "a." }],
    [15, "000f6e6f", { option: 15, optionName: "EDE", code: 15, name: "Blocked", text: "no" }],
    [
      19,
      "020078560001",
      {
        option: 19,
        optionName: "ZONEVERSION",
        labelCount: 2,
        type: 0,
        version: "78560001",
        serial: 2018902017,
      },
    ],
    [65001, "abcd", { option: 65001, optionName: null, data: "abcd" }],
  ])("code %i with %s has its fields", (code, data, json) => {
    expect(describeOption({ code, data: hex(data) })).toEqual(json);
  });
});

describe("names of options and extended errors", () => {
  it("are found in any case", () => {
    expect([optionCode("nsid"), optionCode("Ecs"), optionCode("PAD"), optionCode("nothing")]).toEqual([
      3,
      8,
      12,
      undefined,
    ]);
  });

  it("exist for each extended error code, and for no other", () => {
    for (const code of Object.values(ExtendedError)) expect(extendedErrorName(code)).not.toBeNull();
    expect(extendedErrorName(Math.max(...Object.values(ExtendedError)) + 1)).toBeNull();
  });
});

describe("a cookie that came back", () => {
  const sent = hex("0011223344556677");

  it.each([
    ["0011223344556677", "echoed"],
    ["0011223344556677 8899aabbccddeeff", "good"],
    ["ff11223344556677 8899aabbccddeeff", "bad"],
    ["001122", "bad"],
  ])("%s is judged %s", (received, verdict) => {
    expect(judgeCookie(sent, hex(received))).toBe(verdict);
  });
});
