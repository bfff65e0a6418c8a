import { describe, expect, test } from "vitest";
import { convertCloudflared } from "../../../src/cli/import/cloudflared.ts";
import {
  over,
  settingsOfEnvironment,
  settingsOfFile,
  settingsOfWords,
} from "../../../src/cli/import/cloudflared-settings.ts";
import { splitWords } from "../../../src/cli/import/cloudflared-words.ts";
import { readSource } from "../../../src/cli/import/read-source.ts";
import { type Converted, convertFile, remarksOn } from "./converted.ts";

function convert(text: string, flags = "", env: Record<string, string> = {}): Converted {
  return convertFile(text, (file, conversion) => {
    const ofFile = settingsOfFile(readSource(file), conversion);
    const ofFlags = settingsOfWords(splitWords(flags), "command line", conversion);
    convertCloudflared(over(over(ofFile, settingsOfEnvironment(env)), ofFlags), conversion);
  });
}

const listened = ({ config }: Converted): string =>
  config()
    .listen.map(({ transport, address, port }) => `${transport} ${address} ${port}`)
    .join(", ");
const labels = ({ config }: Converted): string[] => config().upstreams.map(({ label }) => label);

describe("what cloudflared proxy-dns was told", () => {
  test("nothing but that it runs: its defaults", () => {
    const converted = convert("proxy-dns: true\n");
    expect(listened(converted)).toBe("udp 127.0.0.1 53, tcp 127.0.0.1 53");
    expect(labels(converted)).toEqual(["https://1.1.1.1/dns-query", "https://1.0.0.1/dns-query"]);
    expect(converted.config()).toMatchObject({ policy: "failover", bootstrap: [] });
  });

  test("a config.yml with all of it, and a tunnel beside", () => {
    const converted = convert(`proxy-dns: true
proxy-dns-port: 5053
proxy-dns-address: 127.0.0.2
proxy-dns-upstream:
  - https://dns.example.net/q
  - https://dns.quad9.net/dns-query
  - http://192.0.2.1/dns-query
  - https://2606:4700:4700::1111/dns-query
proxy-dns-bootstrap: [https://162.159.36.1/dns-query, "[2606:4700:4700::1001]:53", https://dns.example/q]
proxy-dns-max-upstream-conns: 5
metrics: localhost:9000
tunnel: abc
credentials-file: /x.json
`);
    expect(listened(converted)).toBe("udp 127.0.0.2 5053, tcp 127.0.0.2 5053");
    const { upstreams, bootstrap } = converted.config();
    expect(upstreams).toMatchObject([
      { protocol: "https", name: "dns.example.net", addresses: [], path: "/q" },
      { protocol: "https", name: "dns.quad9.net", path: "/dns-query" },
    ]);
    expect(upstreams[1]!.addresses).toContain("9.9.9.9");
    expect(bootstrap).toEqual([
      { address: "162.159.36.1", port: 53 },
      { address: "2606:4700:4700::1001", port: 53 },
    ]);
    expect(remarksOn("proxy-dns-upstream", converted)).toEqual([
      expect.stringContaining("known to dotls"),
      expect.stringContaining("would not be encrypted"),
      expect.stringContaining("left out"),
    ]);
    expect(remarksOn("proxy-dns-max-upstream-conns", converted)).toHaveLength(1);
    expect(remarksOn("metrics", converted)).toHaveLength(1);
    expect(remarksOn("tunnel", converted)).toEqual([expect.stringMatching(/^12: /)]);
    expect(converted.yaml).not.toContain("/x.json");
  });

  test("the section resolver", () => {
    const converted = convert(
      "resolver:\n  enabled: true\n  address: ::1\n  port: 5353\n  upstreams: [https://9.9.9.9/dns-query]\n  bootstraps: [https://1.1.1.1/dns-query]\n  maxUpstreamConnections: 3\n",
    );
    expect(listened(converted)).toBe("udp ::1 5353, tcp ::1 5353");
    expect(labels(converted)).toEqual(["https://9.9.9.9/dns-query"]);
    expect(remarksOn("resolver.bootstraps", converted)).toEqual([expect.stringContaining("known without")]);
    expect(remarksOn("resolver.maxUpstreamConnections", converted)).toHaveLength(1);
  });

  test.each([
    ["/etc/default/cloudflared", "# opts\nCLOUDFLARED_OPTS=--port 5053 --upstream https://9.9.9.9/dns-query"],
    ["the same in quotes", 'CLOUDFLARED_OPTS="--port=5053 --upstream https://9.9.9.9/dns-query"\n'],
    ["variables", "export TUNNEL_DNS_PORT=5053\nTUNNEL_DNS_UPSTREAM='https://9.9.9.9/dns-query'\n"],
    [
      "a unit",
      "[Unit]\nDescription=DNS over HTTPS\n[Service]\nUser=cloudflared\nExecStart=/usr/bin/cloudflared --no-autoupdate proxy-dns \\\n  --port 5053 --upstream https://9.9.9.9/dns-query\n",
    ],
    [
      "a unit with variables",
      '[Service]\nEnvironment="TUNNEL_DNS_PORT=5053"\nEnvironment=TUNNEL_DNS_UPSTREAM=https://9.9.9.9/dns-query\nExecStart=/usr/bin/cloudflared proxy-dns\n',
    ],
  ])("the file of a service: %s", (_, text) => {
    const converted = convert(text);
    expect(listened(converted)).toBe("udp 127.0.0.1 5053, tcp 127.0.0.1 5053");
    expect(labels(converted)).toEqual(["https://9.9.9.9/dns-query"]);
  });

  test("flags go over variables, and those over the file", () => {
    const converted = convert(
      "proxy-dns-port: 1\nproxy-dns-address: 127.0.0.9\nproxy-dns-upstream: [https://192.0.2.1/a]\n",
      "cloudflared proxy-dns --upstream https://192.0.2.3/c --upstream=https://192.0.2.4/d,https://192.0.2.5/e $MORE",
      { TUNNEL_DNS_PORT: "2", TUNNEL_DNS_UPSTREAM: "https://192.0.2.2/b" },
    );
    expect(listened(converted)).toBe("udp 127.0.0.9 2, tcp 127.0.0.9 2");
    expect(labels(converted)).toEqual(["https://192.0.2.3/c", "https://192.0.2.4/d", "https://192.0.2.5/e"]);
    expect(converted.remarks).toContain(
      "command line: $MORE: convert the file that sets this variable as well",
    );
  });

  test("an upstream by name without bootstrap: somebody has to be asked, and the user is told", () => {
    const converted = convert("", "--upstream https://dns.example.net/q");
    expect(converted.config().bootstrap.map(({ address }) => address)).toEqual(["1.1.1.1", "1.0.0.1"]);
    expect(remarksOn("bootstrap", converted)[0]).toContain("dns.example.net: asked in plain DNS");
  });

  test.each(["tunnel: abc\n", "proxy-dns: false\n", ""])("nothing comes out of %j", (text) => {
    expect(convert(text).yaml).not.toContain("upstreams:");
  });

  test("an address or a port that is none leaves the default, and open addresses are spoken of", () => {
    expect(remarksOn("--port", convert("", "--port 99999"))).toEqual([
      expect.stringContaining("the default stays"),
    ]);
    expect(remarksOn("--address", convert("", "--address 0.0.0.0"))).toEqual([
      expect.stringContaining("cloudflared answers everybody"),
    ]);
  });
});
