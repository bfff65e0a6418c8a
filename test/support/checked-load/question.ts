import { RrType } from "../../../src/dns/rrtype.ts";

/** What a name is answered with; it stands at the beginning of the name. */
export const KINDS = ["address", "addresses", "text", "alias", "nodata", "nxdomain"] as const;
export type Kind = (typeof KINDS)[number];

/** All names are below this one. */
export const CHECKED_ZONE = "checked.example";

/** A question whose right answer can be told from the question alone, but for the moment at which it was given. */
export interface CheckedQuestion {
  /** In any case. */
  readonly name: string;
  readonly type: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export const typeOf: Readonly<Record<Kind, number>> = {
  address: RrType.A,
  addresses: RrType.AAAA,
  text: RrType.TXT,
  alias: RrType.A,
  nodata: RrType.A,
  nxdomain: RrType.A,
};

/** A name that is answered with `kind` and a TTL of so many seconds. */
export function checkedName(kind: Kind, ttl: number, serial: number): string {
  return `${kind}-${ttl}-${serial}.${CHECKED_ZONE}`;
}

/** The parts of such a name, whatever its case; null when it is none. */
export function partsOf(name: string): { readonly kind: Kind; readonly ttl: number } | null {
  const [, word, ttl] = /^([a-z]+)-(\d+)-\d+\.checked\.example\.?$/.exec(name.toLowerCase()) ?? [];
  const kind = KINDS.find((one) => one === word);
  return kind === undefined ? null : { kind, ttl: Number(ttl) };
}
