import { describe, expect, it } from "vitest";
import { ErrorLimiter } from "../../src/resolve/error-limiter.ts";

/** How many of `count` errors at time `now` are let through to these addresses in turn. */
function allowed(limiter: ErrorLimiter, addresses: readonly string[], count: number, now: number): number {
  let passed = 0;
  for (let i = 0; i < count; i++) if (limiter.allows(addresses[i % addresses.length]!, now)) passed++;
  return passed;
}

describe("errors over UDP", () => {
  it("are bounded for one address, and come back with time", () => {
    const limiter = new ErrorLimiter();
    expect(allowed(limiter, ["192.0.2.1"], 1000, 0)).toBe(50);
    expect(allowed(limiter, ["192.0.2.1"], 1000, 100)).toBe(5);
    expect(allowed(limiter, ["192.0.2.1"], 1000, 60_000)).toBe(50);
  });

  it("are bounded for a whole network of IPv4 (/24)", () => {
    const addresses = Array.from({ length: 256 }, (_, i) => `198.51.100.${i}`);
    expect(allowed(new ErrorLimiter(), addresses, 1024, 0)).toBe(50);
  });

  it.each([
    ["in full", (i: number) => `2001:db8:1:2:${i + 1}:1:1:1`],
    ["shortened behind the network", (i: number) => `2001:db8:1:2::${(i + 1).toString(16)}`],
    ["shortened across the network's end", (i: number) => `2001:db8::${(i + 1).toString(16)}`],
    ["shortened inside the network", (i: number) => `2001:db8::${(i + 1).toString(16)}:1:1:1`],
    ["with a scope", (i: number) => `fe80::${(i + 1).toString(16)}%eth0`],
  ])("are bounded for a whole network of IPv6 (/64), written %s", (_, address) => {
    const addresses = Array.from({ length: 200 }, (_, i) => address(i));
    expect(allowed(new ErrorLimiter(), addresses, 1000, 0)).toBe(50);
  });

  it("to one network leave those to others alone", () => {
    const limiter = new ErrorLimiter();
    allowed(limiter, ["192.0.2.1"], 1000, 0);
    // Networks may share a bucket: not twenty of them.
    const others = Array.from({ length: 20 }, (_, i) => `10.1.${i}.1`);
    expect(others.filter((address) => limiter.allows(address, 0)).length).toBeGreaterThan(15);
    const far = Array.from({ length: 20 }, (_, i) => `2001:db8:${i}::1`);
    expect(far.filter((address) => limiter.allows(address, 0)).length).toBeGreaterThan(15);
  });

  it("are not bounded on loopback", () => {
    expect(allowed(new ErrorLimiter(), ["127.0.0.1", "127.8.9.10", "::1"], 3000, 0)).toBe(3000);
  });
});
