import type { BootstrapServer, UpstreamSpec } from "../../config/config.ts";
import type { AddressStore } from "../../upstream/address-store.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import { facesOf } from "../reach/designated.ts";
import type { Targets } from "../reach/targets.ts";
import { discoveryFinding, undiscovered } from "./discovery.ts";
import { families, familyFindings } from "./families.ts";
import { type Finding, finding } from "./finding.ts";
import { examinePlain } from "./plain.ts";
import { resolveName } from "./resolve.ts";
import { type Examination, type Examined, examineServer } from "./server.ts";

/** An upstream to look at, and what to ask it. */
export interface Patient {
  readonly spec: UpstreamSpec;
  /** A name that it should know. */
  readonly name: string;
}

/** What all examinations share. */
export interface Ward {
  readonly targets: Targets;
  readonly bootstrap: readonly BootstrapServer[];
  /** Where the server keeps the addresses of upstreams; null: nowhere. It is only read. */
  readonly kept: AddressStore | null;
  /** Milliseconds for each question. */
  readonly timeout: number;
  /** How long a connection is watched on which nothing is asked, in ms. */
  readonly idleWatch: number;
}

interface ServerReport {
  readonly address: string;
  readonly port: number;
  readonly findings: readonly Finding[];
}

export interface UpstreamReport {
  readonly upstream: string;
  readonly protocol: UpstreamSpec["protocol"];
  readonly name: string | null;
  /** What holds for all addresses of it. */
  readonly findings: readonly Finding[];
  readonly servers: readonly ServerReport[];
  /** When the certificates of its servers begin and end, for a look at the clock. */
  readonly lives: readonly { readonly notBefore: Date; readonly notAfter: Date }[];
}

type Outcome = Pick<UpstreamReport, "findings" | "servers" | "lives">;

/** Examines an upstream at all its addresses, at once. */
export async function examineUpstream(patient: Patient, ward: Ward): Promise<UpstreamReport> {
  const { protocol, label: upstream, name, ddr } = patient.spec;
  const outcome = await (ddr ? examineDesignated(patient, ward) : examineAddresses(patient, ward));
  return { upstream, protocol, name, ...outcome };
}

async function examineAddresses({ spec, name }: Patient, ward: Ward): Promise<Outcome> {
  const { protocol, port } = spec;
  const findings: Finding[] = [];
  let { addresses } = spec;
  if (addresses.length === 0) {
    const known = spec.name ?? "";
    const resolved = await resolveName(known, ward.bootstrap, ward.kept?.get(known));
    findings.push(resolved.finding);
    addresses = resolved.addresses;
  }
  if (protocol === "udp" || protocol === "tcp") {
    const servers = await Promise.all(
      addresses.map(async (address) => ({
        address,
        port,
        findings: await examinePlain(protocol, { address, port }, name, ward.timeout),
      })),
    );
    return { findings, servers, lives: [] };
  }
  const https: DohOptions | null = protocol === "https" ? { path: spec.path, method: spec.method } : null;
  const findAddressesOf = families(addresses) === 1 ? spec.name : null;
  const examined = await Promise.all(
    addresses.map((address) =>
      examineServer(ward.targets.at(spec, address), examination(ward, name, https, findAddressesOf)),
    ),
  );
  if (addresses.length > 0)
    findings.push(...(await familyFindings(spec, https, addresses, examined, ward.targets)));
  const isNoFault = ({ failure }: Examined): boolean => failure?.kind === "unreachable";
  const servers = addresses.map((address, at) => ({
    address,
    port,
    findings: softened(examined, at, isNoFault),
  }));
  return { findings, servers, lives: livesOf(examined) };
}

/** Asks a plain resolver for its encrypted faces, and examines those as the server would use them. */
async function examineDesignated({ spec, name }: Patient, ward: Ward): Promise<Outcome> {
  const startedAt = performance.now();
  const faces = await facesOf(spec, ward.targets);
  const ms = performance.now() - startedAt;
  if ("kind" in faces) return { findings: [undiscovered(spec, faces, ms)], servers: [], lives: [] };
  const examined = await Promise.all(
    faces.map(({ target, https }) => examineServer(target, examination(ward, name, https, null))),
  );
  const servers = faces.map(({ target: { address, port } }, at) => ({
    address,
    port,
    // Of several, the server goes to the next until one is right.
    findings: softened(examined, at, () => true),
  }));
  return { findings: [discoveryFinding(spec, faces, examined, ms)], servers, lives: livesOf(examined) };
}

function examination(
  { timeout, idleWatch }: Ward,
  name: string,
  https: DohOptions | null,
  findAddressesOf: string | null,
): Examination {
  return { https, name, timeout, idleWatch, findAddressesOf };
}

/** Where another one of the same upstream works, some failures break nothing: such as a family that this host has no way to. */
function softened(
  examined: readonly Examined[],
  at: number,
  isNoFault: (one: Examined) => boolean,
): readonly Finding[] {
  const own = examined[at]!;
  if (own.failure === null || !isNoFault(own)) return own.findings;
  if (examined.every(({ failure }) => failure !== null)) return own.findings;
  return own.findings.map((one) => (one.mark === "fail" ? finding(one.check, "warn", one.text, one) : one));
}

function livesOf(examined: readonly Examined[]): UpstreamReport["lives"] {
  return examined.flatMap(({ chain }) => chain.slice(0, 1));
}
