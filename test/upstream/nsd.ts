import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Target } from "../../src/upstream/dial.ts";
import { startNsd } from "../support/peers/nsd.ts";
import { type Reachable, targetOf } from "./dialing.ts";

/** A real NSD that ends with the test and has an address for every name in `nsd.test`: 10.0.0.1. */
export async function nsd(): Promise<{ readonly server: Reachable; readonly target: Target }> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-nsd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "nsd.zone");
  writeFileSync(
    file,
    "$ORIGIN nsd.test.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 10.0.0.1\n* A 10.0.0.1\n",
  );
  const peer = await startNsd([{ origin: "nsd.test", file }]);
  onTestFinished(() => peer.stop());
  const server = {
    address: "127.0.0.1",
    port: peer.tls,
    name: peer.name,
    ca: readFileSync(peer.ca, "utf8"),
  };
  return { server, target: targetOf(server) };
}
