import { canonicalAddress, formatHostPort } from "../../config/ip-address.ts";
import { parseListen } from "../../config/listen-address.ts";
import { parseBootstrap } from "../../config/bootstrap.ts";
import { parseUpstream } from "../../config/upstream-spec.ts";
import type { Setting, SettingName, Settings } from "./cloudflared-settings.ts";
import type { Conversion, SourceOption } from "./conversion.ts";
import { addressesOf, tryParts } from "./server-entry.ts";

/** What `cloudflared proxy-dns` did without a word. */
const DEFAULT_ADDRESS = "localhost";
const DEFAULT_PORT = "53";
const DEFAULT_UPSTREAMS = ["https://1.1.1.1/dns-query", "https://1.0.0.1/dns-query"];

/** Plain resolvers of the operator that cloudflared asked for the addresses of its upstreams, over HTTPS. */
const DEFAULT_BOOTSTRAP = ["1.1.1.1", "1.0.0.1"];

const IN_PLAIN =
  "asked in plain DNS for the addresses of upstreams, and for nothing else; list addresses with the upstreams to go without";

/** Converts what proxy-dns was told. Nothing comes out of it when proxy-dns was not asked for. */
export function convertCloudflared(settings: Settings, conversion: Conversion): void {
  const told = (name: SettingName): Setting | null => settings.get(name) ?? null;
  const enabled = told("enabled");
  const others = [...settings.keys()].filter((name) => name !== "metrics" && name !== "enabled");
  const isOff = enabled !== null && /^(?:false|0|f|no|off)$/i.test(enabled.values.at(-1) ?? "");
  if ((enabled === null && others.length === 0) || (isOff && others.length === 0)) return;
  if (enabled !== null) {
    const reason = isOff ? "off, and converted all the same" : "dotls serve is what runs in its place";
    conversion.drop(enabled.option, reason);
  }
  convertListen(told("address"), told("port"), conversion);
  const names = convertUpstreams(told("upstream"), conversion);
  convertBootstrap(told("bootstrap"), names, conversion);
  if (conversion.has("upstreams")) {
    const origin = told("upstream")?.option ?? absent("upstream");
    conversion.set("policy", "failover", [{ ...origin, value: "asked in their order" }]);
  }
  const connections = told("connections");
  if (connections !== null) {
    conversion.drop(connections.option, "one connection to a server carries all queries at once (RFC 9113)");
  }
  const metrics = told("metrics");
  if (metrics !== null) {
    conversion.drop(metrics.option, "dotls status and dotls history tell over the control socket");
  }
}

function absent(name: string): SourceOption {
  return { where: "cloudflared", name, value: "by default" };
}

function convertListen(address: Setting | null, port: Setting | null, conversion: Conversion): void {
  const from = [address?.option ?? absent("address"), port?.option ?? absent("port")];
  const written = (address?.values.at(-1) ?? DEFAULT_ADDRESS).replace(/^\[(.*)\]$/, "$1");
  const isLocal = written.toLowerCase() === "localhost";
  const host = isLocal ? "127.0.0.1" : written;
  const made = tryParts(() => parseListen(`${host}@${port?.values.at(-1) ?? DEFAULT_PORT}`));
  if (made.fault !== null) {
    for (const option of from) conversion.drop(option, `the default stays: ${made.fault}`);
    return;
  }
  const { address: canonical, port: number } = made.value[0]!;
  const remarks = isLocal
    ? []
    : [
        "cloudflared answers everybody; dotls answers access.allow, which is private networks when it is not set",
      ];
  const isOpen = !/^(?:127\.|::1$)/.test(canonical);
  conversion.add("listen", formatHostPort(canonical, number), from, isOpen ? remarks : []);
}

/** Gives the names of the upstreams whose addresses somebody has to be asked for. */
function convertUpstreams(setting: Setting | null, conversion: Conversion): string[] {
  const option = setting?.option ?? absent("upstream");
  const names: string[] = [];
  for (const url of setting?.values ?? DEFAULT_UPSTREAMS) {
    const from = { ...option, value: url };
    if (!/^https:\/\//i.test(url)) {
      conversion.drop(from, "left out: not a URL of https://, so it would not be encrypted");
      continue;
    }
    const made = tryParts(() => parseUpstream(url));
    if (made.fault !== null) {
      conversion.drop(from, `left out: ${made.fault}`);
      continue;
    }
    const { addresses, name } = made.value;
    const known = name === null ? null : addressesOf(name);
    if (addresses.length > 0 || name === null) conversion.add("upstreams", url, [from]);
    else if (known === null) {
      names.push(name);
      conversion.add("upstreams", url, [from]);
    } else {
      const remark = "the addresses of this server are known to dotls, so nobody is asked for them";
      conversion.add("upstreams", { server: url, addresses: known }, [from], [remark]);
    }
  }
  return names;
}

function convertBootstrap(setting: Setting | null, names: readonly string[], conversion: Conversion): void {
  if (names.length === 0) {
    if (setting !== null) conversion.drop(setting.option, "the addresses of all upstreams are known without");
    return;
  }
  for (const written of setting?.values ?? []) {
    const from = { ...setting!.option, value: written };
    const host = /^https:\/\/(\[[^\]]+\]|[^/:]+)/i.exec(written)?.[1]?.replace(/^\[(.*)\]$/, "$1");
    const address = host === undefined ? written : (canonicalAddress(host) ?? written);
    const made = tryParts(() => parseBootstrap(address));
    if (made.fault === null) conversion.add("bootstrap", address, [from], [IN_PLAIN]);
    else conversion.drop(from, `left out: ${made.fault}`);
  }
  if (conversion.has("bootstrap")) return;
  for (const address of DEFAULT_BOOTSTRAP) {
    conversion.add("bootstrap", address, [absent("bootstrap")], [`${names.join(", ")}: ${IN_PLAIN}`]);
  }
}
