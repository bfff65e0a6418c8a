import { describe, expect, it } from "vitest";
import { searchWaste } from "../../src/observe/search-waste.ts";

const waste = (asked: Record<string, number>, missing: Record<string, number>) =>
  searchWaste(new Map(Object.entries({ ...missing, ...asked })), new Map(Object.entries(missing)));

describe("what search lists waste", () => {
  it("is a name that does not exist and begins with one that does", () => {
    const missing = {
      "api.example.com.default.svc.cluster.local.": 3,
      "api.example.com.cluster.local.": 2,
      "www.example.net.default.svc.cluster.local.": 1,
    };
    expect(waste({ "api.example.com.": 2, "www.example.net.": 1 }, missing)).toEqual({
      nxdomain: 6,
      wasted: 6,
      suffixes: [
        { key: "default.svc.cluster.local.", count: 4 },
        { key: "cluster.local.", count: 2 },
      ],
    });
  });

  it("is no mistyped name, no single label, and nothing whose beginning does not exist either", () => {
    const missing = { "exmaple.com.": 1, "host.corp.test.": 2, "a.b.corp.test.": 4, "a.b.": 8 };
    expect(waste({ "host.": 1, "example.com.": 1 }, missing)).toEqual({
      nxdomain: 15,
      wasted: 0,
      suffixes: [],
    });
  });

  it("takes the longest beginning", () => {
    expect(waste({ "a.b.": 1, "a.b.c.": 1 }, { "a.b.c.d.": 1 }).suffixes).toEqual([{ key: "d.", count: 1 }]);
  });

  it("finds nothing in nothing, and the root is no name with a suffix", () => {
    expect(waste({}, {})).toEqual({ nxdomain: 0, wasted: 0, suffixes: [] });
    expect(waste({ ".": 1 }, { "test.": 1 }).wasted).toBe(0);
  });
});
