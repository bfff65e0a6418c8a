import { startServer, type RunningServer } from "../../../src/server.ts";
import type { Config } from "../../../src/config/config.ts";
import type { ReloadReport } from "../../../src/control/status.ts";
import { logSpy } from "../../observe/log-spy.ts";
import { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { plainConfig, specOf } from "../../support/serve.ts";
import { UdpClient } from "../../support/udp-client.ts";

/** Names that end in other ways than with an address. */
const RCODES = {
  "gone.test": 3,
  "api.example.com.default.svc.cluster.test": 3,
  "broken.test": 2,
};

/** A server with a dashboard, in front of two servers that work and one that nobody may trust. */
export interface Dashboard {
  readonly server: RunningServer;
  readonly url: string;
  readonly client: UdpClient;
  readonly upstreams: readonly ScriptedUpstream[];
  /** What the API says at a path. */
  api<T>(path: string): Promise<T>;
  /** Asks things that end in all ways, and waits for the answers. */
  traffic(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; `change` says what of the configuration is to be different, `reload` what is done when somebody asks for it. */
export async function startDashboard(
  change: Partial<Config> = {},
  reload?: (server: RunningServer, config: Config) => Promise<ReloadReport>,
): Promise<Dashboard> {
  const upstreams = [
    await ScriptedUpstream.start({ rcodes: RCODES }),
    await ScriptedUpstream.start({ rcodes: RCODES, name: "dns.other.test", delay: 15 }),
    await ScriptedUpstream.start({ certificate: "expired" }),
  ];
  const config: Config = {
    ...plainConfig,
    upstreams: upstreams.map((upstream) => specOf(upstream)),
    policy: "round-robin",
    cache: { ...plainConfig.cache, size: 2 ** 22 },
    history: { ...plainConfig.history, size: 2000 },
    control: { socket: null, http: { address: "127.0.0.1", port: 0 }, token: "auto" },
    ...change,
  };
  const server: RunningServer = await startServer(config, {
    log: logSpy().log,
    ...(reload && { reload: () => reload(server, config) }),
  });
  const client = await UdpClient.open(server.urls[0]!);
  const url = server.controlUrl!;
  return {
    server,
    url,
    client,
    upstreams,
    api: async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T,
    traffic: async () => {
      for (let n = 0; n < 40; n++) {
        const names = [`host${n}.example.net`, "api.example.com", "www.example.org"];
        if (n % 10 === 0) names.push(...Object.keys(RCODES), "localhost");
        await Promise.all(names.map((name) => client.ask(name, { type: n % 3 === 0 ? 28 : 1 })));
      }
    },
    stop: async () => {
      await client.close();
      await server.stop();
      for (const upstream of upstreams) await upstream.close();
    },
  };
}
