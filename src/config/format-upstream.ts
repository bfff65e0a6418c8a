import { bracketed } from "./ip-address.ts";
import { PORTS, type UpstreamDraft } from "./upstream-draft.ts";

/**
 * Writes what the short form can say of an upstream; several addresses are joined by commas, which no reader takes, and
 * the addresses of a server under `https` that has a name are left away.
 */
export function formatUpstream(spec: Omit<UpstreamDraft, "label" | "tls">): string {
  const { protocol, ddr, name, addresses } = spec;
  const scheme = ddr ? "ddr" : protocol;
  const port = spec.port === (ddr ? PORTS.udp : PORTS[protocol]) ? "" : `:${spec.port}`;
  const hosts = addresses.map(bracketed).join(",");
  if (protocol === "https") {
    return `https://${name ?? hosts}${port}${spec.path}`;
  }
  if (addresses.length === 0) return `${scheme}://${name}${port}`;
  return `${scheme}://${hosts}${port}${name === null ? "" : `#${name}`}`;
}

/** What to call an upstream that was not written in the short form. Several addresses: what they have in common. */
export function labelOf(spec: Omit<UpstreamDraft, "label" | "tls">): string {
  if (spec.protocol !== "tls" || spec.name === null || spec.addresses.length <= 1)
    return formatUpstream(spec);
  return spec.port === PORTS.tls ? spec.name : `${spec.name}:${spec.port}`;
}
