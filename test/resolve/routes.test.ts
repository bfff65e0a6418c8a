import { describe, expect, it } from "vitest";
import { parseMatch } from "../../src/config/route-match.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { PresentationError } from "../../src/dns/text-errors.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { clientQuery } from "./queries.ts";

/** Routes whose groups are what they match. */
function routes(...matches: readonly string[]): Routes<string> {
  return new Routes(
    matches.map((match) => ({ match: parseMatch(match), group: match })),
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
    const all = routes(".", "corp.example");
    expect(pick(all, "example")).toBe(".");
    expect(pick(all, "")).toBe(".");
    expect(pick(all, "www.corp.example")).toBe("corp.example");
    expect(all.covers(clientQuery({ name: "example" }).query)).toBe(false);
  });

  it("can be diverted for a while, but for names that have a route", () => {
    const some = routes("corp.example", ".");
    some.divert("elsewhere");
    expect([pick(some, "www.example"), pick(some, "www.corp.example")]).toEqual([
      "elsewhere",
      "corp.example",
    ]);
    expect(pick(some, "corp.example", RrType.DS)).toBe("elsewhere");
    some.divert(null);
    expect(pick(some, "www.example")).toBe(".");
  });

  it("say which names are diverted: the same that are asked elsewhere", () => {
    const some = routes("corp.example", ".");
    const asked = [
      ["www.example", RrType.A],
      ["www.corp.example", RrType.A],
      ["corp.example", RrType.DS],
    ] as const;
    const diverted = (): boolean[] =>
      asked.map(([name, type]) => some.diverts(clientQuery({ name, type }).query));
    expect(diverted()).toEqual([false, false, false]);
    some.divert("elsewhere");
    expect(diverted()).toEqual([true, false, true]);
    expect(asked.map(([name, type]) => pick(some, name, type) === "elsewhere")).toEqual(diverted());
    some.divert(null);
    expect(diverted()).toEqual([false, false, false]);
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

it("a route for what is no name is refused", () => {
  const route = { match: [{ suffix: "a..b", apex: true }], group: "a" };
  expect(() => new Routes([route], "default")).toThrow(PresentationError);
});
