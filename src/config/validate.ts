import type { Config } from "./config.ts";
import type { ConfigProblem } from "./config-error.ts";
import { SOCKET_PATH_LIMIT } from "./control-socket.ts";
import { formatDuration } from "./duration.ts";
import type { Fault } from "./fault.ts";
import { formatSize } from "./size.ts";
import { formatKey, type KeyPath } from "./source.ts";
import { listenerFaults, loopFaults } from "./validate-listen.ts";
import { tlsFaults } from "./validate-tls.ts";
import { routeFaults, upstreamFaults } from "./validate-upstreams.ts";

/** Where a part of the merged configuration is written. */
export type Where = (path: KeyPath) => string;

/** Checks what no option can tell alone. Gives a problem for everything that would not do what it says. */
export function validate(config: Config, where: Where): ConfigProblem[] {
  const faults = [
    ...listenerFaults(config),
    ...upstreamFaults(config),
    ...routeFaults(config),
    ...loopFaults(config),
    ...tlsFaults(config),
    ...socketFaults(config),
    ...cacheFaults(config),
    ...historyFaults(config),
    ...userFaults(config),
  ];
  return faults.map(({ path, message, hint }) => ({
    where: where(path),
    key: formatKey(path),
    message,
    hint,
  }));
}

function socketFaults({ control }: Config): Fault[] {
  const length = Buffer.byteLength(control.socket ?? "");
  if (length <= SOCKET_PATH_LIMIT) return [];
  const path = ["control", "socket"];
  const message = `the path has ${length} bytes, and the address of a socket holds ${SOCKET_PATH_LIMIT}: ${control.socket}`;
  return [{ path, message, hint: "choose a shorter path, or none" }];
}

function cacheFaults({ cache }: Config): Fault[] {
  const faults: Fault[] = [];
  if (cache.minTtl > cache.maxTtl) {
    const message = `${formatDuration(cache.minTtl)} is more than cache.maxTtl, ${formatDuration(cache.maxTtl)}`;
    faults.push({ path: ["cache", "minTtl"], message, hint: "choose a shorter time" });
  }
  if (cache.file !== null && cache.size === 0) {
    const message = "no answers are kept, so none would get into cache.file";
    faults.push({ path: ["cache", "size"], message, hint: "leave cache.size away" });
  }
  return faults;
}

function userFaults({ user, group }: Config): Fault[] {
  if (group === null || user !== null) return [];
  const message = "a group without a user: the process would still be root";
  return [{ path: ["group"], message, hint: "add user: NAME" }];
}

/** The file is written from what is in memory; and where nothing is to be known of queries, nothing of them leaves. */
function historyFaults({ history, dnstap }: Config): Fault[] {
  const faults: Fault[] = [];
  if (history.file !== null && history.size === 0) {
    const message = "with none of the queries in memory, none would get into history.file";
    faults.push({ path: ["history", "size"], message, hint: "leave history.size away" });
  }
  if (history.file !== null && history.total < history.rotate * 2) {
    const message = `${formatSize(history.total)} is less than two files of history.rotate, ${formatSize(history.rotate)}`;
    faults.push({ path: ["history", "total"], message, hint: "rotate at a smaller size" });
  }
  if (history.privacy === "counters-only" && history.file !== null) {
    const message = "history.privacy is counters-only, so nothing would get into the file";
    faults.push({ path: ["history", "file"], message, hint: "leave history.file away" });
  }
  if (history.privacy === "counters-only" && dnstap.to !== null) {
    const message = "history.privacy is counters-only, so nothing would be sent";
    faults.push({ path: ["dnstap", "to"], message, hint: "leave dnstap.to away" });
  }
  if (dnstap.to !== null && "path" in dnstap.to && Buffer.byteLength(dnstap.to.path) > SOCKET_PATH_LIMIT) {
    const message = `the address of a socket holds ${SOCKET_PATH_LIMIT} bytes: ${dnstap.to.path}`;
    faults.push({ path: ["dnstap", "to"], message, hint: "choose a shorter path" });
  }
  return faults;
}
