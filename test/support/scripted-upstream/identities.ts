import type { Authority, Identity, IssueRequest } from "../../../src/cli/demo/authority.ts";
import { createAuthority } from "../../../src/cli/demo/authority.ts";

/** Certificates that can be presented. All but `other-ca` and `self-signed` are under `testAuthority()`. */
export type Presented =
  /** Carries `NAME` and `ADDRESSES`. */
  | "good"
  /** As good, another key: the operator has rotated it. */
  | "re-keyed"
  | "wrong-name"
  /** Carries the name as common name only, no subjectAltName. */
  | "common-name-only"
  | "expired"
  | "not-yet-valid"
  | "self-signed"
  | "other-ca";

export const NAME = "dot.test";
const ADDRESSES: readonly string[] = ["127.0.0.1", "::1"];
const DAY = 86_400_000;

let authority: Promise<Authority> | undefined;
const issued = new Map<Presented, Promise<Identity>>();

/** The authority that all upstreams of one test process share. */
export function testAuthority(): Promise<Authority> {
  authority ??= createAuthority({ name: "dotls test authority" });
  return authority;
}

/** The identity of that kind, made on first use and the same from then on. */
export function identity(kind: Presented): Promise<Identity> {
  let made = issued.get(kind);
  if (made === undefined) {
    made = make(kind);
    issued.set(kind, made);
  }
  return made;
}

async function make(kind: Presented): Promise<Identity> {
  const signer =
    kind === "other-ca" ? await createAuthority({ name: "dotls other authority" }) : await testAuthority();
  return signer.issue({ ...good, ...differences[kind] });
}

const good: IssueRequest = { names: [NAME], addresses: ADDRESSES };
const differences: Readonly<Record<Presented, IssueRequest>> = {
  good: {},
  "re-keyed": {},
  "other-ca": {},
  "wrong-name": { names: ["other.test"], addresses: ["127.0.0.99"] },
  "common-name-only": { names: [], addresses: [], commonName: NAME },
  expired: { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) },
  "not-yet-valid": { notBefore: new Date(Date.now() + DAY) },
  "self-signed": { selfSigned: true },
};
