import { describe, expect, it } from "vitest";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { parseMatch } from "../../src/config/route-match.ts";
import { type DecodedMessage, decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { formatName } from "../../src/dns/name.ts";
import { writeOwn } from "../../src/dns/reply-writer.ts";
import { formatRdata } from "../../src/dns/rr/registry.ts";
import { RrType, typeCode, typeName } from "../../src/dns/rrtype.ts";
import { LocalNames } from "../../src/resolve/local-names.ts";
import type { LocalGroup, LocalGroups } from "../../src/resolve/local-zones.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { Step } from "../../src/resolve/stage.ts";
import { inRoom } from "../support/own-room.ts";
import type { RawQuery } from "../support/raw-query.ts";
import { clientQuery } from "./queries.ts";

const all: LocalGroups = ALL_LOCAL_NAMES;

function stage(groups: LocalGroups = all, routes: readonly string[] = []): LocalNames {
  const table = new Routes(
    routes.map((match) => ({ match: parseMatch(match), group: match })),
    "default",
  );
  return new LocalNames(groups, table);
}

/** What a client gets; null when the query goes on. */
function answer(
  from: LocalNames,
  name: string,
  type: string = "A",
  more: RawQuery = {},
): DecodedMessage | null {
  const { query } = clientQuery({ name, type: typeCode(type)!, ...more });
  if (from.enter(query) === Step.NEXT) return null;
  const { way } = query.door;
  const out = inRoom((room) => writeOwn(query, query.rcode, query.extra, way, room, query.records));
  const message = decodeMessage(out);
  expect(message.trailing).toBe(0);
  return message;
}

/** `RCODE answer...; authority...`, or `goes on`. */
function told(from: LocalNames, name: string, type?: string): string {
  const message = answer(from, name, type);
  if (message === null) return "goes on";
  const section = (records: DecodedMessage["answers"]): string =>
    records
      .map(
        (one) =>
          `${formatName(one.name)} ${one.ttl} ${typeName(one.type)} ${formatRdata(one.type, one.rdata)}`,
      )
      .join(", ");
  return `${messageRcode(message)} ${section(message.answers)}; ${section(message.authorities)}`;
}

function soa(zone: string): string {
  return `${zone} 10800 SOA ${zone} nobody.invalid. 1 3600 1200 604800 10800`;
}

describe("local names", () => {
  const local = stage();

  it.each([
    ["localhost", "A", "0 localhost. 10800 A 127.0.0.1; "],
    ["LocalHost", "AAAA", "0 LocalHost. 10800 AAAA ::1; "],
    ["a.b.localhost", "A", "0 a.b.localhost. 10800 A 127.0.0.1; "],
    ["localhost", "MX", `0 ; ${soa("localhost.")}`],
    ["a.localhost", "TXT", `0 ; ${soa("localhost.")}`],
    ["a.localhost", "ANY", "0 a.localhost. 10800 A 127.0.0.1, a.localhost. 10800 AAAA ::1; "],
    ["1.0.0.127.in-addr.arpa", "PTR", "0 1.0.0.127.in-addr.arpa. 10800 PTR localhost.; "],
    ["1.0.0.127.in-addr.arpa", "A", `0 ; ${soa("127.in-addr.arpa.")}`],
    ["2.0.0.127.in-addr.arpa", "PTR", `3 ; ${soa("127.in-addr.arpa.")}`],
    ["a.1.0.0.127.in-addr.arpa", "PTR", `3 ; ${soa("127.in-addr.arpa.")}`],
    // What is above a name that exists, exists.
    ["0.0.127.in-addr.arpa", "PTR", `0 ; ${soa("127.in-addr.arpa.")}`],
    ["0.127.in-addr.arpa", "PTR", `0 ; ${soa("127.in-addr.arpa.")}`],
    ["1.0.127.in-addr.arpa", "PTR", `3 ; ${soa("127.in-addr.arpa.")}`],
    [`1.${"0.".repeat(31)}ip6.arpa`, "PTR", `0 1.${"0.".repeat(31)}ip6.arpa. 10800 PTR localhost.; `],
  ])("are this machine: %s %s", (name, type, expected) => {
    expect(told(local, name, type)).toBe(expected);
  });

  it.each(["invalid", "test", "local", "onion"])(
    "%s has nothing below it, and no SOA that could be taken for a zone",
    (name) => {
      expect(told(local, `a.b.${name.toUpperCase()}`)).toBe(`3 ; ${soa(`${name}.`)}`);
      for (const type of ["A", "SOA", "NS", "ANY"]) {
        expect(told(local, name, type)).toBe(`0 ; ${soa(`${name}.`)}`);
      }
    },
  );

  it.each([
    ["home.arpa", "nas.home.arpa"],
    ["10.in-addr.arpa", "1.2.3.10.in-addr.arpa"],
    ["16.172.in-addr.arpa", "1.1.16.172.in-addr.arpa"],
    ["31.172.in-addr.arpa", "1.1.31.172.in-addr.arpa"],
    ["168.192.in-addr.arpa", "1.1.168.192.in-addr.arpa"],
    ["64.100.in-addr.arpa", "1.1.64.100.in-addr.arpa"],
    ["127.100.in-addr.arpa", "1.1.127.100.in-addr.arpa"],
    ["254.169.in-addr.arpa", "1.1.254.169.in-addr.arpa"],
    ["d.f.ip6.arpa", `1.${"0.".repeat(29)}d.f.ip6.arpa`],
    ["b.e.f.ip6.arpa", `1.${"0.".repeat(28)}b.e.f.ip6.arpa`],
    ["8.b.d.0.1.0.0.2.ip6.arpa", `1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`],
    [`${"0.".repeat(32)}ip6.arpa`, `a.${"0.".repeat(32)}ip6.arpa`],
  ])("%s is an empty zone", (zone, below) => {
    expect(told(local, below, "PTR")).toBe(`3 ; ${soa(`${zone}.`)}`);
    expect(told(local, zone, "PTR")).toBe(`0 ; ${soa(`${zone}.`)}`);
    expect(told(local, zone, "SOA")).toBe(`0 ${soa(`${zone}.`)}; `);
    expect(told(local, zone, "NS")).toBe(`0 ${zone}. 10800 NS ${zone}.; `);
  });

  it.each(["resolver.arpa", "_dns.resolver.arpa", "a.b.resolver.arpa"])(
    "%s exists and has no SVCB",
    (name) => {
      for (const type of ["SVCB", "A"]) expect(told(local, name, type)).toBe(`0 ; ${soa("resolver.arpa.")}`);
    },
  );

  it("ipv4only.arpa has its two addresses and no prefix", () => {
    expect(told(local, "ipv4only.arpa", "A")).toBe(
      "0 ipv4only.arpa. 10800 A 192.0.0.170, ipv4only.arpa. 10800 A 192.0.0.171; ",
    );
    expect(told(local, "ipv4only.arpa", "AAAA")).toBe(`0 ; ${soa("ipv4only.arpa.")}`);
    expect(told(local, "a.ipv4only.arpa", "A")).toBe(`3 ; ${soa("ipv4only.arpa.")}`);
  });

  it.each([
    "",
    "arpa",
    "in-addr.arpa",
    "8.8.8.8.in-addr.arpa",
    "1.1.15.172.in-addr.arpa",
    "1.1.32.172.in-addr.arpa",
    "1.1.63.100.in-addr.arpa",
    "1.1.128.100.in-addr.arpa",
    "c.f.ip6.arpa",
    "www.example",
    "localhost.example",
    "mytest",
    "home",
    "example",
  ])("are not: %j", (name) => {
    expect(told(local, name)).toBe("goes on");
  });

  it("leave the DS records of a zone to its parent, and have none inside", () => {
    for (const zone of ["home.arpa", "test", "10.in-addr.arpa", "localhost"]) {
      expect(told(local, zone, "DS")).toBe("goes on");
    }
    expect(told(local, "a.home.arpa", "DS")).toBe(`3 ; ${soa("home.arpa.")}`);
    expect(told(local, "0.127.in-addr.arpa", "DS")).toBe(`0 ; ${soa("127.in-addr.arpa.")}`);
  });

  it("are names of the Internet class", () => {
    expect(answer(local, "localhost", "A", { class: 4 })).toBeNull();
  });

  it("are switched off by their group", () => {
    const name: Readonly<Record<LocalGroup, string>> = {
      localhost: "1.0.0.127.in-addr.arpa",
      invalid: "a.invalid",
      test: "a.test",
      local: "a.local",
      onion: "a.onion",
      homeArpa: "a.home.arpa",
      resolverArpa: "_dns.resolver.arpa",
      ipv4onlyArpa: "ipv4only.arpa",
      reverse: "1.0.0.10.in-addr.arpa",
    };
    const none = Object.fromEntries(Object.keys(all).map((group) => [group, false])) as typeof all;
    for (const group of Object.keys(all) as LocalGroup[]) {
      expect(told(stage({ ...all, [group]: false }), name[group])).toBe("goes on");
      expect(told(stage({ ...none, [group]: true }), name[group])).not.toBe("goes on");
    }
  });

  it("go where a route sends them, but not where the route for all sends them", () => {
    const routed = stage(all, ["home.arpa", "*.test", "10.0.0.0/8", "."]);
    expect(told(routed, "nas.home.arpa")).toBe("goes on");
    expect(told(routed, "home.arpa", "SOA")).toBe("goes on");
    expect(told(routed, "a.test")).toBe("goes on");
    expect(told(routed, "test")).toMatch(/^0 ;/);
    expect(told(routed, "1.2.3.10.in-addr.arpa", "PTR")).toBe("goes on");
    expect(told(routed, "1.1.168.192.in-addr.arpa", "PTR")).toMatch(/^3 ;/);
    expect(told(stage(all, ["in-addr.arpa"]), "1.1.168.192.in-addr.arpa", "PTR")).toBe("goes on");
  });

  it("fit a datagram of 512 bytes, however long the name is", () => {
    const longest = (zone: string): string => {
      const labels: string[] = [];
      for (let left = 253 - zone.length; left > 1; left -= 64)
        labels.push("x".repeat(Math.min(63, left - 1)));
      return [...labels, zone].join(".");
    };
    for (const zone of ["test", "home.arpa", "resolver.arpa", `${"0.".repeat(32)}ip6.arpa`]) {
      const { query } = clientQuery({ name: longest(zone), type: RrType.TXT, opt: { udpSize: 512 } });
      expect(query.nameLength).toBeGreaterThan(250);
      expect(local.enter(query)).toBe(Step.ANSWERED);
      const reply = decodeMessage(
        inRoom((room) => writeOwn(query, query.rcode, null, query.door.way, room, query.records)),
      );
      expect(reply.authorities).toHaveLength(1);
    }
  });
});
