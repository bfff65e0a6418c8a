import { draft, type UpstreamDraft } from "./upstream-draft.ts";
import { nearest } from "./suggest.ts";
import { ConfigValueError } from "./value-error.ts";

interface Preset {
  /** The name of its server; `ID` stands for the account of the user. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** Other names by which the same server is known. */
  readonly aliases: readonly string[];
}

/**
 * Public resolvers over TLS, by the word that stands for them. Names and addresses as their operators publish them:
 * developers.cloudflare.com/1.1.1.1/encryption/dns-over-tls, docs.quad9.net, developers.google.com/speed/public-dns,
 * adguard-dns.io/en/public-dns.html, mullvad.net/help/dns-over-https-and-dns-over-tls, my.nextdns.io (the addresses
 * that belong to no account), docs.controld.com/docs/control-d-ip-ranges.
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map([
  [
    "cloudflare",
    {
      name: "cloudflare-dns.com",
      addresses: ["1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001"],
      aliases: ["one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com"],
    },
  ],
  [
    "quad9",
    {
      name: "dns.quad9.net",
      addresses: ["9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9"],
      aliases: ["quad9.net"],
    },
  ],
  [
    "google",
    {
      name: "dns.google",
      addresses: ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"],
      aliases: ["dns.google.com"],
    },
  ],
  [
    "adguard",
    {
      name: "dns.adguard-dns.com",
      addresses: ["94.140.14.14", "94.140.15.15", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff"],
      aliases: ["dns.adguard.com"],
    },
  ],
  ["mullvad", { name: "dns.mullvad.net", addresses: ["194.242.2.2", "2a07:e340::2"], aliases: [] }],
  [
    "nextdns:ID",
    {
      name: "ID.dns.nextdns.io",
      addresses: ["45.90.28.0", "45.90.30.0", "2a07:a8c0::", "2a07:a8c1::"],
      aliases: [],
    },
  ],
  [
    "controld:ID",
    {
      name: "ID.dns.controld.com",
      addresses: ["76.76.2.22", "76.76.10.22", "2606:1a40::22", "2606:1a40:1::22"],
      aliases: [],
    },
  ],
]);

/**
 * The upstream that a preset stands for, `quad9`, `nextdns:abc123`; null when the text does not begin with the word of
 * one. The id is what comes before the name of the operator, with the name of a device in front where there is one.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM when the word is right and the id is not.
 */
export function presetUpstream(label: string): UpstreamDraft | null {
  const [, word = "", id = ""] = /^([a-z0-9]+)(?::(.*))?$/i.exec(label) ?? [];
  const preset = PRESETS.get(word.toLowerCase());
  if (preset !== undefined && !label.includes(":")) {
    return draft("tls", { addresses: preset.addresses, name: preset.name, label });
  }
  const personal = PRESETS.get(`${word.toLowerCase()}:ID`);
  if (personal === undefined) {
    if (preset === undefined) return null;
    throw bad(`"${label}": the preset ${word} takes nothing behind it`, `write ${word.toLowerCase()}`);
  }
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(id)) {
    const hint = `write ${word.toLowerCase()}:abc123 with the id of your account for abc123`;
    throw bad(`"${label}" ${id === "" ? "lacks the id of an account" : "has no valid id"}`, hint);
  }
  return draft("tls", {
    addresses: personal.addresses,
    name: personal.name.replace("ID", id.toLowerCase()),
    label,
  });
}

/** The preset that a mistyped word most likely meant; null when none is near. */
export function nearestPreset(word: string): string | null {
  return nearest(word, PRESETS.keys());
}

/** An upstream with an address to write for the name of a public resolver; null when it is not known here. */
export function specForName(name: string): string | null {
  const wanted = name.toLowerCase();
  for (const { name: own, aliases, addresses } of PRESETS.values()) {
    const account = own.startsWith("ID.") ? wanted.slice(0, -own.length + "ID".length) : "";
    if (wanted === own.replace(/^ID(?=\.)/, account)) return `tls://${addresses[0]}#${wanted}`;
    if (aliases.includes(wanted)) return `tls://${addresses[0]}#${own}`;
  }
  return null;
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
