import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatName, parseName } from "../../src/dns/name.ts";
import { typeName } from "../../src/dns/rrtype.ts";
import { parseZone } from "../../src/dns/zone-text.ts";
import { describeWith } from "../support/needs.ts";
import { startAuthority } from "../support/peers.ts";
import type { Peer } from "../support/peers/peer.ts";
import { signedPeersZone } from "../support/peers/zone.ts";
import type { Ran } from "./query/ask.ts";
import { comparable, dig, dotlsQuery } from "./query/ask.ts";

const vectors = fileURLToPath(new URL("../dns/rr/vectors.zone", import.meta.url));

/** Names and TTLs of every width, so that each column is reached too late once. */
const widths = `$ORIGIN beside.example.
@ 3600 SOA ns hostmaster 1 2 3 4 5
@ 3600 NS ns
ns 3600 A 192.0.2.1
a 0 A 192.0.2.1
abcdefg 1 A 192.0.2.1
abcdefgh 12345678 A 192.0.2.1
abcdefghi 2147483647 A 192.0.2.1
a-name-that-goes-over-all-of-the-columns-that-are-there 604800 TXT "x"
type65280 86461 TYPE65280 \\# 3 abcdef
long 1 NSEC3PARAM 1 0 0 -
`;

/** Each line is a command; what stands in it is put behind the server and its port. */
const commands = `
peers.example
peers.example SOA
peers.example NS
peers.example MX
peers.example TXT
peers.example CAA
peers.example ANY
peers.example ANY +notcp
www.peers.example
www.peers.example AAAA
WWW.Peers.EXAMPLE
mixedcase.peers.example
one.peers.example
gone.peers.example
nothing.peers.example
nothing.peers.example MX +dnssec
www.peers.example MX
www.peers.example MX +dnssec
deep.empty.between.peers.example
empty.between.peers.example
x.wild.peers.example
x.wild.peers.example TXT +dnssec
leaf.tree.peers.example
leaf.tree.peers.example +dnssec
below.peers.example NS
x.below.peers.example
x.below.peers.example +dnssec
a\\.dot.peers.example TXT
\\000\\255raw.peers.example TXT
_853._tcp.www.peers.example TLSA
_dns._udp.peers.example SRV
svc.peers.example HTTPS
peers.example DNSKEY +dnssec
peers.example DNSKEY +short
elsewhere.test
printer.local
version.bind CH TXT
version.server CHAOS TXT
id.server TXT CH +short
a60.peers.example
a60.peers.example +ignore
a60.peers.example +bufsize=512
txt4.peers.example TXT
txt16.peers.example TXT
txt64.peers.example TXT +tcp
txt250.peers.example TXT +tcp
aaaa200.peers.example AAAA +short
aaaa200.peers.example AAAA +noedns
www.peers.example +tcp
www.peers.example +norec
www.peers.example +norecurse +noad
www.peers.example +cd +aaflag +zflag
www.peers.example +noedns
www.peers.example +noedns +dnssec
www.peers.example +edns=1
www.peers.example +ednsflags=0x1234
www.peers.example +nsid
www.peers.example +nocookie
www.peers.example +cookie=0011223344556677
www.peers.example +subnet=192.0.2.0/24
www.peers.example +subnet=2001:db8::/33
www.peers.example +subnet=0
www.peers.example +subnet=10/8 +qr
www.peers.example +padding=128
www.peers.example +keepalive +tcp +qr
www.peers.example +expire +qr
www.peers.example +ednsopt=65001:abcdef +qr
www.peers.example +ednsopt=NSID +ednsopt=EDE:0016 +qr
www.peers.example +coflag +do +qr
www.peers.example +bufsize=4096 +qr
www.peers.example +opcode=NOTIFY
www.peers.example +opcode=STATUS
www.peers.example +opcode=3
www.peers.example +opcode=UPDATE +qr
www.peers.example +opcode=IQUERY
www.peers.example +opcode=15
www.peers.example +header-only
www.peers.example +short
one.peers.example +short
nothing.peers.example +short
one.peers.example +short +identify
one.peers.example +noall +answer
one.peers.example +noall +answer +nottlid
one.peers.example +noall +answer +noclass
one.peers.example +noall +answer +nottlid +noclass
one.peers.example +noall +answer +ttlunits
one.peers.example +ttlunits +noclass +noauthority
one.peers.example +nottlid +qr
www.peers.example MX +dnssec +noclass +nottl
www.peers.example +aaonly +raflag +tcflag +qr
www.peers.example +noedns +cookie +qr
www.peers.example +noedns +bufsize=512 +qr
www.peers.example +nsid +expire +keepalive +subnet=192.0.2.1 +ednsopt=65001 +qr
www.peers.example +bufsize=0 +qr
www.peers.example +edns=1 +noedns +qr
www.peers.example +rdflag +noaaonly +nozflag +nocdflag +noadflag +qr
peers.example DNSKEY +noall +answer +unknownformat
one.peers.example +noall +comments
one.peers.example +noall +question
one.peers.example +noall +stats
one.peers.example +nocomments
one.peers.example +nocmd
one.peers.example +noquestion
one.peers.example +nostats
one.peers.example +noauth +noadd
one.peers.example +nocmd +noques +nocomm +nostat
one.peers.example +unknownformat
one.peers.example +nostats +identify
-x 192.0.2.1
-x 2001:db8::1
-x 192.0.2
-x 192.0.2.1 +short
-x ::ffff:192.0.2.1
-x 2001:DB8:0:0:8::1
-t MX peers.example
-t MX -c IN peers.example
-c CH -t TXT version.bind
-q www.peers.example
-t ns -q peers.example
mx peers.example
-tMX peers.example
peers.example IN MX
peers.example MX IN
peers.example TYPE15
www.peers.example. TYPE1
\\119ww.peers.example
tab\\009.peers.example
under_score-dash.peers.example
peers.example MAILB
peers.example TYPE0
peers.example CLASS254
www.peers.example HS
www.peers.example -c ANY
www.peers.example -t NOTYPE
www.peers.example -c NOCLASS
www.peers.example A AAAA
www.peers.example IN CH
peers.example TYPE65280
peers.example CLASS1 TYPE16
-u www.peers.example
-4 www.peers.example
www.peers.example mail.peers.example
www.peers.example +short mail.peers.example MX
+short www.peers.example ns1.peers.example AAAA
+noall +answer www.peers.example ns1.peers.example AAAA +nottlid
www.peers.example ns1.peers.example +tcp peers.example NS +noauth
.
+noall +answer
beside.example ANY
a.beside.example
abcdefg.beside.example
abcdefgh.beside.example
abcdefghi.beside.example
abcdefghi.beside.example +nottl
abcdefghi.beside.example +ttlunits
a-name-that-goes-over-all-of-the-columns-that-are-there.beside.example TXT
type65280.beside.example TYPE65280
type65280.beside.example TYPE65280 +ttlunits
long.beside.example NSEC3PARAM
`
  .split("\n")
  .filter((line) => line !== "");

