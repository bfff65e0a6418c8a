import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "../../src/control/status.ts";
import { Counters } from "../../src/observe/counters.ts";

/** A status with something in every field. */
export function statusOf(changes: Partial<Status> = {}): Status {
  return {
    version: "9.8.7",
    pid: process.pid,
    startedAt: "2026-11-21T14:00:00.000Z",
    uptime: 93_784,
    config: "/etc/dotls/dotls.yaml",
    listeners: ["udp://127.0.0.1:5300", "tcp://127.0.0.1:5300"],
    workers: 1,
    upstreams: [
      {
        label: "tls://192.0.2.1#dns.example",
        address: "192.0.2.1",
        port: 853,
        name: "dns.example",
        designated: null,
        authenticated: "name",
        weakness: null,
        state: "up",
        lastError: null,
        connections: 3,
        handshakes: 2,
        resumed: 1,
        queries: 1000,
        answers: 990,
        failures: 10,
        mismatched: 0,
        inFlight: 4,
        handshakeMs: 21.5,
        roundTripMs: 8.25,
      },
      {
        label: "tls://192.0.2.2#dns.example",
        address: "192.0.2.2",
        port: 853,
        name: "dns.example",
        designated: null,
        authenticated: null,
        weakness: null,
        state: "down",
        lastError: {
          kind: "refused",
          text: "192.0.2.2 port 853 refused the connection",
          at: "2026-11-22T16:00:04.000Z",
        },
        connections: 0,
        handshakes: 0,
        resumed: 0,
        queries: 0,
        answers: 0,
        failures: 7,
        mismatched: 0,
        inFlight: 0,
        handshakeMs: null,
        roundTripMs: null,
      },
    ],
    queries: new Counters().snapshot(),
    cache: null,
    history: { kept: 0, size: 10_000, file: null },
    ...changes,
  };
}

/** A new folder for a socket, and the socket's path in it; short, as socket paths must be. */
export function socketPath(): { folder: string; socket: string } {
  const folder = mkdtempSync(join(tmpdir(), "dotls-control-"));
  return { folder, socket: join(folder, "control.sock") };
}
