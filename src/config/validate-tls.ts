import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { faultOfCa } from "./ca-file.ts";
import { faultOfClientCertificate } from "./client-certificate.ts";
import type { Config, TlsOptions, UpstreamSpec } from "./config.ts";
import { allUpstreams, type Fault } from "./fault.ts";
import type { KeyPath } from "./source.ts";
import { isPlain } from "./upstream-draft.ts";

/** Options of TLS that cannot work, or that would check less than they say; for all, and for each upstream. */
export function tlsFaults(config: Config): Fault[] {
  const { tls } = config;
  const faults = optionFaults(tls, null, ["tls"]);
  for (const { upstream, path } of allUpstreams(config)) {
    if (isPlain(upstream.protocol)) continue;
    faults.push(...optionFaults(upstream.tls, tls, path), ...proofFaults(upstream, path));
  }
  return faults;
}

/** Checks options that are not those of `general`, which are checked once. */
function optionFaults(tls: TlsOptions, general: TlsOptions | null, path: KeyPath): Fault[] {
  const changed = (...keys: (keyof TlsOptions)[]): boolean =>
    general === null || keys.some((key) => JSON.stringify(tls[key]) !== JSON.stringify(general[key]));
  const fault = (key: keyof TlsOptions, message: string | null, hint: string | null = null): Fault[] =>
    message === null ? [] : [{ path: [...path, key], message, hint }];
  return [
    ...(changed("ca") ? fault("ca", faultOfCa(tls.ca)) : []),
    ...(changed("cert", "key") ? clientFaults(tls, fault) : []),
    ...(changed("minVersion", "maxVersion") && tls.minVersion > tls.maxVersion
      ? fault("maxVersion", `${tls.maxVersion} is older than minVersion, ${tls.minVersion}`)
      : []),
    ...(changed("keyLog") && tls.keyLog !== null ? fault("keyLog", faultOfNewFile(tls.keyLog)) : []),
  ];
}

function clientFaults(
  { cert, key }: TlsOptions,
  fault: (key: keyof TlsOptions, message: string | null, hint?: string | null) => Fault[],
): Fault[] {
  if (cert === null && key === null) return [];
  if (key === null)
    return fault("cert", "a certificate without its key", "add key: FILE, which may be the same file");
  if (cert === null) return fault("key", "a key without its certificate", "add cert: FILE");
  const found = faultOfClientCertificate(cert, key);
  return found === null ? [] : fault(found.at, found.message);
}

function proofFaults({ pins, certHashes, tls }: UpstreamSpec, path: KeyPath): Fault[] {
  const { verify } = tls;
  if (verify === "pin" && pins.length === 0) {
    const hint = "add pins, or write verify: strict";
    return [{ path, message: "verify: pin, and there is no pin", hint }];
  }
  const held = [...(pins.length > 0 ? ["pins"] : []), ...(certHashes.length > 0 ? ["certHashes"] : [])];
  return (verify === "none" || verify === "opportunistic" ? held : []).map((key) => ({
    path: [...path, key],
    message: `nothing would be checked against them with verify: ${verify}`,
    hint: "write verify: strict or verify: pin, or leave them away",
  }));
}

/** Why nothing could be appended to a file that may not exist yet; null when it could. */
function faultOfNewFile(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return `${file}: this is a folder, not a file`;
  try {
    accessSync(found === undefined ? dirname(file) : file, constants.W_OK);
    return null;
  } catch {
    return `${file} cannot be written`;
  }
}
