import { isIP } from "node:net";
import { parseResolvConf } from "../../../config/resolv-conf.ts";
import { type Finding, finding } from "../finding.ts";
import { DNS_PORT, type Doors } from "./doors.ts";
import type { HostFiles } from "./files.ts";

/** What systemd-resolved is told, as far as it says where queries go. */
export interface Resolved {
  readonly running: boolean;
  /** `DNS=`: address and port of each. */
  readonly servers: readonly { readonly address: string; readonly port: number }[];
  readonly domains: readonly string[];
  readonly stub: boolean;
  /** `DNSOverTLS=`, in small letters. */
  readonly overTls: string;
  /** All servers that it uses, those of the network's DHCP among them. */
  readonly uplinks: readonly string[];
}

/** The addresses at which resolved listens for programs that know resolv.conf only. */
export const STUBS: readonly string[] = ["127.0.0.53", "127.0.0.54"];

const runtime = "/run/systemd/resolve/resolv.conf";
const mainFile = "/etc/systemd/resolved.conf";
const folders = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"].map(
  (folder) => `${folder}/resolved.conf.d`,
);

/** Reads resolved.conf and its drop-ins as resolved.conf(5) says: of two with one name, the first folder's counts. */
export function readResolved(files: HostFiles): Resolved {
  const dropIns = new Map<string, string>();
  for (const folder of folders) {
    for (const name of files.names(folder)) {
      if (name.endsWith(".conf") && !dropIns.has(name)) dropIns.set(name, `${folder}/${name}`);
    }
  }
  const paths = [mainFile, ...[...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)];
  const lists = { DNS: [] as string[], Domains: [] as string[] };
  let stub = true;
  let overTls = "no";
  for (const [key, value] of paths.flatMap((path) => settingsIn(files.text(path) ?? ""))) {
    if (key === "DNS" || key === "Domains") {
      const words = value.split(/\s+/).filter((word) => word !== "");
      // An empty value takes back what was said before.
      lists[key] = words.length === 0 ? [] : [...lists[key], ...words];
    } else if (key === "DNSStubListener") stub = !/^(no|false|0|off)$/i.test(value);
    else if (key === "DNSOverTLS") overTls = value.toLowerCase();
  }
  const uplinks = files.text(runtime);
  return {
    running: uplinks !== null,
    servers: lists.DNS.flatMap(serverOf),
    domains: lists.Domains,
    stub,
    overTls,
    uplinks: uplinks === null ? [] : parseResolvConf(uplinks).nameservers,
  };
}

function settingsIn(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value ?? ""]];
  });
}

/** `ADDRESS[:PORT][%INTERFACE][#NAME]`, IPv6 in brackets before a port. */
function serverOf(text: string): { address: string; port: number }[] {
  const bare = text.replace(/#.*$/, "").replace(/%.*$/, "");
  if (isIP(bare) !== 0) return [{ address: bare, port: DNS_PORT }];
  const [, inside, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(bare) ?? [];
  const address = inside ?? plain ?? "";
  return isIP(address) === 0 ? [] : [{ address, port: port === undefined ? DNS_PORT : Number(port) }];
}

/** Whether what resolved is asked comes to dotls. */
export function resolvedFinding(resolved: Resolved, doors: Doors): Finding {
  const { running, servers, uplinks, domains, stub, overTls } = resolved;
  const facts = { running, servers, uplinks, domains, stub, overTls };
  if (!running) return finding("resolved", "info", "systemd-resolved does not run here", { facts });
  const ours = servers.filter(({ address, port }) => doors.leadHere(address, port));
  if (ours.length === 0) {
    const asked = uplinks.length === 0 ? "nobody" : uplinks.join(", ");
    return finding("resolved", "info", `systemd-resolved runs and asks ${asked}, not dotls`, { facts });
  }
  if (overTls === "yes") {
    return finding(
      "resolved",
      "fail",
      "systemd-resolved is told to ask dotls over TLS, which dotls does not take from programs",
      {
        facts,
        advice: "Set DNSOverTLS=no in resolved.conf: dotls does the TLS.",
      },
    );
  }
  if (servers.length > ours.length || !domains.includes("~.")) {
    return finding("resolved", "warn", "systemd-resolved asks dotls, and others too", {
      facts,
      advice:
        "Name only dotls in DNS= and set Domains=~. in resolved.conf, so that it is asked for all names.",
    });
  }
  return finding("resolved", "ok", "systemd-resolved asks dotls for all names", { facts });
}
