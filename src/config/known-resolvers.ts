/** Public resolvers, for one purpose: an error can then say exactly what to write. */
const RESOLVERS: readonly { preset: string; names: readonly string[]; spec: string }[] = [
  {
    preset: "cloudflare",
    names: ["cloudflare-dns.com", "one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com"],
    spec: "tls://1.1.1.1#cloudflare-dns.com",
  },
  { preset: "quad9", names: ["dns.quad9.net", "quad9.net"], spec: "tls://9.9.9.9#dns.quad9.net" },
  { preset: "google", names: ["dns.google", "dns.google.com"], spec: "tls://8.8.8.8#dns.google" },
  {
    preset: "adguard",
    names: ["dns.adguard-dns.com", "dns.adguard.com"],
    spec: "tls://94.140.14.14#dns.adguard-dns.com",
  },
  { preset: "mullvad", names: ["dns.mullvad.net"], spec: "tls://194.242.2.2#dns.mullvad.net" },
];

/** What to write for a preset of other programs (`quad9`, `nextdns:abc123`); null when it is none that is known. */
export function specForPreset(text: string): string | null {
  const [preset, id] = text.toLowerCase().split(":", 2);
  if (preset === "nextdns") return `tls://45.90.28.0#${id ?? "ID"}.dns.nextdns.io`;
  if (preset === "controld") return `tls://76.76.2.22#${id ?? "ID"}.dns.controld.com`;
  return RESOLVERS.find((resolver) => resolver.preset === text.toLowerCase())?.spec ?? null;
}

/** What to write for the host name of a public resolver; null when its addresses are not known here. */
export function specForName(name: string): string | null {
  const wanted = name.toLowerCase();
  const nextDns = /^([a-z0-9-]+)\.dns\.nextdns\.io$/.exec(wanted)?.[1];
  if (nextDns !== undefined) return specForPreset(`nextdns:${nextDns}`);
  const controlD = /^([a-z0-9-]+)\.dns\.controld\.com$/.exec(wanted)?.[1];
  if (controlD !== undefined) return specForPreset(`controld:${controlD}`);
  return RESOLVERS.find((resolver) => resolver.names.includes(wanted))?.spec ?? null;
}
