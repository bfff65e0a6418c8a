import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { parse } from "yaml";
import type { DnstapConfig, HistoryConfig } from "../../src/config/config.ts";
import { NO_DNSTAP, PLAIN_HISTORY } from "../../src/config/plain-history.ts";
import { describeWith, program } from "../support/needs.ts";
import { freePorts, launch, restarted, temporaryFolder } from "../support/peers/process.ts";
import { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { type Served, serve, specOf } from "../support/serve.ts";

/** A message as the programs print it. */
interface Printed {
  readonly identity: string;
  readonly version: string;
  readonly message: {
    readonly type: string;
    readonly socket_family?: string;
    readonly socket_protocol?: string;
    readonly query_address?: string;
    readonly query_port?: number;
    readonly response_address?: string;
    readonly response_port?: number;
    readonly query_time?: unknown;
    readonly response_time?: unknown;
    readonly query_message?: string;
    readonly response_message?: string;
  };
}

interface Tapped extends Served {
  readonly upstream: ScriptedUpstream;
  /** Stops dotls and the reader, and gives what a program prints of the file that the reader has written. */
  readonly end: (print: (file: string) => Printed[]) => Promise<Printed[]>;
}

async function tapped(
  kind: "unix" | "tcp",
  history: Partial<HistoryConfig> = {},
  change: Partial<DnstapConfig> = {},
): Promise<Tapped> {
  const folder = temporaryFolder();
  const file = join(folder.path, "tap.fstrm");
  const socket = join(folder.path, "tap.sock");
  const type = ["-t", "protobuf:dnstap.Dnstap", "-w", file];
  const { reader, to } = await restarted(async () => {
    const [port = 0] = await freePorts(1);
    const where = kind === "unix" ? ["-u", socket] : ["-a", "127.0.0.1", "-p", `${port}`];
    const reader = launch("fstrm_capture", [...type, ...where, "-d"], folder.path);
    const isThere = (): void => expect(reader.log() + String(existsSync(socket))).toMatch(/opened|true/);
    await Promise.race([vi.waitFor(isThere, { timeout: 10_000 }), reader.died]);
    return { reader, to: kind === "unix" ? { path: socket } : { address: "127.0.0.1", port } };
  });
  onTestFinished(async () => {
    await reader.stop();
    folder.remove();
  });
  const upstream = await ScriptedUpstream.start();
  onTestFinished(() => upstream.close());
  const served = await serve([specOf(upstream)], {
    history: { ...PLAIN_HISTORY, ...history },
    dnstap: { ...NO_DNSTAP, to, identity: "tester", ...change },
  });
  const isConnected = (): void => expect(served.server.status().dnstap?.connected).toBe(1);
  await vi.waitFor(isConnected, { timeout: 10_000 });
  return {
    ...served,
    upstream,
    end: async (print) => {
      await served.server.stop();
      await reader.stop();
      return print(file);
    },
  };
}

/** The decoder of the authors of dnstap, in Go. */
function byDnstap(file: string): Printed[] {
  const lines = execFileSync(program("dnstap")!, ["-j", "-r", file], { encoding: "utf8", stdio: "pipe" });
  return lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Printed);
}

/** One in C, older than the numbers for TLS and HTTPS, with which it stops. */
function byLdns(file: string): Printed[] {
  const yaml = execFileSync(program("dnstap-ldns")!, ["-y", "-r", file], { encoding: "utf8" });
  return yaml
    .split(/^---$/m)
    .filter((document) => document.trim() !== "")
    .map((document) => parse(document) as Printed);
}

const types = (all: readonly Printed[]): string[] => all.map(({ message }) => message.type).sort();
const each = ["CLIENT_QUERY", "CLIENT_RESPONSE", "FORWARDER_QUERY", "FORWARDER_RESPONSE"];

