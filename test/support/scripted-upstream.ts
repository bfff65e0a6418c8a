/**
 * A DNS-over-TLS server on loopback that does what a test tells it, well or badly, and counts what it saw.
 *
 *     const upstream = await ScriptedUpstream.start({ closeAfter: 7 });
 *     const config = { addresses: [upstream.address], port: upstream.port, name: upstream.name, ca: { file: upstream.caFile() } };
 *     upstream.set({ closeAfter: 0, delay: (query) => (query.name === "slow.test" ? 300 : 0) });
 *     await upstream.present("expired");            // new connections get another certificate
 *     expect(upstream.counters.applicationBytes).toBe(0);
 *     await upstream.close();
 *
 * Knobs (./scripted-upstream/knobs.ts says each in full; all can change while it runs):
 *   answers      answer, delay (and names `d250.…`), rcodes, fault, size, ttl, edns, formerrToEdns, padTo, keepalive, ede
 *   faults       wrong-id wrong-question wrong-type wrong-class qr-0 no-question wrong-opcode other-case duplicate stray
 *                truncated bad-counts pointer-loop garbage garbage-stream zero-length short unfinished silent
 *   writing      reorder, merge, swap, collectFor, split (1: a TLS record for each byte), splitPause
 *   connections  handshake (serve never close rst garbage {delay}), closeAfter, closeInFlight, idle, closeWith (fin rst),
 *                silent, oneOfRecord, connection (knobs for the n-th connection alone)
 *   TLS          alpn, alpnStrict, tickets, ticketKeys, minVersion, maxVersion, clientCa, chain and key
 * Methods: present(certificate), silenceOld(), goDark(), comeBack(), closeAll(), refuse(), listen(), resetCounters(), close().
 * Certificates (./scripted-upstream/identities.ts): good re-keyed wrong-name common-name-only expired not-yet-valid
 *   self-signed other-ca, or an Identity of your own. All upstreams of a process share one authority.
 * Counters (./scripted-upstream/counters.ts): connections open handshakes resumed handshakeErrors queries malformed answers
 *   inFlight mostInFlight applicationBytes rawBytes rawData reads writes mostQueriesInOneRead sizes paddings options serverNames
 *   alpn versions clients queriesPerConnection names log.
 *
 * ./scripted-upstream/fixture.ts has `start(options)` and `connect(upstream)` that end with the test, and `until(condition)`.
 * The default answer is a record made from the name (`addressOf(name)` for A); types it does not know get NODATA with SOA.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { Identity } from "../../src/cli/demo/authority.ts";
import { ScriptedConnection } from "./scripted-upstream/connection.ts";
import { count, Counters } from "./scripted-upstream/counters.ts";
import type { Presented } from "./scripted-upstream/identities.ts";
import { identity, NAME, testAuthority } from "./scripted-upstream/identities.ts";
import type { Knobs } from "./scripted-upstream/knobs.ts";
import { defaultKnobs } from "./scripted-upstream/knobs.ts";
import { tlsServers } from "./scripted-upstream/tls-server.ts";

export interface StartOptions extends Partial<Knobs> {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default "good". */
  readonly certificate?: Presented | Identity;
  /** The name in a good certificate of its own, for one that has another operator than the others. */
  readonly name?: string;
}

export class ScriptedUpstream {
  readonly address: string;
  readonly knobs: Knobs;
  /** The name in the good certificate. */
  readonly name: string;
  /** PEM of the root under which the good certificate is. */
  readonly ca: string;
  /** The pin of the certificate that is presented. */
  pin: string;
  /** The pin of the intermediate certificate that has signed it. */
  readonly issuerPin: string;
  counters: Counters = new Counters();
  #port = 0;
  #accepted = 0;
  #listener: Server | null = null;
  #folder: string | null = null;
  readonly #open = new Map<string, ScriptedConnection>();
  readonly #tlsFor: ReturnType<typeof tlsServers>;

  /** Starts an upstream on a port that the system chooses. */
  static async start(options: StartOptions = {}): Promise<ScriptedUpstream> {
    const { address = "127.0.0.1", name, ...rest } = options;
    const authority = await testAuthority();
    const own = name === undefined ? "good" : await authority.issue({ names: [name] });
    const { certificate = own, ...knobs } = rest;
    const shown = typeof certificate === "string" ? await identity(certificate) : certificate;
    const upstream = new ScriptedUpstream(address, name ?? NAME, authority, shown, knobs);
    await upstream.listen();
    return upstream;
  }

