import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { Config } from "../../config/config.ts";
import { ALL_LOCAL_NAMES } from "../../config/local-names.ts";
import { NO_DNSTAP, PLAIN_HISTORY } from "../../config/plain-history.ts";
import { NO_CACHE } from "../../config/no-cache.ts";
import { DEFAULT_TLS } from "../../config/tls-options.ts";
import { readUpstream } from "../../config/upstream-spec.ts";
import { createLog } from "../../observe/log.ts";
import type { RunningServer } from "../../server.ts";
import { startServer } from "../../server.ts";
import { createAuthority } from "./authority.ts";
import type { ZoneServer } from "./zone-server.ts";
import { startZoneServer } from "./zone-server.ts";
import { SERVER_NAME, zoneRecords } from "./zone.ts";

/** What the DoT server saw. */
interface Witness {
  /** Of the last handshake; null before the first. */
  handshake: {
    readonly version: string;
    readonly cipher: string;
    readonly protocol: string;
    /** Name in SNI; null when there was none. */
    readonly serverName: string | null;
  } | null;
  /** Sizes in bytes of the last query and its reply inside TLS, padding included. */
  sizes: { readonly query: number; readonly reply: number } | null;
}

/** All that the demonstration runs. */
export interface Site {
  readonly zone: ZoneServer;
  readonly records: number;
  /** How many types of record the zone has. */
  readonly types: number;
  readonly dotls: RunningServer;
  /** Where dotls listens, UDP and TCP. */
  readonly port: number;
  /** A PEM file with the authority's certificate; it goes with `stop`. */
  readonly caFile: string;
  readonly witness: Witness;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/**
 * Makes an authority, starts a DoT server under it and a dotls that trusts and asks nobody else. `port` is where dotls
 * listens, 0 lets the system choose. Rejects with a DotlsError when the port cannot be had; nothing runs on then.
 */
export async function startSite(port: number): Promise<Site> {
  const authority = await createAuthority({ name: "dotls demo" });
  const identity = await authority.issue({ names: [SERVER_NAME] });
  const folder = mkdtempSync(join(tmpdir(), "dotls-demo-"));
  const caFile = join(folder, "ca.pem");
  const witness: Witness = { handshake: null, sizes: null };
  const records = zoneRecords();
  let zone: ZoneServer | undefined;
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  // The process can end without `stop`: `dotls demo | head` closes standard output.
  process.once("exit", removeFolder);
  const stopZone = async (): Promise<void> => {
    removeFolder();
    process.off("exit", removeFolder);
    await zone?.close();
  };
  try {
    writeFileSync(caFile, authority.ca);
    zone = await startZoneServer({
      records,
      identity,
      onHandshake: (socket) => {
        witness.handshake = handshakeOf(socket);
      },
      onAnswer: (query, reply) => {
        witness.sizes = { query, reply };
      },
    });
    const config = configFor(port, zone.port, caFile);
    const dotls = await startServer(config, { log: await createLog({ level: config.log.level }) });
    return {
      zone,
      records: records.length,
      types: new Set(records.map(({ type }) => type)).size,
      dotls,
      port: Number(new URL(dotls.urls[0]!).port),
      caFile,
      witness,
      stop: async () => {
        await dotls.stop();
        await stopZone();
      },
    };
  } catch (error) {
    await stopZone();
    throw error;
  }
}

/** Nothing of the user's own configuration or environment gets in: the demonstration is the same everywhere. */
function configFor(port: number, upstreamPort: number, file: string): Config {
  const address = LOOPBACK;
  const tls = { ...DEFAULT_TLS, ca: { file } };
  return {
    listen: [
      { transport: "udp", address, port },
      { transport: "tcp", address, port },
    ],
    upstreams: [readUpstream(`tls://${address}:${upstreamPort}#${SERVER_NAME}`, tls)],
    timeout: 4000,
    tls,
    cache: NO_CACHE,
    policy: "failover",
    retryRcodes: [],
    bootstrap: [],
    state: null,
    routes: [],
    // The zone of the demo is under test, which is otherwise answered here.
    localNames: { ...ALL_LOCAL_NAMES, test: false },
    cluster: "off",
    bypass: { enabled: false, most: 0 },
    access: { allow: ["127.0.0.0/8"] },
    history: PLAIN_HISTORY,
    dnstap: NO_DNSTAP,
    control: { socket: null, http: null, token: "auto" },
    workers: 1,
    // Nothing that is fast: it must run everywhere.
    io: "dgram",
    shareListeners: false,
    lameduck: 0,
    watch: false,
    user: null,
    group: null,
    log: { level: "warn" },
  };
}

function handshakeOf(socket: TLSSocket): Witness["handshake"] {
  // The name that the client sent is missing from the types of a server's socket; false when there was none.
  const serverName: unknown = Reflect.get(socket, "servername");
  return {
    version: socket.getProtocol() ?? "TLS",
    cipher: socket.getCipher().name,
    protocol: socket.alpnProtocol || "none",
    serverName: typeof serverName === "string" ? serverName : null,
  };
}
