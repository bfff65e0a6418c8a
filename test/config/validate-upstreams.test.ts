import { describe, expect, test } from "vitest";
import { load, problemsOf } from "../support/config-folder.ts";

describe("upstreams that are known by name", () => {
  test.each([
    ["tls://dns.quad9.net", "write tls://9.9.9.9#dns.quad9.net, or add bootstrap: [ADDRESS]"],
    ["dns.example", "write tls://ADDRESS#dns.example, or add bootstrap: [ADDRESS]"],
    [
      "https://dns.google/dns-query",
      'write {server: "https://dns.google/dns-query", addresses: [8.8.8.8]}, or add bootstrap: [ADDRESS]',
    ],
    [
      "https://dns.example/q",
      'write {server: "https://dns.example/q", addresses: [ADDRESS]}, or add bootstrap: [ADDRESS]',
    ],
  ])("%s needs somebody to ask", (spec, hint) => {
    const problems = problemsOf({ yaml: `upstreams: ['${spec}']` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^dotls\.yaml:1:13: upstreams\[0\]: nobody is there to ask for the address of/,
    );
    expect(problems[0]).toContain(`(${hint})`);
    expect(load({ yaml: `bootstrap: [9.9.9.9]\nupstreams: ['${spec}']` }).config.upstreams).toHaveLength(1);
  });

  test("in routes as well", () => {
    expect(problemsOf({ yaml: "routes: [{match: a.example, upstreams: [dns.example]}]" })).toEqual([
      "dotls.yaml:1:41: routes[0].upstreams[0]: nobody is there to ask for the address of dns.example (write tls://ADDRESS#dns.example, or add bootstrap: [ADDRESS])",
    ]);
  });
});

describe("plain upstreams", () => {
  test.each([
    ["'udp://10.0.0.2'", "udp://10.0.0.2"],
    ["'tcp://10.0.0.2'", "tcp://10.0.0.2"],
    ["{server: 'udp://10.0.0.2', insecure: true}", "udp://10.0.0.2"],
  ])("%s stands in no list but that of a route", (spec, label) => {
    expect(problemsOf({ yaml: `upstreams: [1.1.1.1, ${spec}]` })).toEqual([
      `dotls.yaml:1:22: upstreams[1]: ${label} would get every query in the clear (plain resolvers stand in routes, for names of their own)`,
    ]);
  });

  test("for every name they need a word of their own", () => {
    expect(problemsOf({ yaml: "routes: [{match: [a.example, .], upstreams: ['udp://10.0.0.2']}]" })).toEqual([
      'dotls.yaml:1:46: routes[0].upstreams[0]: udp://10.0.0.2 would get every query in the clear (if that is meant, write {server: "udp://10.0.0.2", insecure: true})',
    ]);
    const yaml = "routes: [{match: ., upstreams: [{server: 'udp://10.0.0.2', insecure: true}]}]";
    expect(load({ yaml }).config.routes).toMatchObject([
      { match: [{ suffix: "." }], upstreams: [{ insecure: true }] },
    ]);
  });

  test.each(["corp.example", "'*.internal'", "10.0.0.0/8", "com"])("for %s they need none", (match) => {
    const yaml = `routes: [{match: ${match}, upstreams: ['udp://10.0.0.2']}]`;
    expect(load({ yaml }).config.routes).toHaveLength(1);
  });
});

describe("routes", () => {
  const route = (match: string): string => `{match: ${match}, upstreams: ['udp://10.0.0.2']}`;

  test("have the general policy unless they say otherwise", () => {
    const yaml = `policy: hash\nroutes: [${route("a.example")}, {match: b.example, upstreams: [1.1.1.1], policy: failover}]`;
    expect(load({ yaml }).config.routes.map(({ policy }) => policy)).toEqual(["hash", "failover"]);
  });

  test.each([
    ["[a.example, A.example.]", null, "A.example. is in routes[0].match already as a.example"],
    ["a.example", "a.example", "a.example is in routes[0].match already (one name goes one way)"],
    ["a.example", "'*.a.example'", "*.a.example is in routes[0].match already as a.example"],
    ["10.0.0.0/8", "10.in-addr.arpa", "10.in-addr.arpa is in routes[0].match already as 10.0.0.0/8"],
    ["172.16.0.0/12", "172.16.0.0/12", "172.16.0.0/12 is in routes[0].match already (one"],
    [".", ".", ". is in routes[0].match already"],
  ])("%s and %s claim the same names", (one, other, message) => {
    const routes = [one, other].filter((match) => match !== null).map(route);
    const problems = problemsOf({ yaml: `routes: [${routes.join(", ")}]` }).filter(
      (line) => !line.includes("clear"),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`routes[${routes.length - 1}].match: ${message}`);
  });

  test("a name and one below it are two", () => {
    expect(load({ yaml: `routes: [${route("example")}, ${route("a.example")}]` }).config.routes).toHaveLength(
      2,
    );
  });

  test.each([
    ["{match: a.example}", "1:10: routes[0].upstreams: wants a list of upstreams, and got nothing"],
    ["{match: a.example, upstreams: []}", "1:40: routes[0].upstreams: the list of upstreams is empty"],
    ["{upstreams: [1.1.1.1]}", "1:10: routes[0].match: wants a list of names, and got nothing"],
    ["{match: [], upstreams: [1.1.1.1]}", "1:18: routes[0].match: the list of names is empty"],
    ["{match: '*', upstreams: [1.1.1.1]}", '1:18: routes[0].match[0]: "*" is every name (write .)'],
    ["{match: a, upstreams: [1.1.1.1], policy: best}", "1:51: routes[0].policy: wants failover, round-robin"],
    [
      "{match: a, upstreams: [1.1.1.1, 1.1.1.1]}",
      "1:42: routes[0].upstreams[1]: the same upstream as routes[0].up",
    ],
    ["a.example", "1:10: routes[0]: wants a section"],
  ])("%s", (yaml, problem) => {
    expect(problemsOf({ yaml: `routes: [${yaml}]` })[0]).toContain(`dotls.yaml:${problem}`);
  });

  test.each([
    ["udp://127.0.0.1:53", "udp://127.0.0.1"],
    ["tcp://127.0.0.1:53", "tcp://127.0.0.1"],
  ])("listening on %s while a route leads to %s is a loop", (listen, upstream) => {
    const yaml = `listen: ['${listen}']\nroutes: [{match: a, upstreams: ['${upstream}']}]`;
    expect(problemsOf({ yaml })[0]).toContain("routes[0].upstreams[0]: " + upstream + " is " + listen);
  });

  test.each([
    ["upstreams: ['ddr://127.0.0.1']", "upstreams[0]: ddr://127.0.0.1"],
    ["bootstrap: [127.0.0.1]", "bootstrap[0]: 127.0.0.1"],
  ])("so is %s", (yaml, message) => {
    expect(problemsOf({ yaml: `listen: ['udp://127.0.0.1:53']\n${yaml}` })[0]).toContain(
      `${message} is udp://127.0.0.1:53, where dotls itself listens`,
    );
  });
});
