import { onTestFinished } from "vitest";
import type { Config, UpstreamSpec } from "../../src/config/config.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { NO_DNSTAP, PLAIN_HISTORY } from "../../src/config/plain-history.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { DEFAULT_TLS, mergeTls, type OwnTls } from "../../src/config/tls-options.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { formatRdata } from "../../src/dns/rr/registry.ts";
import type { DecodedMessage } from "../../src/dns/message.ts";
import { messageRcode } from "../../src/dns/message.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { type LogLine, logSpy } from "../observe/log-spy.ts";
import type { ScriptedUpstream } from "./scripted-upstream.ts";
import { UdpClient } from "./udp-client.ts";

/** A server in this process, a client for it, and all that it has logged. */
export interface Served {
  readonly server: RunningServer;
  readonly client: UdpClient;
  readonly lines: readonly LogLine[];
}

/** How a configuration names a scripted upstream; `change` says what is to be different, and `tls` what of TLS is. */
export function specOf(
  upstream: ScriptedUpstream,
  change: Partial<Omit<UpstreamSpec, "tls">> & { readonly tls?: OwnTls } = {},
): UpstreamSpec {
  const { tls, ...rest } = change;
  const label = `tls://${upstream.address}:${upstream.port}`;
  const general = { ...DEFAULT_TLS, ca: { file: upstream.caFile() } };
  return { ...readUpstream(label, mergeTls(general, tls ?? {})), name: upstream.name, ...rest };
}

/** What a server in a test has unless it says otherwise: nothing of this machine, and strict order. */
export const plainConfig: Config = {
  listen: [
    { transport: "udp", address: "127.0.0.1", port: 0 },
    { transport: "tcp", address: "127.0.0.1", port: 0 },
  ],
  upstreams: [],
  timeout: 4000,
  tls: DEFAULT_TLS,
  // Tests ask for the same name twice and want to see it at the upstream.
  cache: NO_CACHE,
  policy: "failover",
  retryRcodes: [1, 2, 4, 5],
  bootstrap: [],
  state: null,
  routes: [],
  // Tests ask for names under test.
  localNames: { ...ALL_LOCAL_NAMES, test: false },
  cluster: "off",
  bypass: { enabled: false, most: 0 },
  access: { allow: ["127.0.0.0/8"] },
  history: PLAIN_HISTORY,
  dnstap: NO_DNSTAP,
  control: { socket: null, http: null, token: "auto" },
  workers: 1,
  io: "auto",
  shareListeners: false,
  lameduck: 0,
  watch: false,
  user: null,
  group: null,
  log: { level: "info" },
};

/** Starts a server on loopback that ends with the test. */
export async function serve(
  upstreams: readonly UpstreamSpec[],
  change: Partial<Config> = {},
): Promise<Served> {
  const config: Config = { ...plainConfig, upstreams, ...change };
  const { log, lines } = logSpy();
  const server = await startServer(config, { log });
  const client = await UdpClient.open(server.urls[0]!);
  onTestFinished(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client, lines };
}

/** The answer records' data in text, or what went wrong: `SERVFAIL 22 text` of an extended error. */
export function outcomeOf(message: DecodedMessage | null): string {
  if (message === null) return "no reply";
  const rcode = messageRcode(message);
  if (rcode === 0) return message.answers.map(({ type, rdata }) => formatRdata(type, rdata)).join(" ");
  const error = message.edns?.options.find(({ code }) => code === 15)?.data ?? new Uint8Array(2);
  const text = Buffer.from(error.subarray(2)).toString();
  return `${rcode === 2 ? "SERVFAIL" : `rcode ${rcode}`} ${(error[0]! << 8) | error[1]!} ${text}`;
}
