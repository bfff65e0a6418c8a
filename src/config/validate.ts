import { networkInterfaces } from "node:os";
import { faultOfCaFile } from "./ca-file.ts";
import type { CaSource, Config, ListenAddress } from "./config.ts";
import type { ConfigProblem } from "./config-error.ts";
import { SOCKET_PATH_LIMIT } from "./control-socket.ts";
import { canonicalAddress, isLoopback, isWildcard } from "./ip-address.ts";
import { formatListen } from "./listen-address.ts";
import { formatKey, type KeyPath } from "./source.ts";

/** Where a part of the merged configuration is written. */
export type Where = (path: KeyPath) => string;

/** Checks what no option can tell alone. Gives a problem for everything that would not do what it says. */
export function validate(config: Config, where: Where): ConfigProblem[] {
  return [
    ...duplicateListeners(config, where),
    ...duplicateUpstreams(config, where),
    ...loops(config, where),
    ...caFaults(config, where),
    ...socketFaults(config, where),
    ...historyFaults(config, where),
  ];
}

function duplicateListeners({ listen }: Config, where: Where): ConfigProblem[] {
  const problem = (message: string): ConfigProblem => {
    return { where: where(["listen"]), key: "listen", message, hint: "keep one of them" };
  };
  return listen.flatMap((listener, index) => {
    // Port 0 is another one for each listener.
    const others = listen.filter(
      (other, at) => at !== index && other.port !== 0 && sameDoor(other, listener),
    );
    const first = others.find((other) => other.address === listener.address);
    if (first !== undefined) {
      return listen.indexOf(first) < index ? [problem(`${formatListen(listener)} is given twice`)] : [];
    }
    const wider = others.find((other) => covers(other.address, listener.address));
    return wider === undefined
      ? []
      : [problem(`${formatListen(listener)} is part of ${formatListen(wider)}, which is given as well`)];
  });
}

function sameDoor(a: ListenAddress, b: ListenAddress): boolean {
  return a.transport === b.transport && a.port === b.port;
}

/** Whether a listener for all addresses leaves no room for one on `address`. IPv4 beside `::` has room: see `takesIPv4`. */
function covers(wildcard: string, address: string): boolean {
  return isWildcard(wildcard) && wildcard.includes(":") === address.includes(":");
}

function duplicateUpstreams({ upstreams }: Config, where: Where): ConfigProblem[] {
  const identities = upstreams.map((upstream) => JSON.stringify({ ...upstream, label: "" }));
  return identities.flatMap((identity, index) => {
    const first = identities.indexOf(identity);
    if (first === index) return [];
    const path = ["upstreams", index];
    const message = `the same upstream as ${formatKey(["upstreams", first])}`;
    return [{ where: where(path), key: formatKey(path), message, hint: "asking it twice gains nothing" }];
  });
}

/** DNS over TLS runs over TCP, so only a TCP listener could be reached by our own queries. */
function loops({ listen, upstreams }: Config, where: Where): ConfigProblem[] {
  const doors = listen.filter((listener) => listener.transport === "tcp");
  return upstreams.flatMap((upstream, index) => {
    const door = doors.find(
      (listener) =>
        listener.port === upstream.port &&
        upstream.addresses.some((address) => reaches(address, listener, listen)),
    );
    if (door === undefined) return [];
    const path = ["upstreams", index];
    const message = `${upstream.label} is ${formatListen(door)}, where dotls itself listens`;
    return [
      { where: where(path), key: formatKey(path), message, hint: "queries would go round in a circle" },
    ];
  });
}

function reaches(address: string, listener: ListenAddress, all: readonly ListenAddress[]): boolean {
  if (address === listener.address) return true;
  const open = covers(listener.address, address) || (listener.address === "::" && takesIPv4(listener, all));
  return open && (isLoopback(address) || localAddresses().has(address));
}

/** `::` takes IPv4 as well, unless an IPv4 address is given for the same transport and port. */
function takesIPv4(listener: ListenAddress, all: readonly ListenAddress[]): boolean {
  return !all.some((other) => sameDoor(other, listener) && !other.address.includes(":"));
}

function localAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => canonicalAddress(address.split("%", 1)[0]!) ?? address));
}

function caFaults({ tls, upstreams }: Config, where: Where): ConfigProblem[] {
  const used: { ca: CaSource | null; path: KeyPath }[] = [
    { ca: tls.ca, path: ["tls", "ca"] },
    ...upstreams.map(({ ca }, index) => ({ ca, path: ["upstreams", index, "ca"] })),
  ];
  return used.flatMap(({ ca, path }) => {
    const message = ca === null || ca === "system" ? null : faultOfCaFile(ca.file);
    return message === null ? [] : [{ where: where(path), key: formatKey(path), message, hint: null }];
  });
}

function socketFaults({ control }: Config, where: Where): ConfigProblem[] {
  const length = Buffer.byteLength(control.socket ?? "");
  if (length <= SOCKET_PATH_LIMIT) return [];
  const path = ["control", "socket"];
  const message = `the path has ${length} bytes, and the address of a socket holds ${SOCKET_PATH_LIMIT}: ${control.socket}`;
  return [{ where: where(path), key: formatKey(path), message, hint: "choose a shorter path, or none" }];
}

/** The file is written from what is in memory. */
function historyFaults({ history }: Config, where: Where): ConfigProblem[] {
  if (history.file === null || history.size > 0) return [];
  const path = ["history", "size"];
  const message = "with none of the queries in memory, none would get into history.file";
  return [{ where: where(path), key: formatKey(path), message, hint: "leave history.size away" }];
}
