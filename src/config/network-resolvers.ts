import { readFileSync } from "node:fs";
import { canonicalAddress, isLoopback, isWildcard } from "./ip-address.ts";
import { parseResolvConf } from "./resolv-conf.ts";

/**
 * Where a host keeps the resolvers that its network named, the best first: /etc/resolv.conf often names this host alone,
 * and then systemd-resolved or NetworkManager knows whom DHCP named.
 */
const FILES: readonly string[] = [
  "/etc/resolv.conf",
  "/run/systemd/resolve/resolv.conf",
  "/run/NetworkManager/no-stub-resolv.conf",
  "/run/NetworkManager/resolv.conf",
];

/**
 * The plain resolvers of the network that this host is in: those of the first file that names some which are not this
 * host. `isOwn` says which addresses are our own doors; `read` gives a file's text, or null when there is none.
 * Empty when nobody is named.
 */
export function networkResolvers(
  isOwn: (address: string) => boolean,
  read: (file: string) => string | null = readIfThere,
): readonly string[] {
  for (const file of FILES) {
    const { nameservers } = parseResolvConf(read(file) ?? "");
    const others = nameservers.filter((address) => {
      const plain = (canonicalAddress(address) ?? address).replace(/^::ffff:(?=[\d.]+$)/, "");
      return !isLoopback(plain) && !isWildcard(plain) && !isOwn(plain);
    });
    if (others.length > 0) return others;
  }
  return [];
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