describeWith(["fstrm_capture", "dnstap"], "what fstrm_capture takes and dnstap reads", () => {
  it.each(["unix", "tcp"] as const)("is every message, of clients and of upstreams (%s)", async (kind) => {
    const { client, server, upstream, end } = await tapped(kind);
    for (let i = 0; i < 50; i++) await client.ask(`name${i}.example.test`, { type: 1 });
    const all = await end(byDnstap);
    expect(types(all)).toEqual(each.flatMap((type) => Array.from({ length: 50 }, () => type)));
    expect(server.status().dnstap).toMatchObject({ sent: 200, dropped: 0, connected: 0 });
    for (const one of each) {
      const { identity, version, message } = all.find(({ message }) => message.type === one)!;
      expect([identity, version]).toEqual(["tester", expect.stringMatching(/^dotls \d/)]);
      const isClient = one.startsWith("CLIENT");
      expect(message).toMatchObject({
        socket_family: "INET",
        socket_protocol: isClient ? "UDP" : "DOT",
        ...(isClient
          ? { query_address: "127.0.0.1", query_port: expect.any(Number) }
          : { response_address: "127.0.0.1", response_port: upstream.port }),
      });
      const text = one.endsWith("QUERY") ? message.query_message : message.response_message;
      expect(text).toMatch(/;name\d+\.example\.test\.\s+IN\s+A/);
      const time = String(one.endsWith("QUERY") ? message.query_time : message.response_time);
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    }
  });

  it("has the ids that were on the wire, so that questions and answers fit", async () => {
    const { client, end } = await tapped("unix");
    for (let i = 0; i < 20; i++) await client.ask(`name${i}.example.test`, { type: 1 });
    const all = await end(byDnstap);
    const idOf = (text = ""): string => /id: (\d+)/.exec(text)![1]!;
    for (const side of ["CLIENT", "FORWARDER"]) {
      const ofType = (kind: string): Printed[] =>
        all.filter(({ message }) => message.type === `${side}_${kind}`);
      const asked = ofType("QUERY").map(({ message }) => idOf(message.query_message));
      const answered = ofType("RESPONSE").map(({ message }) => idOf(message.response_message));
      expect(asked).toHaveLength(20);
      expect(asked).toEqual(answered);
    }
  });

  it("is only what was chosen", async () => {
    const { client, end } = await tapped("unix", {}, { messages: ["forwarder"] });
    await client.ask("www.example.test", { type: 1 });
    expect(types(await end(byDnstap))).toEqual(["FORWARDER_QUERY", "FORWARDER_RESPONSE"]);
  });

  it("says nothing of names that are ignored, and of clients what privacy allows", async () => {
    const ignore = [{ suffix: "corp.test", apex: true, written: "corp.test" }];
    const { client, end } = await tapped("unix", { privacy: "mask-clients", ignore });
    await client.ask("www.corp.test", { type: 1 });
    await client.ask("www.example.test", { type: 1 });
    const all = await end(byDnstap);
    expect(types(all)).toEqual(each);
    expect(JSON.stringify(all)).not.toContain("corp");
    const query = all.find(({ message }) => message.type === "CLIENT_QUERY");
    expect(query!.message).toMatchObject({ query_address: "127.0.0.0" });
    expect(query!.message.query_port).toBeUndefined();
    // EDNS may say more of a client than its address does.
    expect(query!.message.query_message).toMatch(/ADDITIONAL: 0/);
  });
});

describeWith(["fstrm_capture", "dnstap-ldns"], "what fstrm_capture takes and dnstap-ldns reads", () => {
  it("is every message of clients", async () => {
    const { client, end } = await tapped("unix", {}, { messages: ["client"] });
    for (let i = 0; i < 50; i++) await client.ask(`name${i}.example.test`, { type: 1 });
    const all = await end(byLdns);
    expect(types(all)).toEqual(each.slice(0, 2).flatMap((type) => Array.from({ length: 50 }, () => type)));
    for (const { identity, message } of all) {
      expect(identity).toBe("tester");
      expect(message).toMatchObject({ socket_protocol: "UDP", query_address: "127.0.0.1" });
    }
  });
});

describe("without a reader", () => {
  it("queries are answered all the same", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    const upstream = await ScriptedUpstream.start();
    onTestFinished(() => upstream.close());
    const to = { path: join(folder.path, "none.sock") };
    const { client, server, lines } = await serve([specOf(upstream)], {
      dnstap: { ...NO_DNSTAP, to, buffer: 256 * 1024 },
    });
    for (let i = 0; i < 100; i++)
      expect((await client.ask(`name${i}.test`, { type: 1 })).message).not.toBeNull();
    await vi.waitFor(
      () =>
        expect(lines.map(({ message }) => message)).toContainEqual(
          expect.stringMatching(/^dnstap: unix:.* cannot be reached; queries go on$/),
        ),
      { timeout: 5000 },
    );
    expect(server.status().dnstap).toEqual({ to: `unix:${to.path}`, connected: 0, sent: 0, dropped: 0 });
    await server.stop();
    expect(server.status().dnstap).toMatchObject({ dropped: 400 });
  });
});
