import { describe, expect, it } from "vitest";
import { formatName } from "../../src/dns/name.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { PresentationError } from "../../src/dns/text-errors.ts";
import { routeNames } from "../../src/resolve/route-names.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { clientQuery } from "./queries.ts";

/** Routes whose groups are what they match. */
function routes(...matches: readonly string[]): Routes<string> {
  return new Routes(
    matches.map((match) => ({ names: routeNames(match), group: match })),
    "default",
  );
}

function pick(from: Routes<string>, name: string, type: number = RrType.A): string {
  return from.pick(clientQuery({ name, type }).query);
}

describe("routes", () => {
  const split = routes("corp.example", "lab.corp.example", "*.internal", "10.0.0.0/8", "172.16.0.0/12");

  it.each([
    ["corp.example", "corp.example"],
    ["WWW.Corp.EXAMPLE", "corp.example"],
    ["a.lab.corp.example", "lab.corp.example"],
    ["notcorp.example", "default"],
    ["example", "default"],
    ["", "default"],
    ["internal", "default"],
    ["host.internal", "*.internal"],
    ["1.2.3.10.in-addr.arpa", "10.0.0.0/8"],
    ["1.2.20.172.in-addr.arpa", "172.16.0.0/12"],
    ["1.2.32.172.in-addr.arpa", "default"],
  ])("send %s to %s", (name, group) => {
    expect(pick(split, name)).toBe(group);
    expect(split.covers(clientQuery({ name }).query)).toBe(group !== "default");
  });

  it("let a route for the root take all that is left, and no more", () => {
    for (const root of [".", "*", "*."]) {
      const all = routes(root, "corp.example");
      expect(pick(all, "example")).toBe(root);
      expect(pick(all, "")).toBe(root);
      expect(pick(all, "www.corp.example")).toBe("corp.example");
      expect(all.covers(clientQuery({ name: "example" }).query)).toBe(false);
    }
  });

  it("ask the parent's servers for the DS of a routed zone", () => {
    expect(pick(split, "corp.example", RrType.DS)).toBe("default");
    expect(pick(split, "Lab.corp.example", RrType.DS)).toBe("corp.example");
    expect(pick(split, "10.in-addr.arpa", RrType.DS)).toBe("default");
    // Below a cut, DS is asked where the names around it are.
    expect(pick(split, "sub.corp.example", RrType.DS)).toBe("corp.example");
    expect(pick(split, "host.internal", RrType.DS)).toBe("*.internal");
    expect(pick(routes("."), "", RrType.DS)).toBe(".");
    expect(pick(routes("example", "*.example"), "a.example", RrType.DS)).toBe("*.example");
  });
});

describe("what a route matches", () => {
  function names(match: string): string[] {
    return routeNames(match).map(({ name, below }) => `${below ? "*." : ""}${formatName(name)}`);
  }

  it.each([
    ["corp.example", ["corp.example."]],
    ["corp.example.", ["corp.example."]],
    ["*.internal", ["*.internal."]],
    [".", ["."]],
    ["*", ["."]],
    ["192.0.2.0/24", ["2.0.192.in-addr.arpa."]],
    ["192.0.2.1", ["1.2.0.192.in-addr.arpa."]],
    ["fd00::/8", ["d.f.ip6.arpa."]],
    ["2001:db8::1", [`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa.`]],
    ["10.in-addr.arpa", ["10.in-addr.arpa."]],
  ])("%s", (match, expected) => {
    expect(names(match)).toEqual(expected);
  });

  it.each(["", "a..b", "10.0.0.0/33", "*.a..b", "1.2.3/8"])("refuses %j", (match) => {
    expect(() => routeNames(match)).toThrow(PresentationError);
  });
});
