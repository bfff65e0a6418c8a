import { describe, expect, it } from "vitest";
import { ClientQuery } from "../../src/listen/client-query.ts";
import { Access } from "../../src/resolve/access.ts";
import { Step } from "../../src/resolve/stage.ts";
import { door } from "./queries.ts";

const allowed = "allowed";
const refused = "rcode 5, extended error 18";

function verdict(access: Access, address: string): string {
  const query = new ClientQuery(door, 0);
  query.begin(address, 5353, 0);
  if (access.enter(query) === Step.NEXT) return allowed;
  return `rcode ${query.rcode}, extended error ${query.extra?.code}`;
}

describe("access", () => {
  const access = new Access([
    "127.0.0.0/8",
    "10.0.0.0/8",
    "192.0.2.7/32",
    "::1/128",
    "fe80::/10",
    "2001:db8::/32",
  ]);

  it.each([
    "127.0.0.1",
    "127.255.255.255",
    "10.0.0.0",
    "192.0.2.7",
    "::1",
    "fe80::1%eth0",
    "2001:db8:ffff::",
  ])("is for %s", (address) => {
    expect(verdict(access, address)).toBe(allowed);
    // Remembered, the verdict is the same.
    expect(verdict(access, address)).toBe(allowed);
  });

  it.each([
    "126.255.255.255",
    "11.0.0.0",
    "192.0.2.6",
    "192.0.2.8",
    "::2",
    "fec0::1",
    "2001:db9::",
    "",
    "nonsense",
  ])("is not for %j", (address) => {
    expect(verdict(access, address)).toBe(refused);
    expect(verdict(access, address)).toBe(refused);
  });

  it("is for nobody when nothing is allowed, and for all with prefixes of length 0", () => {
    expect(verdict(new Access([]), "127.0.0.1")).toBe(refused);
    expect(verdict(new Access(["0.0.0.0/0"]), "203.0.113.9")).toBe(allowed);
    expect(verdict(new Access(["0.0.0.0/0"]), "2001:db8::1")).toBe(refused);
    expect(verdict(new Access(["::/0"]), "2001:db8::1")).toBe(allowed);
  });

  it("judges right however many forged senders there are", () => {
    const one = new Access(["10.0.0.0/8"]);
    for (let i = 0; i < 20_000; i++) {
      const tail = `${(i >> 8) & 255}.${i & 255}`;
      expect(verdict(one, `10.0.${tail}`)).toBe(allowed);
      expect(verdict(one, `11.0.${tail}`)).toBe(refused);
    }
  });
});
