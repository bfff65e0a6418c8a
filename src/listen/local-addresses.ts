import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/**
 * Every address of 127.0.0.0/8 is local without being listed at an interface. These are the ones that systems and
 * people use: the first of the block, Debian's name for the machine, and the two of systemd-resolved.
 */
const loopbacks: readonly string[] = [
  ...Array.from({ length: 15 }, (_, i) => `127.0.0.${i + 2}`),
  "127.0.0.53",
  "127.0.0.54",
  "127.0.1.1",
];

/** Which addresses a wildcard stands for. */
export type Families = "IPv4" | "IPv6" | "both";

/**
 * The addresses at which this machine can be asked, of one family or both. Link-local IPv6 addresses carry their scope (`fe80::1%eth0`).
 * `optional` are those that may fail to bind without harm.
 */
export function localAddresses(
  families: Families,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): { addresses: string[]; optional: ReadonlySet<string> } {
  const found = new Set<string>();
  const optional = new Set<string>();
  for (const [name, entries] of Object.entries(interfaces)) {
    for (const entry of entries ?? []) {
      if (entry.family === "IPv6") {
        if (families === "IPv4") continue;
        found.add(entry.address.startsWith("fe80:") ? `${entry.address}%${name}` : entry.address);
      } else if (families !== "IPv6") {
        found.add(entry.address);
        if (entry.address === "127.0.0.1") for (const more of loopbacks) optional.add(more);
      }
    }
  }
  for (const address of optional) {
    if (found.has(address)) optional.delete(address);
    else found.add(address);
  }
  return { addresses: [...found], optional };
}

/** Whether an address means every local address. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
