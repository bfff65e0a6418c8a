import { onTestFinished } from "vitest";
import type { CacheConfig, Config, ListenAddress } from "../../src/config/config.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { TcpProbe, UdpProbe } from "../support/plain-client.ts";
import { plainConfig, specOf } from "../support/serve.ts";
import { ScriptedUpstream, type StartOptions } from "../support/scripted-upstream.ts";

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

/** A server in front of a scripted upstream, both on ports that the system chose. */
export interface Served {
  readonly server: RunningServer;
  readonly upstream: ScriptedUpstream;
  /** Of UDP and TCP on 127.0.0.1, unless other addresses were asked for. */
  readonly port: number;
  /** A client of its own; both are closed when the test ends. */
  udp(address?: string): UdpProbe;
  tcp(address?: string): Promise<TcpProbe>;
}

export interface ServeOptions {
  readonly listen?: readonly ListenAddress[];
  readonly allow?: readonly string[];
  readonly timeout?: number;
  /** What of the cache is not as by default; without it there is none. */
  readonly cache?: Partial<CacheConfig>;
  readonly upstream?: StartOptions;
}

const loopback: readonly ListenAddress[] = [
  { transport: "udp", address: "127.0.0.1", port: 0 },
  { transport: "tcp", address: "127.0.0.1", port: 0 },
];

/** The configuration of a server that asks `upstream`. */
function configFor(upstream: ScriptedUpstream, options: ServeOptions = {}): Config {
  return {
    ...plainConfig,
    listen: options.listen ?? loopback,
    upstreams: [specOf(upstream, { label: "upstream" })],
    timeout: options.timeout ?? 2000,
    ...(options.cache && { cache: { ...NO_CACHE, size: 4 * 1024 * 1024, ...options.cache } }),
    access: { allow: options.allow ?? ["127.0.0.0/8", "::1/128"] },
    history: { ...plainConfig.history, size: 1000 },
    control: { socket: null, http: null, token: "auto" },
    log: { level: "error" },
  };
}

/** Starts a server and its upstream; everything ends with the test. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const upstream = await ScriptedUpstream.start(options.upstream);
  onTestFinished(() => upstream.close());
  const server = await startServer(configFor(upstream, options), { log: silent });
  const ends: (() => Promise<void>)[] = [() => server.stop()];
  onTestFinished(async () => {
    // Clients first: a server waits for them.
    for (const end of ends.toReversed()) await end();
  });
  const port = Number(/\d+$/.exec(server.urls[0]!)![0]);
  return {
    server,
    upstream,
    port,
    udp: (address) => {
      const client = new UdpProbe(port, address);
      ends.push(() => client.close());
      return client;
    },
    tcp: async (address) => {
      const client = await TcpProbe.connect(port, address);
      ends.push(() => client.close());
      return client;
    },
  };
}
