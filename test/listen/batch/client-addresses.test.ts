import { syncBuiltinESMExports } from "node:module";
import os, { networkInterfaces } from "node:os";
import { expect, it, onTestFinished, vi } from "vitest";
import { ClientAddresses } from "../../../src/listen/batch/client-addresses.ts";
import { AF_INET, AF_INET6, SockaddrIn, SockaddrIn6 } from "../../../src/listen/batch/layout.ts";
import { Slab } from "../../../src/listen/batch/slab.ts";
import { describeBatches } from "../ways.ts";

describeBatches("addresses of clients", (libc) => {
  function ipv4(): (...bytes: number[]) => string {
    const slab = new Slab(libc, AF_INET, false, 1, 64);
    const addresses = new ClientAddresses(AF_INET);
    return (...bytes) => {
      slab.bytes.set(bytes, slab.routeAt(0) + SockaddrIn.ADDRESS);
      return addresses.of(slab, 0);
    };
  }

  function ipv6(): (text: string, scope?: number) => string {
    const slab = new Slab(libc, AF_INET6, false, 1, 64);
    const addresses = new ClientAddresses(AF_INET6);
    const memory = new ArrayBuffer(16);
    return (text, scope = 0) => {
      expect(libc.parseAddress(AF_INET6, text, libc.address(memory))).toBe(1);
      slab.bytes.set(new Uint8Array(memory), slab.routeAt(0) + SockaddrIn6.ADDRESS);
      slab.words[(slab.routeAt(0) + SockaddrIn6.SCOPE) / 4] = scope;
      return addresses.of(slab, 0);
    };
  }

  it("are told apart, many more than are remembered, and again", () => {
    const of = ipv4();
    expect(of(0, 0, 0, 0)).toBe("0.0.0.0");
    expect(of(255, 255, 255, 255)).toBe("255.255.255.255");
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++)
        expect(of(10, i >> 16, (i >> 8) & 255, i & 255)).toBe(`10.0.${i >> 8}.${i & 255}`);
    }
  });

  it("are one string for one client", () => {
    const of = ipv4();
    const first = of(192, 0, 2, 1);
    of(192, 0, 2, 2);
    expect(of(192, 0, 2, 1)).toBe(first);
  });

  it("are written as people do, IPv6 too", () => {
    const of = ipv6();
    for (const text of ["::1", "2001:db8::1", "2001:db8::1:0:0:1", "fd00::", "::"])
      expect(of(text)).toBe(text);
    for (let i = 1; i < 3000; i++)
      expect(of(`2001:db8::${i.toString(16)}`)).toBe(`2001:db8::${i.toString(16)}`);
  });

  it("that are link-local carry the number of their interface while there is no room to look for its name", () => {
    const spy = vi.spyOn(os, "networkInterfaces").mockImplementation(() => {
      throw new Error("EMFILE");
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      spy.mockRestore();
      syncBuiltinESMExports();
    });
    expect(ipv6()("fe80::7", 1)).toBe("fe80::7%1");
    expect(spy).toHaveBeenCalledOnce();
  });

  it("that are link-local carry the name of their interface, or its number when it has gone", () => {
    const of = ipv6();
    const entries = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
      (list ?? []).flatMap((entry) =>
        entry.family === "IPv6" && entry.scopeid > 0 ? [[name, entry.scopeid]] : [],
      ),
    );
    for (const [name, scope] of entries) expect(of("fe80::1", Number(scope))).toBe(`fe80::1%${name}`);
    expect(of("fe80::1", 4_000_000)).toBe("fe80::1%4000000");
    expect(of("fe80::1", 4_000_001)).toBe("fe80::1%4000001");
  });
});