  private constructor(
    address: string,
    name: string,
    authority: { readonly ca: string; readonly pin: string },
    shown: Identity,
    knobs: Partial<Knobs>,
  ) {
    this.address = address;
    this.name = name;
    this.ca = authority.ca;
    this.issuerPin = authority.pin;
    this.pin = shown.pin;
    this.knobs = {
      ...defaultKnobs,
      chain: shown.chain,
      key: shown.key,
      ticketKeys: randomBytes(48),
      ...knobs,
    };
    this.#tlsFor = tlsServers(
      () => this.counters,
      (server) => {
        server.on("secureConnection", (socket) => this.#secured(socket));
        server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
          this.counters.handshakeErrors.push(error.code ?? error.message);
        });
      },
    );
  }

  get port(): number {
    return this.#port;
  }

  /** The connections that are open, oldest first. */
  get connections(): ScriptedConnection[] {
    return [...this.#open.values()];
  }

  /** Turns knobs. */
  set(knobs: Partial<Knobs>): void {
    Object.assign(this.knobs, knobs);
  }

  /** Shows another certificate to new connections. Ticket keys stay, so old sessions resume unless the client refuses. */
  async present(certificate: Presented | Identity): Promise<void> {
    const shown = typeof certificate === "string" ? await identity(certificate) : certificate;
    this.pin = shown.pin;
    this.set({ chain: shown.chain, key: shown.key });
  }

  /** The connections that are open now never answer again; new ones are served. */
  silenceOld(): void {
    for (const connection of this.#open.values()) connection.knobs.silent = true;
  }

  /** As if the network were cut: what is open says nothing any more, and what is opened neither. */
  goDark(): void {
    this.set({ handshake: "never" });
    this.silenceOld();
  }

  /** New connections are served again; those from before stay mute. */
  comeBack(): void {
    this.set({ handshake: "serve" });
  }

  /** Closes all open connections. */
  closeAll(how: Knobs["closeWith"] = this.knobs.closeWith): void {
    for (const connection of this.#open.values()) connection.close(how);
  }

  /** Stops listening (connections are refused) and, unless told to keep them, resets the open connections. */
  async refuse(options: { readonly keepOpen?: boolean } = {}): Promise<void> {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    if (options.keepOpen !== true) this.closeAll("rst");
    // The callback would wait for the connections that are kept.
    listener.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Listens, on the same port as before if there was one. */
  async listen(): Promise<void> {
    const listener = createServer((raw) => this.#accept(raw));
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(this.#port, this.address, resolve);
    });
    this.#listener = listener;
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** Starts new counters; what is open and in flight stays counted. */
  resetCounters(): void {
    const { open, inFlight } = this.counters;
    this.counters = Object.assign(new Counters(), { open, inFlight, mostInFlight: inFlight });
  }

  /** Path of a file with `ca`; it goes when the upstream is closed. */
  caFile(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "dotls-upstream-"));
    const file = join(this.#folder, "ca.pem");
    writeFileSync(file, this.ca);
    return file;
  }

  /** Ends everything; resolves when the last connection is gone. */
  async close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    const gone = [...this.#open.values()].map(
      ({ raw }) =>
        new Promise<void>((resolve) => {
          // One that was reset a moment ago may be closed already, and says so only once.
          if (raw.closed) resolve();
          else raw.once("close", () => resolve());
          raw.destroy();
        }),
    );
    if (listener !== null) await new Promise((resolve) => listener.close(resolve));
    await Promise.all(gone);
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  #accept(raw: Socket): void {
    this.#accepted += 1;
    const number = this.#accepted;
    this.counters.connections += 1;
    this.counters.open += 1;
    // Knobs turned later on the server are seen through the prototype.
    const knobs = Object.assign(Object.create(this.knobs), this.knobs.connection?.(number)) as Knobs;
    const connection = new ScriptedConnection(number, raw, knobs, () => this.counters);
    const peer = peerOf(raw);
    let counted = 0;
    this.#open.set(peer, connection);
    raw.setNoDelay(true);
    raw.on("error", () => {});
    raw.on("close", () => {
      this.#open.delete(peer);
      this.counters.open -= 1;
      this.counters.inFlight -= connection.inFlight;
      this.counters.rawBytes += raw.bytesRead - counted;
    });
    const { handshake } = knobs;
    if (handshake === "close") raw.end();
    if (handshake === "rst") raw.resetAndDestroy();
    if (handshake === "serve") this.#tlsFor(knobs).emit("connection", raw);
    else if (typeof handshake === "object") {
      setTimeout(() => {
        if (!raw.destroyed) this.#tlsFor(knobs).emit("connection", raw);
      }, handshake.delay).unref();
    } else {
      raw.on("data", (chunk) => {
        counted += chunk.length;
        this.counters.rawBytes += chunk.length;
        this.counters.rawData.push(chunk);
        if (handshake === "garbage") raw.write("this is no TLS\r\n".repeat(4));
      });
    }
  }

  #secured(tls: TLSSocket): void {
    const connection = this.#open.get(peerOf(tls));
    const { counters } = this;
    counters.handshakes += 1;
    if (tls.isSessionReused()) counters.resumed += 1;
    count(counters.serverNames, serverName(tls));
    count(counters.versions, tls.getProtocol() ?? "");
    count(counters.clients, clientName(tls));
    const noAlpn = typeof tls.alpnProtocol !== "string";
    if (noAlpn) count(counters.alpn, "");
    if (connection === undefined || (noAlpn && connection.knobs.alpnStrict)) tls.destroy();
    else connection.serve(tls);
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** An object without anything in it stands for no certificate. */
function clientName(tls: TLSSocket): string {
  const { subject } = tls.getPeerCertificate() as { subject?: { CN: string } };
  return subject?.CN ?? "";
}

/** `servername` is missing from the types of a server's socket; false when the client sent none. */
function serverName(tls: TLSSocket): string {
  const { servername } = tls as TLSSocket & { servername?: string | false };
  return typeof servername === "string" ? servername : "";
}
