import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { folderWith } from "../support/config-folder.ts";
import { describeWith } from "../support/needs.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { outcomeOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";
import { runCommand, startCommand } from "./run-command.ts";

const ASKED = "www.example";
const ADDRESS = addressOf(ASKED);
const WRONG_PIN = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/** A stubby.yml as people have it, with the scripted upstream where theirs was. */
function stubbyFor(upstream: ScriptedUpstream, pin: string): string {
  return `resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 256
edns_client_subnet_private : 1
round_robin_upstreams: 1
idle_timeout: 10000
timeout: 3000
tls_ca_file: ${upstream.caFile()}
listen_addresses:
  - ${upstream.address}@0
upstream_recursive_servers:
##  the usual ones
  - address_data: ${upstream.address}
    tls_port: ${upstream.port}
    tls_auth_name: "${upstream.name}"
    tls_pubkey_pinset:
      - digest: "sha256"
        value: ${pin}
`;
}

/** Converts a file as a user would, serves with what came out of it, and asks for a name. */
async function askThrough(source: string, text: string): Promise<string> {
  const cwd = folderWith({ source: text });
  const imported = await runCommand("import", [source, "source"], { cwd });
  expect(imported.code).toBe(0);
  writeFileSync(join(cwd, "dotls.yaml"), imported.stdout);
  const server = startCommand("serve", ["--set", `control.socket=${join(cwd, "control.sock")}`], { cwd });
  onTestFinished(async () => {
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });
  await until(() => server.stdout().includes("dotls ready"));
  const client = await UdpClient.open(/udp:\S+/.exec(server.stdout())![0]);
  onTestFinished(() => client.close());
  return outcomeOf((await client.ask(ASKED)).message);
}

