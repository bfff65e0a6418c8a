import { execFileSync } from "node:child_process";
import type { Peer } from "./peer.ts";
import { largeSets } from "./zone.ts";

/** A name as in a zone file, without the last dot, and a type. */
export interface Question {
  readonly name: string;
  readonly type: string;
}

const shapes = `
@ SOA, @ NS, @ MX, @ TXT, @ CAA, @ DNSKEY, ns1 DS, @ A, @ NSEC, @ TYPE65280
www A, www AAAA, www TXT, www MX, www RRSIG, WwW A, mixedcase A, MIXEDCASE A
ns1 A, ns1 AAAA, mail A, one A, one AAAA, one CNAME, two TXT, gone A
a\\.dot TXT, \\000\\255raw TXT
any.wild A, two.labels.wild A, any.wild TXT, any.wild AAAA, here.wild A, here.wild TXT, wild A
deep.empty.between A, empty.between A, between TXT
leaf.tree A, leaf.tree AAAA, none.tree A, tree DNAME, tree A
_853._tcp.www TLSA, _dns._udp SRV, svc HTTPS
missing A, missing.www AAAA, a.b.c.d.e.f TXT
`;

/** Chains, wildcards, what is not there, names in odd spellings: small answers from peers.example. */
export const shapeQuestions: readonly Question[] = shapes
  .trim()
  .split(/[,\n]\s*/)
  .map((item) => item.split(" ") as [string, string])
  .map(([name, type]) => ({ name: name === "@" ? "peers.example" : `${name}.peers.example`, type }));

/** Answers from about 340 bytes to about 60 KB. */
export const largeQuestions: readonly Question[] = largeSets.map(({ name, type }) => ({
  name: `${name}.peers.example`,
  type,
}));

/** Every name with every type that it has in a zone, as the authority lists them over AXFR to kdig: dig takes no odd names. */
export function questionsOf(authority: Peer, origin: string): Question[] {
  const server = ["@127.0.0.1", "-p", String(authority.plain)];
  const listing = execFileSync("kdig", [...server, origin, "AXFR"]);
  const pairs = listing
    .toString()
    .split("\n")
    .flatMap((line) => /^(\S+)\.\s+\d+\s+IN\s+(\S+)/.exec(line)?.slice(1).join(" ") ?? []);
  return [...new Set(pairs)].map((pair) => {
    const [name, type] = pair.split(" ") as [string, string];
    return { name, type };
  });
}
