import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { ListenAddress } from "../../config/config.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import { parseResolvConf } from "../../config/resolv-conf.ts";
import { DotlsError } from "../../errors.ts";
import type { DoorAnswer } from "../door-check.ts";
import { DNS_PORT } from "../doctor/host/doors.ts";
import { hostFiles } from "../doctor/host/files.ts";
import { SystemFiles } from "./files.ts";
import type { Host } from "./host.ts";
import { planFor } from "./plan.ts";
import { readRecord, RECORD_FILE, type SystemRecord, writeRecord } from "./record.ts";

/** How often it is looked whether names are resolved after a change, before the change is taken back. */
const LOOKS = 10;

/** What `dotls system status` knows. */
export interface SystemStatus {
  readonly record: SystemRecord | null;
  /** The files that are no longer as they were written. */
  readonly changed: readonly string[];
}

/** Whether the host was pointed to dotls, and whether that still stands. Throws DotlsError (ERR_DOTLS_SYSTEM). */
export function systemStatus(host: Host): SystemStatus {
  const files = new SystemFiles(host.root);
  const record = readRecord(files);
  if (record === null) return { record, changed: [] };
  const changed = record.files.filter(({ path, wrote }) => !isAsWritten(files, path, wrote));
  return { record, changed: changed.map(({ path }) => path) };
}

/**
 * Points the programs of a host to dotls. Nothing is touched unless the server resolves names at this moment, and all of
 * it is taken back when names are not resolved afterwards. Gives the lines that tell what was done.
 *
 * @throws DotlsError ERR_DOTLS_SYSTEM; then the host is as it was.
 */
export async function enableSystem(host: Host, listen: readonly ListenAddress[]): Promise<string[]> {
  const files = new SystemFiles(host.root);
  const before = systemStatus(host);
  if (before.record !== null && before.changed.length === 0) {
    return [`already enabled: the programs of this host ask dotls at ${before.record.door}`];
  }
  const plan = planFor(hostFiles(host.root), listen);
  const door = formatHostPort(plan.door.address, plan.door.port);
  const fault = faultOf(await host.ask(plan.door));
  if (fault !== null) {
    throw failed(`dotls does not resolve names at ${door} (${fault}); nothing was changed`);
  }
  // What others have written since is what there is to go back to.
  const lines = before.record === null ? [] : await undo(host, files, before.record);
  const { files: written, services } = before.record === null ? plan : planFor(hostFiles(host.root), listen);
  const record: SystemRecord = {
    version: 1,
    enabledAt: host.now().toISOString(),
    door,
    files: written.map(({ path, text }) => ({ path, wrote: text, before: files.look(path) })),
    services,
  };
  writeRecord(files, record);
  try {
    for (const { path, text } of written) files.write(path, text);
    for (const service of services) await host.renew(service);
    const broken = await brokenAfter(host);
    if (broken !== null) throw new Error(broken);
  } catch (error) {
    await undo(host, files, record);
    const reason = error instanceof Error ? error.message : String(error);
    throw failed(`${reason}; everything is as it was before`, error);
  }
  return [
    ...lines,
    ...written.map(({ path }) => `wrote ${path}`),
    ...services.map((service) => `made ${service} read it`),
    `the programs of this host ask dotls at ${door}`,
  ];
}

/** Takes back what `enableSystem` did, but for files that somebody else has written since. Gives lines that tell it. */
export async function disableSystem(host: Host): Promise<string[]> {
  const files = new SystemFiles(host.root);
  const record = readRecord(files);
  if (record === null) return ["not enabled: there is nothing to take back"];
  return undo(host, files, record);
}

async function undo(host: Host, files: SystemFiles, record: SystemRecord): Promise<string[]> {
  const lines: string[] = [];
  for (const { path, wrote, before } of record.files.toReversed()) {
    if (isDeepStrictEqual(files.look(path), before)) continue;
    if (isAsWritten(files, path, wrote)) {
      files.restore(path, before);
      lines.push(before.kind === "none" ? `removed ${path}` : `restored ${path}`);
    } else lines.push(`left ${path} alone: somebody else has written it since`);
  }
  // From here on there is nothing left to undo, even if a service does not want to.
  files.remove(RECORD_FILE);
  for (const service of record.services) {
    try {
      await host.renew(service);
      lines.push(`made ${service} read it`);
    } catch (error) {
      const reason = error instanceof Error ? error.message.trim() : String(error);
      lines.push(`${service} could not be made to read it, please restart it: ${reason}`);
    }
  }
  return lines;
}

function isAsWritten(files: SystemFiles, path: string, wrote: string): boolean {
  const now = files.look(path);
  return now.kind === "file" && now.text === wrote;
}

/** Why names are not resolved by way of resolv.conf, as the C library goes it; null: they are. Services get time to start. */
async function brokenAfter(host: Host): Promise<string | null> {
  const text = hostFiles(host.root).text("/etc/resolv.conf") ?? "";
  const address = parseResolvConf(text).nameservers[0] ?? "127.0.0.1";
  let fault: string | null = null;
  for (let look = 0; look < LOOKS; look++) {
    fault = faultOf(await host.ask({ transport: "udp", address, port: DNS_PORT }));
    if (fault === null) return null;
    await sleep(host.pause);
  }
  return `names were not resolved at ${address} afterwards (${fault})`;
}

function faultOf(answer: DoorAnswer): string | null {
  if (answer.rcode === null) return answer.reason;
  return answer.rcode === 0 ? null : `it answers with response code ${answer.rcode}`;
}

function failed(message: string, cause?: unknown): DotlsError {
  return new DotlsError("ERR_DOTLS_SYSTEM", message, { cause });
}