describe("dotls import", () => {
  test("what was converted from a stubby.yml runs, held to its pin", async () => {
    const upstream = await start();
    expect(await askThrough("stubby", stubbyFor(upstream, upstream.pin))).toBe(ADDRESS);
    expect(upstream.counters.connections).toBe(1);
    expect(await askThrough("stubby", stubbyFor(upstream, WRONG_PIN))).toMatch(/^SERVFAIL 2[23] .*pin/);
  });

  test("what was converted from an unbound.conf runs", async () => {
    const upstream = await start();
    const conf = `server:
  interface: ${upstream.address}@0
  tls-cert-bundle: "${upstream.caFile()}"
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: ${upstream.address}@${upstream.port}#${upstream.name}
`;
    expect(await askThrough("unbound", conf)).toBe(ADDRESS);
  });

  test("flags of cloudflared behind --, its variables, and both with a file", async () => {
    const cwd = folderWith({ "config.yml": "proxy-dns: true\nproxy-dns-port: 5053\n" });
    const words = ["cloudflared", "--", "proxy-dns", "--port", "5054"];
    const flags = await runCommand("import", words, { cwd });
    expect(flags.stdout).toContain("\n  - 127.0.0.1:5054\n");
    const all = await runCommand("import", ["cloudflared", "config.yml", "--", "--address", "127.0.0.2"], {
      cwd,
      env: { TUNNEL_DNS_UPSTREAM: "https://192.0.2.1/dns-query" },
    });
    expect(all).toMatchObject({ code: 0 });
    expect(all.stdout).toContain("\n  - 127.0.0.2:5053\n");
    expect(all.stdout).toContain("\n  - https://192.0.2.1/dns-query\n");
    expect(all.stderr).toContain("config.yml:1: proxy-dns: dotls serve is what runs in its place\n");
  });

  test("the file of cloudflared's service has the name of the program, and is a file all the same", async () => {
    const cwd = folderWith({
      cloudflared: 'CLOUDFLARED_OPTS="--port 5055 --upstream https://192.0.2.1/q"\n',
    });
    for (const file of ["cloudflared", join(cwd, "cloudflared")]) {
      const alone = await runCommand("import", ["cloudflared", file], { cwd });
      expect(alone.stdout).toContain("\n  - 127.0.0.1:5055\n");
      const over = await runCommand("import", ["cloudflared", file, "--", "--port", "5056"], { cwd });
      expect(over.stdout).toContain("\n  - 127.0.0.1:5056\n");
      const program = await runCommand("import", ["cloudflared", "--", file, "proxy-dns", "--port", "5057"], {
        cwd,
      });
      expect(program.stdout).toContain("\n  - 127.0.0.1:5057\n");
      expect(program.stdout).toContain("\n  - https://1.1.1.1/dns-query\n");
    }
  });

  test("an unbound.conf that forwards nothing: says that unbound resolves by itself", async () => {
    const cwd = folderWith({ "unbound.conf": "server:\n  port: 5353\n" });
    const { code, stdout, stderr } = await runCommand("import", ["unbound", "unbound.conf"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("forward-zone: unbound asks the root servers itself");
  });

  test("exits 0 with remarks, each on a line with its place", async () => {
    const cwd = folderWith({
      "stubby.yml":
        "idle_timeout: 1\nupstream_recursive_servers: [{address_data: 192.0.2.1, tls_auth_name: a.b}]\n",
    });
    const { code, stdout, stderr } = await runCommand("import", ["stubby", "stubby.yml"], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain("stubby.yml:1: idle_timeout: how long a server keeps idle connections");
    expect(stdout).toMatch(/^# Made by dotls import from stubby\.yml\.\n/);
  });

  test.each([
    [["stubby", "missing"], /^missing: there is no such file\n$/],
    [["stubby", "bad.yml"], /^bad\.yml:2:1: not YAML: /],
    [["stubby", "empty"], /^empty: nothing to convert/m],
    [["unbound", "bad.yml"], /^bad\.yml:1:4: /],
    [["unbound", "plain.conf"], /plain\.conf:3: forward-addr: .*in the clear.*\n[^]*nothing to convert/],
    [["unbound", "folder"], /^folder: this is a folder, not a file\n$/],
    [["cloudflared"], /^cloudflared proxy-dns: nothing to convert/],
    [["cloudflared", "empty", "other"], /one file is converted, and flags stand behind --/],
    [["stubby"], /missing required argument/],
    [["dnsmasq", "empty"], /unknown command/],
  ])("exits 1 with nothing on standard output: %j", async (words, message) => {
    const cwd = folderWith({
      "bad.yml": 'a: "b\n',
      "plain.conf": "forward-zone:\n  name: .\n  forward-addr: 192.0.2.1\n",
      empty: "",
      "folder.txt": "",
    });
    const args = words.map((word) => (word === "folder" ? "." : word));
    const { code, stdout, stderr } = await runCommand("import", args, { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.replace(/^\.:/, "folder:")).toMatch(message);
  });
});

const EXAMPLE = "/usr/share/doc/unbound/examples/unbound.conf";

describeWith(["unbound"], "the unbound.conf that is shipped with unbound as an example", () => {
  test.skipIf(!existsSync(EXAMPLE))("has no option that is not known, each one switched on", async () => {
    const text = readFileSync(EXAMPLE, "utf8")
      .replaceAll(/^[ \t]*#[ \t]*([a-z\d-]+:(?:[ \t]\S.*)?)$/gm, "$1")
      .replaceAll(/^include.*$/gm, "")
      // Sentences that look like options.
      .replaceAll(/^(?:0: .*|.* portno for each .*)$/gm, "");
    const cwd = folderWith({ "unbound.conf": text });
    const { code, stdout, stderr } = await runCommand("import", ["unbound", "unbound.conf"], { cwd });
    expect(code).toBe(0);
    expect(stderr.split("\n").length).toBeGreaterThan(300);
    expect(stderr).not.toContain("is not known");
    expect(stdout).toContain("routes:");
  });
});

const SHIPPED = "/etc/stubby/stubby.yml";

describeWith(["stubby"], "the stubby.yml that is shipped with stubby", () => {
  test.skipIf(!existsSync(SHIPPED))(
    "converts and runs, with the scripted upstream for its servers",
    async () => {
      const upstream = await start();
      const text = readFileSync(SHIPPED, "utf8")
        .replace(/^( {2}- )127\.0\.0\.1$/m, `$1127.0.0.1@0`)
        .replace(/^ {2}- {1,2}0::1$/m, "")
        .replaceAll(/^( {2}- address_data: ).*$/gm, `$1${upstream.address}\n    tls_port: ${upstream.port}`)
        .replaceAll(/^( {4}tls_auth_name: ).*$/gm, `$1"${upstream.name}"`)
        .replaceAll(/^( {8}value: ).*$/gm, `$1${upstream.pin}`);
      const answer = await askThrough("stubby", `${text}\ntls_ca_file: ${upstream.caFile()}\n`);
      expect(answer).toBe(ADDRESS);
    },
  );
});
