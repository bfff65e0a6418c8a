import { chain } from "./chain.ts";
import { clientSubnet } from "./client-subnet.ts";
import { cookie } from "./cookie.ts";
import { expire } from "./expire.ts";
import { extendedError } from "./extended-error-option.ts";
import { keepalive } from "./keepalive.ts";
import { keyTag } from "./key-tag.ts";
import { nsid } from "./nsid.ts";
import type { EdnsOption, OptionCodec } from "./option.ts";
import { dumpBytes, hexadecimal, hexPairs } from "./option.ts";
import { padding } from "./padding.ts";
import { zoneVersion } from "./zone-version.ts";

/** An option kind with the type of its value hidden, so that all of them fit in one table. */
interface OptionKind {
  readonly code: number;
  readonly name: string;
  readonly label: string | null;
  text(data: Uint8Array): string | null;
  describe(data: Uint8Array): Record<string, unknown> | null;
}

function kind<Value>(codec: OptionCodec<Value>): OptionKind {
  const { code, name, label } = codec;
  return {
    code,
    name,
    label,
    text(data) {
      const value = codec.decode(data);
      return value === null ? null : codec.text(value);
    },
    describe(data) {
      const value = codec.decode(data);
      return value === null ? null : codec.describe(value);
    },
  };
}

const kinds: readonly OptionKind[] = [
  kind(nsid),
  kind(clientSubnet),
  kind(expire),
  kind(cookie),
  kind(keepalive),
  kind(padding),
  kind(chain),
  kind(keyTag),
  kind(extendedError),
  kind(zoneVersion),
];

const kindByCode = new Map(kinds.map((entry) => [entry.code, entry]));

/** Names that dig also takes, or that the registry uses. */
const otherNames: readonly (readonly [string, number])[] = [
  ["PAD", padding.code],
  ["CLIENT-SUBNET", clientSubnet.code],
  ["EDNS-TCP-KEEPALIVE", keepalive.code],
];

const codeByName = new Map([...kinds.map(({ name, code }) => [name, code] as const), ...otherNames]);

/** The code of an option by its name, in any case (`NSID`, `ecs`, `PAD`); undefined when there is no such name. */
export function optionCode(name: string): number | undefined {
  return codeByName.get(name.toUpperCase());
}

/** One line of dig's OPT PSEUDOSECTION, without its line end: `; NSID: 67 70 ("gp")`. */
export function formatOption({ code, data }: EdnsOption): string {
  const entry = kindByCode.get(code);
  return `; ${entry?.label ?? `OPT=${code}`}:${entry?.text(data) ?? unreadable(code, data)}`;
}

/** An option for JSON: its code and name, and its fields when they can be read, else its bytes. */
export function describeOption({ code, data }: EdnsOption): Record<string, unknown> {
  const entry = kindByCode.get(code);
  const fields = entry?.describe(data) ?? { data: hexadecimal(data) };
  return { option: code, optionName: entry?.name ?? null, ...fields };
}

/** The bytes of an option that nobody can read, with dig's differences between the kinds. */
function unreadable(code: number, data: Uint8Array): string {
  if (code === cookie.code) return data.length === 0 ? "" : ` ${hexadecimal(data)}`;
  if (code === clientSubnet.code) return data.length === 0 ? "" : hexPairs(data);
  return dumpBytes(data);
}
