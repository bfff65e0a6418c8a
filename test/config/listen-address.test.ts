import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress, isLinkLocal, isMulticast } from "../../src/config/ip-address.ts";
import { formatListen, parseListen } from "../../src/config/listen-address.ts";
import { ConfigValueError } from "../../src/config/value-error.ts";

const written = (text: string): string[] => parseListen(text).map(formatListen);

describe("where to listen", () => {
  test.each([
    ["udp://1.2.3.4:53", ["udp://1.2.3.4:53"]],
    ["tcp://[::1]:53", ["tcp://[::1]:53"]],
    ["TCP://127.0.0.1:53", ["tcp://127.0.0.1:53"]],
    ["tcp://127.0.0.1", ["tcp://127.0.0.1:5300"]],
    ["udp://127.0.0.1@53", ["udp://127.0.0.1:53"]],
    ["127.0.0.1:0", ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]],
    ["127.0.0.1", ["udp://127.0.0.1:5300", "tcp://127.0.0.1:5300"]],
    ["127.0.0.1:53", ["udp://127.0.0.1:53", "tcp://127.0.0.1:53"]],
    ["127.0.0.1@53", ["udp://127.0.0.1:53", "tcp://127.0.0.1:53"]],
    ["0.0.0.0:53", ["udp://0.0.0.0:53", "tcp://0.0.0.0:53"]],
    ["[::]:53", ["udp://[::]:53", "tcp://[::]:53"]],
    ["[::]", ["udp://[::]:5300", "tcp://[::]:5300"]],
    ["::@53", ["udp://[::]:53", "tcp://[::]:53"]],
    ["::1", ["udp://[::1]:5300", "tcp://[::1]:5300"]],
    ["udp://2001:DB8:0::1@53", ["udp://[2001:db8::1]:53"]],
    ["udp://[fe80::1%eth0]:53", ["udp://[fe80::1%eth0]:53"]],
    ["udp://fe80::1%br-lan.7@53", ["udp://[fe80::1%br-lan.7]:53"]],
    ["udp://[fe80::1]%2:53", ["udp://[fe80::1%2]:53"]],
  ])("%s is %j", (text, expected) => {
    expect(written(text)).toEqual(expected);
  });

  test.each([
    [":53", "127.0.0.1:53 for this host alone"],
    ["*:53", "[::]:53 for every address"],
    ["udp://", "127.0.0.1:5300"],
    ["", "127.0.0.1:5300"],
    ["53", "write 127.0.0.1:53"],
    ["localhost:53", "write 127.0.0.1:53 and [::1]:53"],
    ["::1:53", "write [::1]:53"],
    ["::53", "write [::]:53"],
    ["tls://127.0.0.1:853", "udp:// or tcp://"],
    ["https://127.0.0.1", "udp:// or tcp://"],
    ["fe80::1@53", "write [fe80::1%eth0]"],
    ["127.0.0.1:65536", "0 to 65535"],
    ["127.0.0.1:053", "0 to 65535"],
    ["127.0.0.1:dns", "0 to 65535"],
    ["127.0.0.1:-1", "0 to 65535"],
    ["127.0.0.1:", "127.0.0.1:53 or [::1]:53"],
    ["127.0.0.1:53/", "0 to 65535"],
    ["[::1]53", "127.0.0.1:53 or [::1]:53"],
  ])("%j is refused with what to write", (text, hint) => {
    expect(() => parseListen(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_LISTEN", hint: expect.stringContaining(hint) }),
    );
  });

  test.each([
    "300.1.1.1:53",
    "eth0:53",
    "224.0.0.251:5353",
    "[ff02::fb]:5353",
    "127.0.0.1%eth0:53",
    "[::1",
    "127.0.0.1:53:53",
    "fe80::1%a b@53",
  ])("%j is refused", (text) => {
    expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_LISTEN" }));
  });

  test("what is written reads back as the same", () => {
    const address = fc
      .oneof(fc.ipV4(), fc.ipV6())
      .map((text) => canonicalAddress(text)!)
      .filter((text) => !isMulticast(text))
      .map((text) => (isLinkLocal(text) ? `${text}%eth0` : text));
    const listener = fc.record({
      transport: fc.constantFrom("udp" as const, "tcp" as const),
      address,
      port: fc.integer({ min: 0, max: 65_535 }),
    });
    fc.assert(
      fc.property(listener, (listen) => {
        expect(parseListen(formatListen(listen))).toEqual([listen]);
        const unbound = `${listen.transport}://${listen.address}@${listen.port}`;
        expect(parseListen(unbound)).toEqual([listen]);
      }),
    );
  });

  test("no text at all gives anything but a listener or the error with its code", () => {
    const text = fc.string({ unit: fc.constantFrom(..."udtcp:/[]@%.*0159:af e".split("")), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (text) => {
        expect(isReadOrRefused(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

function isReadOrRefused(text: string): boolean {
  try {
    return parseListen(text).every(({ address, port }) => {
      const host = address.split("%", 1)[0]!;
      return canonicalAddress(host) === host && port <= 65_535;
    });
  } catch (error) {
    return error instanceof ConfigValueError && error.code === "ERR_DOTLS_BAD_LISTEN";
  }
}