/** One question for each record set of the zone with all types. */
const ofEachType = [
  ...new Set(
    parseZone(readFileSync(vectors, "utf8"), { origin: parseName("vectors.example.") }).map(
      ({ name, type }) => `${formatName(name)} ${typeName(type)}`,
    ),
  ),
  // dig calls a key of a private algorithm malformed when no name or OID stands before its bits, and prints half the reply.
].filter((question) => question !== "dnskey.vectors.example. DNSKEY");

describeWith(["dig", "nsd", "openssl", "dnssec-signzone", "dnssec-keygen"], "dotls query beside dig", () => {
  const folder = mkdtempSync(join(tmpdir(), "dotls-query-"));
  let authority: Peer;

  beforeAll(async () => {
    const beside = join(folder, "beside.zone");
    writeFileSync(beside, widths);
    authority = await startAuthority([
      signedPeersZone(folder),
      { origin: "vectors.example", file: vectors },
      { origin: "beside.example", file: beside },
    ]);
  });

  afterAll(async () => {
    await authority.stop();
    rmSync(folder, { recursive: true });
  });

  /** What the two commands print and how they end. */
  async function both(...args: string[]): Promise<{ ours: Ran; theirs: Ran }> {
    const [ours, theirs] = await Promise.all([dotlsQuery(...args), dig(...args)]);
    return {
      ours: { ...ours, out: comparable(ours.out) },
      theirs: { ...theirs, out: comparable(theirs.out) },
    };
  }

  const server = (): string[] => ["@127.0.0.1", "-p", String(authority.plain)];

  it.each(commands)("%s", async (command) => {
    const { ours, theirs } = await both(...server(), ...command.split(" "));
    expect(ours).toEqual(theirs);
  });

  it.each(ofEachType)("%s", async (question) => {
    const { ours, theirs } = await both(...server(), ...question.split(" "));
    expect(ours).toEqual(theirs);
  });

  it.each(ofEachType)("+short %s", async (question) => {
    const { ours, theirs } = await both(...server(), "+short", ...question.split(" "));
    expect(ours).toEqual(theirs);
  });

  it.each(ofEachType)("over TLS: %s", async (question) => {
    const options = ["+noall", "+answer", "+tcp", ...question.split(" ")];
    const { ca, name, tls } = authority;
    const over = [`@127.0.0.1:${tls}`, "+tls", `+tls-ca=${ca}`, `+tls-hostname=${name}`];
    const [ours, theirs] = await Promise.all([dotlsQuery(...over, ...options), dig(...server(), ...options)]);
    expect(ours).toEqual(theirs);
  });

  it("takes the server behind the name, and counts no servers then, as dig", async () => {
    const { ours, theirs } = await both("www.peers.example", ...server());
    expect(ours).toEqual(theirs);
  });

  it("takes a host name for the server", async () => {
    const { ours, theirs } = await both("-4", "@localhost", ...server().slice(1), "www.peers.example");
    expect(ours).toEqual(theirs);
  });
});
