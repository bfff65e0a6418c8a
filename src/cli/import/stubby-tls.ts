import type { KeyPath } from "../../config/source.ts";
import type { SourceOption } from "./conversion.ts";
import { asText } from "./read-source.ts";
import { cipherChoice, type Dropped, groupChoice, type NameList, type TlsChoice } from "./tls-choices.ts";

/** The options of TLS that stubby takes in general and for each upstream alike. */
export const TLS_OPTIONS: ReadonlySet<string> = new Set([
  "tls_min_version",
  "tls_max_version",
  "tls_cipher_list",
  "tls_ciphersuites",
  "tls_curves_list",
]);

const VERSIONS: ReadonlyMap<string, string | null> = new Map([
  ["GETDNS_SSL3", null],
  ["GETDNS_TLS1", null],
  ["GETDNS_TLS1_1", null],
  ["GETDNS_TLS1_2", "TLSv1.2"],
  ["GETDNS_TLS1_3", "TLSv1.3"],
]);

const isLeast = ({ key }: TlsChoice): boolean => key === "minVersion";
const isMost = ({ key }: TlsChoice): boolean => key === "maxVersion";

/** Reads the options of TLS in a map at `path`; `dropped` hears of those that cannot be used. */
export function tlsChoices(
  raw: Readonly<Record<string, unknown>>,
  optionOf: (name: string, path?: KeyPath) => SourceOption,
  path: KeyPath,
  dropped: Dropped,
): TlsChoice[] {
  const choices: TlsChoice[] = [];
  for (const [name, key] of [
    ["tls_min_version", "minVersion"],
    ["tls_max_version", "maxVersion"],
  ] as const) {
    const text = asText(raw[name]);
    if (text === null) continue;
    const from = optionOf(name, path);
    const version = VERSIONS.get(text);
    if (version === undefined) dropped(from, "this version is not known, so the default stays");
    else if (version !== null) choices.push({ key, value: version, from: [from], remark: null });
    else if (key === "maxVersion") dropped(from, "TLS 1.2 is the oldest version that is spoken (RFC 8996)");
    else {
      const remark = "raised: TLS 1.2 is the oldest version that is spoken (RFC 8996)";
      choices.push({ key, value: "TLSv1.2", from: [from], remark });
    }
  }
  const [least, most] = [choices.find(isLeast), choices.find(isMost)];
  if (least !== undefined && most !== undefined && least.value > most.value) {
    choices.splice(choices.indexOf(most), 1);
    dropped(most.from[0]!, "older than tls_min_version, which counts");
  }
  const listOf = (name: string): NameList | null => {
    const text = asText(raw[name]);
    return text === null || text === "" ? null : { text, from: optionOf(name, path) };
  };
  const ciphers = cipherChoice(listOf("tls_cipher_list"), listOf("tls_ciphersuites"), dropped);
  const groups = groupChoice(listOf("tls_curves_list"), dropped);
  return [...choices, ciphers, groups].filter((choice) => choice !== null);
}
