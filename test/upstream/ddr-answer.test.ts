import { describe, expect, test } from "vitest";
import type { Message } from "../../src/dns/message.ts";
import { formatName, parseName } from "../../src/dns/name.ts";
import { parseZone } from "../../src/dns/zone-text.ts";
import { DDR_NAME, type Designations, designationsIn } from "../../src/upstream/ddr-answer.ts";
import type { Failure } from "../../src/upstream/failure.ts";

function message(answer: string, additional = ""): Message {
  const records = (text: string): Message["answers"] => parseZone(text, { origin: parseName(".") });
  return {
    id: 1,
    flags: 0x8180,
    questions: [{ name: DDR_NAME, type: 64, class: 1 }],
    answers: records(answer),
    authorities: [],
    additionals: records(additional),
    edns: null,
  };
}

/** Each SVCB record is given by what stands behind its type. */
function read(svcb: readonly string[], additional = ""): Designations | Failure {
  const answer = svcb.map((text) => `_dns.resolver.arpa. 300 IN SVCB ${text}\n`).join("");
  return designationsIn(message(answer, additional), DDR_NAME);
}

describe("a designation", () => {
  test("is DNS over TLS where ALPN has dot, at port 853 unless there is another", () => {
    expect(read(["1 dot.example. alpn=dot ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"])).toEqual({
      list: [
        {
          protocol: "tls",
          target: "dot.example",
          port: 853,
          path: "",
          addresses: ["2001:db8::1", "192.0.2.1"],
        },
      ],
      alias: null,
      ttl: 300,
    });
    expect(read(["1 dot.example. alpn=dot port=8530"])).toMatchObject({
      list: [{ protocol: "tls", port: 8530, addresses: [] }],
    });
  });

  test("is DNS over HTTPS where ALPN has h2 and there is a path", () => {
    expect(read(["1 doh.example. alpn=h2,h3 dohpath=/dns-query{?dns}"])).toMatchObject({
      list: [{ protocol: "https", target: "doh.example", port: 443, path: "/dns-query" }],
    });
    expect(read(['1 doh.example. alpn=h2 port=8443 dohpath="/q?id=7{&dns}"'])).toMatchObject({
      list: [{ port: 8443, path: "/q?id=7" }],
    });
  });

  test("is one of several with the same priority by chance, never one of a worse one", () => {
    const first = new Map<string, number>();
    for (let round = 0; round < 300; round++) {
      const found = read([
        "2 worse.example. alpn=dot",
        ...["a", "b", "c"].map((name) => `1 ${name}.example. alpn=dot`),
      ]);
      const targets = "list" in found ? found.list.map(({ target }) => target) : [];
      expect(targets.at(-1)).toBe("worse.example");
      first.set(targets[0]!, (first.get(targets[0]!) ?? 0) + 1);
    }
    expect([...first.keys()].sort()).toEqual(["a.example", "b.example", "c.example"]);
    expect(Math.min(...first.values())).toBeGreaterThan(50);
  });

  test("is both where ALPN has both, TLS first", () => {
    expect(read(["1 x.example. alpn=h2,dot dohpath=/q{?dns}"])).toMatchObject({
      list: [{ protocol: "tls" }, { protocol: "https" }],
    });
  });

  test.each([
    ["no ALPN", "port=853"],
    ["another protocol", "alpn=doq"],
    ["HTTPS without a path", "alpn=h2"],
    ["HTTP/3 alone", "alpn=h3 dohpath=/q{?dns}"],
    ["a path without the variable", "alpn=h2 dohpath=/q"],
    ["a path with other variables", "alpn=h2 dohpath=/{user}{?dns}"],
    ["a path that is none", "alpn=h2 dohpath=evil.example{?dns}"],
    ["a path with a space", 'alpn=h2 dohpath="/a b{?dns}"'],
    ["the wrong operator", "alpn=h2 dohpath=/q?a=b{?dns}"],
    ["port 0", "alpn=dot port=0"],
    ["a mandatory parameter that is not understood", "mandatory=key667 alpn=dot key667=x"],
    ["ECH for all", "mandatory=ech alpn=dot ech=AAAA"],
  ])("is not there with %s", (_title, params) => {
    expect(read([`1 x.example. ${params}`])).toMatchObject({ list: [] });
  });

  test("may have mandatory parameters that are understood", () => {
    const params = "mandatory=alpn,port,ipv4hint,key7 alpn=dot port=8853 ipv4hint=192.0.2.1 dohpath=/q{?dns}";
    expect(read([`1 x.example. ${params}`])).toMatchObject({ list: [{ port: 8853 }] });
  });

  test("must have a name of its own below resolver.arpa", () => {
    expect(read(["1 . alpn=dot"])).toMatchObject({ list: [] });
    const owner = parseName("_dns.dot.example.");
    expect(designationsIn(message("_dns.dot.example. 60 IN SVCB 1 . alpn=dot"), owner)).toMatchObject({
      list: [{ target: "_dns.dot.example" }],
    });
  });

  test("takes addresses of the additional section before hints, and few of them", () => {
    const additional = [
      "DOT.example. 60 IN A 192.0.2.7",
      "dot.example. 60 IN AAAA 2001:db8::7",
      "other.example. 60 IN A 192.0.2.66",
    ].join("\n");
    expect(read(["1 dot.example. alpn=dot ipv4hint=192.0.2.1"], additional)).toMatchObject({
      list: [{ addresses: ["2001:db8::7", "192.0.2.7"] }],
    });
    const many = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}`);
    const found = read([`1 dot.example. alpn=dot ipv4hint=${many.join(",")}`]);
    expect("list" in found && found.list[0]?.addresses).toEqual(many.slice(0, 8));
  });
});

describe("an answer", () => {
  test("is read in the order of priority, records of no use aside, and holds as long as its shortest TTL", () => {
    const found = designationsIn(
      message(
        [
          "_dns.resolver.arpa. 300 IN SVCB 3 c.example. alpn=dot",
          "_dns.resolver.arpa. 200 IN SVCB 1 a.example. alpn=doq",
          "_dns.resolver.arpa. 400 IN SVCB 2 b.example. alpn=h2 dohpath=/q{?dns}",
          "_dns.elsewhere.arpa. 1 IN SVCB 1 d.example. alpn=dot",
        ].join("\n"),
      ),
      DDR_NAME,
    );
    expect(found).toMatchObject({
      list: [{ target: "b.example" }, { target: "c.example" }],
      ttl: 200,
    });
  });

  test("may be an alias, beside which nothing counts", () => {
    const found = read(["1 x.example. alpn=dot", "0 _dns.real.example."]);
    expect(found).toMatchObject({ list: [] });
    expect("alias" in found && formatName(found.alias!)).toBe("_dns.real.example.");
    expect(read(["0 ."])).toMatchObject({ list: [], alias: null });
  });

  test("that is an error is a failure", () => {
    expect(designationsIn({ ...message(""), flags: 0x8183 }, DDR_NAME)).toEqual({
      kind: "bootstrap",
      text: "NXDOMAIN",
    });
  });

  test("is spoilt by one malformed record", () => {
    const bad = message("_dns.resolver.arpa. 300 IN SVCB 1 x.example. alpn=dot");
    const answers = [...bad.answers, { ...bad.answers[0]!, rdata: Uint8Array.of(0, 1, 0, 0, 1, 0, 9, 1) }];
    expect(designationsIn({ ...bad, answers }, DDR_NAME)).toEqual({
      kind: "malformed",
      text: "a malformed SVCB record",
    });
  });
});
