import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { CaSource, UpstreamSpec } from "../../config/config.ts";
import type { Target } from "../../upstream/dial.ts";
import { TrustAnchors } from "../../upstream/trust-anchors.ts";

/** Makes targets, and reads each set of trust anchors once for all of them. */
export class Targets {
  readonly #anchors = new Map<string, TrustAnchors>();

  /** Who must be found at one address of an upstream. */
  at(spec: UpstreamSpec, address: string): Target {
    return {
      address,
      port: spec.port,
      name: spec.name,
      pins: spec.pins,
      anchors: this.#anchorsOf(spec.tls.ca),
      minVersion: spec.tls.minVersion,
    };
  }

  #anchorsOf(source: CaSource): TrustAnchors {
    const key = JSON.stringify(source);
    const known = this.#anchors.get(key) ?? new TrustAnchors(pemOf(source));
    this.#anchors.set(key, known);
    return known;
  }
}

function pemOf(source: CaSource): string | null {
  if (source === "system") return null;
  if (source === "bundled") return rootCertificates.join("\n");
  if ("file" in source) return readFileSync(source.file, "utf8");
  const { directory } = source;
  return readdirSync(directory)
    .filter((name) => !name.startsWith("."))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "utf8"))
    .filter((text) => text.includes("BEGIN CERTIFICATE"))
    .join("\n");
}
