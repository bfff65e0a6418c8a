import { describe, expect, test } from "vitest";
import { convertUnbound } from "../../../src/cli/import/unbound.ts";
import { type Converted, convertFile, remarksOn } from "./converted.ts";

function convert(text: string, others?: Record<string, string>): Converted {
  return convertFile(text, convertUnbound, others);
}

const ROOT = `forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: 9.9.9.9@853#dns.quad9.net
`;

const listened = ({ config }: Converted): string[] =>
  config().listen.map(({ transport, address, port }) => `${transport} ${address} ${port}`);

describe("zones of unbound.conf", () => {
  test("the root becomes upstreams, every other zone a route", () => {
    const { config } = convert(`${ROOT}  forward-addr: 2620:fe::fe@8853#dns.quad9.net
forward-zone:
  name: "Corp.Example."
  forward-addr: 10.0.0.2
  forward-addr: 10.0.0.3@5353
forward-zone:
  name: internal
  forward-tcp-upstream: yes
  forward-addr: fd00::1
forward-zone:
  name: private.example
  forward-tls-upstream: yes
  forward-addr: 10.0.0.4#dns.private.example
`);
    const { upstreams, routes } = config();
    expect(upstreams).toMatchObject([
      { protocol: "tls", addresses: ["9.9.9.9"], port: 853, name: "dns.quad9.net" },
      { protocol: "tls", addresses: ["2620:fe::fe"], port: 8853, name: "dns.quad9.net" },
    ]);
    expect(routes).toMatchObject([
      {
        match: [{ suffix: "corp.example", apex: true }],
        upstreams: [
          { protocol: "udp", addresses: ["10.0.0.2"], port: 53 },
          { protocol: "udp", addresses: ["10.0.0.3"], port: 5353 },
        ],
      },
      { match: [{ suffix: "internal" }], upstreams: [{ protocol: "tcp", addresses: ["fd00::1"] }] },
      {
        match: [{ suffix: "private.example" }],
        upstreams: [{ protocol: "tls", addresses: ["10.0.0.4"], name: "dns.private.example" }],
      },
    ]);
  });

  test("plain servers for every name are refused", () => {
    const converted = convert("forward-zone:\n  name: .\n  forward-addr: 8.8.8.8\n");
    expect(converted.yaml).not.toContain("upstreams:");
    expect(converted.remarks.slice(0, 2)).toEqual([
      "2: forward-zone: no server is left for ., so its names go where those around it go",
      "3: forward-addr: this server is left out: queries for every name never leave in the clear; write a server that speaks TLS",
    ]);
  });

  test("routes alone: says where all other names go", () => {
    const converted = convert("forward-zone: name: corp.example forward-addr: 10.0.0.2\n");
    expect(converted.config().routes).toHaveLength(1);
    expect(converted.remarks.join("\n")).toContain("dotls asks the upstreams that it has by default");
  });

  test("a server without a name must carry its address, and the user is told", () => {
    const converted = convert(`${ROOT}  forward-addr: 1.1.1.1@853\n`);
    expect(converted.config().upstreams[1]).toMatchObject({ name: null, tls: { verify: "strict" } });
    expect(remarksOn("forward-addr", converted)).toEqual([
      expect.stringContaining("unbound takes any certificate"),
    ]);
  });

  test("a host of which the addresses are known, and one of which they are not", () => {
    const converted = convert(
      `${ROOT}  forward-host: dns.google@853#dns.google\n  forward-host: dns.example@853\n`,
    );
    const known = converted.config().upstreams[1]!;
    expect(known.name).toBe("dns.google");
    expect(known.addresses).toContain("8.8.8.8");
    expect(converted.config().upstreams).toHaveLength(2);
    expect(remarksOn("forward-host", converted)).toEqual([
      expect.stringMatching(/^5: .*are known to dotls/),
      expect.stringMatching(/^6: .*#dns\.example behind it/),
    ]);
  });

  test("a server that is there twice is there once", () => {
    const twice = "forward-zone: name: a.example forward-addr: 10.0.0.1 forward-addr: 10.0.0.1@53\n";
    const converted = convert(`${ROOT}  forward-addr: 9.9.9.9#dns.quad9.net\n${twice}`);
    const { upstreams, routes } = converted.config();
    expect([upstreams.length, routes[0]!.upstreams.length]).toEqual([1, 1]);
    expect(remarksOn("forward-addr", converted)).toEqual([
      expect.stringContaining("the same is in the list before"),
    ]);
  });

  test("tls-upstream of the server holds for every zone", () => {
    const { config } = convert(
      "server: tls-upstream: yes\nforward-zone: name: . forward-addr: 9.9.9.9#dns.quad9.net",
    );
    expect(config().upstreams).toMatchObject([{ protocol: "tls", port: 853 }]);
  });

  test("stub zones, twins, switches, and what is not known", () => {
    const converted = convert(`${ROOT}  forward-first: yes
  forward-no-cache: no
stub-zone:
  name: 10.in-addr.arpa
  stub-addr: 10.0.0.53
  stub-prime: yes
forward-zone: name: 10.in-addr.arpa. forward-addr: 10.0.0.54
stub-zone: name: bad..name stub-addr: 10.0.0.1
forward-zone: name: . forward-whatever: x forward-addr: 1.1.1.1#a.b forward-tls-upstream: yes
`);
    const { routes, upstreams } = converted.config();
    expect(routes.map(({ upstreams }) => upstreams[0]!.addresses)).toEqual([["10.0.0.53"]]);
    expect(upstreams).toHaveLength(1);
    expect(remarksOn("forward-first", converted)).toEqual([expect.stringContaining("SERVFAIL")]);
    expect(remarksOn("stub-prime", converted)).toHaveLength(1);
    expect(remarksOn("forward-whatever", converted)).toEqual([expect.stringContaining("not known")]);
    expect(remarksOn("stub-zone", converted)).toEqual([
      expect.stringContaining("RD set"),
      expect.stringContaining("left out"),
    ]);
    expect(remarksOn("forward-zone", converted)).toEqual([
      expect.stringContaining("a zone 10.in-addr.arpa before"),
      expect.stringContaining("a zone . before"),
    ]);
    expect(remarksOn("forward-no-cache", converted)).toEqual([]);
  });
});

describe("server: of unbound.conf", () => {
  test.each([
    ["", ["udp 127.0.0.1 53", "tcp 127.0.0.1 53", "udp ::1 53", "tcp ::1 53"]],
    ["interface: 10.0.0.1 port: 5300", ["udp 10.0.0.1 5300", "tcp 10.0.0.1 5300"]],
    ["interface: ::1@5353 do-tcp: no", ["udp ::1 5353"]],
    ["ip-address: 10.0.0.1 do-udp: no", ["tcp 10.0.0.1 53"]],
    ["interface: 10.0.0.1 interface: ::1 do-ip6: no", ["udp 10.0.0.1 53", "tcp 10.0.0.1 53"]],
    ["interface-automatic: yes", ["udp 0.0.0.0 53", "tcp 0.0.0.0 53", "udp :: 53", "tcp :: 53"]],
    [
      "interface: 10.0.0.1 interface: 10.0.0.1@853 tls-service-key: /k.pem",
      ["udp 10.0.0.1 53", "tcp 10.0.0.1 53"],
    ],
    ["interface: 0.0.0.0 interface: 127.0.0.1 interface: 0.0.0.0", ["udp 0.0.0.0 53", "tcp 0.0.0.0 53"]],
    ["interface: 10.0.0.1 interface: eth0", ["udp 10.0.0.1 53", "tcp 10.0.0.1 53"]],
  ])("listens where unbound does: %s", (options, listen) => {
    expect(listened(convert(`server: ${options}\n${ROOT}`))).toEqual(listen);
  });

  test.each([
    ["", ["127.0.0.0/8", "::1/128"]],
    ["access-control: 10.0.0.0/8 allow", ["127.0.0.0/8", "::1/128", "10.0.0.0/8"]],
    [
      "access-control: 10.0.0.0/8 allow access-control: 10.0.0.0/9 refuse access-control: 10.1.0.0/16 allow_snoop",
      ["127.0.0.0/8", "::1/128", "10.128.0.0/9", "10.1.0.0/16"],
    ],
    ["access-control: 192.168.1.7/24 allow", ["127.0.0.0/8", "::1/128", "192.168.1.0/24"]],
    ["access-control: 127.0.0.0/8 refuse access-control: ::1 deny", ["127.0.0.1/32"]],
    ["access-control: 10.0.0.0/8 allow access-control: 10.0.0.0/8 deny", ["127.0.0.0/8", "::1/128"]],
    ["access-control: 10.0.0.0/8 nonsense", ["127.0.0.0/8", "::1/128"]],
    ["access-control: nonsense allow", ["127.0.0.0/8", "::1/128"]],
  ])("answers whom unbound answers: %s", (options, allow) => {
    expect(convert(`server: ${options}\n${ROOT}`).config().access.allow).toEqual(allow);
  });

  test("whom to trust, ciphers, SNI, verbosity", () => {
    const { config } = convert(
      `server:\n tls-ciphers: "ECDHE-RSA-AES128-GCM-SHA256"\n tls-use-sni: no\n tls-system-cert: yes\n verbosity: 3\n${ROOT}`,
    );
    expect(config().tls).toMatchObject({ ca: "system", sni: false });
    expect(config().tls.ciphers).toMatch(/^TLS_AES_256_GCM_SHA384:.*:ECDHE-RSA-AES128-GCM-SHA256$/);
    expect(config().log.level).toBe("debug");
    expect(convert(`server: tls-cert-bundle: ca.pem directory: /etc/unbound\n${ROOT}`).yaml).toContain(
      "  ca: /etc/unbound/ca.pem\n",
    );
    expect(convert(`server: tls-cert-bundle: system\n${ROOT}`).yaml).toContain("  ca: ./system\n");
    expect(convert(ROOT).remarks.join("\n")).toContain(
      "unbound then takes any certificate; dotls always checks",
    );
  });

  test("every other option has a remark with its reason, a clause with all that is in it as well", () => {
    const converted = convert(
      `server:\n num-threads: 4\n msg-cache-size: 4m\n local-zone: "a." static\n no-such: 1\n${ROOT}remote-control:\n control-enable: yes\n`,
    );
    expect(remarksOn("num-threads", converted)).toEqual([expect.stringMatching(/^2: .*starts dotls$/)]);
    expect(remarksOn("msg-cache-size", converted)).toHaveLength(1);
    expect(remarksOn("local-zone", converted)).toEqual([expect.stringContaining("data of its own")]);
    expect(remarksOn("no-such", converted)).toEqual([expect.stringContaining("not known")]);
    expect(remarksOn("remote-control", converted)).toHaveLength(1);
    expect(remarksOn("control-enable", converted)).toHaveLength(1);
  });

  test("files are included by a pattern, in the order of their names", () => {
    const b = "forward-zone: name: b.example forward-addr: 10.0.0.2\n";
    const a = "forward-zone: name: a.example forward-addr: 10.0.0.1\n";
    const included = convert(`${ROOT}include: "*.conf"\n`, {
      "b.conf": b,
      "a.conf": a,
      "c.other": "nonsense",
    });
    expect(included.config().routes.map(({ match }) => match[0]!.suffix)).toEqual(["a.example", "b.example"]);
  });

  test("a file that is not there is an error with its place", () => {
    expect(() => convert(`include: "missing.conf"\n${ROOT}`)).toThrow(
      /source:1: include: missing\.conf: there is no such file$/,
    );
  });
});
