import { readFileSync } from "node:fs";
import { faultOfCaFile } from "../../config/ca-file.ts";
import { DOT_PORT } from "../../config/upstream-spec.ts";
import type { Target } from "../../upstream/dial.ts";
import { TrustAnchors } from "../../upstream/trust-anchors.ts";
import type { Server } from "./server.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The port of DNS without TLS (RFC 1035 section 4.2). */
const PLAIN_PORT = 53;

/** The port a server is asked at: its own, else that of `-p`, else the usual one. */
export function portOf(server: Server, lookup: Lookup, globals: GlobalSettings): number {
  return server.port ?? globals.port ?? (lookup.tls ? DOT_PORT : PLAIN_PORT);
}

/**
 * Who a server must prove to be over TLS. There is no way to ask without: what a certificate must carry is
 * `+tls-hostname`, else the server's name, else its address. Throws UsageError when the CA file cannot be used.
 */
export function tlsTarget(server: Server, port: number, lookup: Lookup): Target {
  const { tlsName, tlsCa, tlsPins } = lookup;
  return {
    address: server.address,
    port,
    name: tlsName ?? server.tlsName,
    pins: tlsPins,
    anchors: new TrustAnchors(tlsCa === null ? null : readAnchors(tlsCa)),
    minVersion: "TLSv1.2",
  };
}

/** Throws UsageError when a file cannot serve as trust anchors. */
export function checkCa(file: string): void {
  const fault = faultOfCaFile(file);
  if (fault !== null) throw new UsageError(`+tls-ca: ${fault}`);
}

function readAnchors(file: string): string {
  checkCa(file);
  return readFileSync(file, "utf8");
}
