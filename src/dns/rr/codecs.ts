import { RrType } from "../rrtype.ts";
import { a } from "./a.ts";
import { aaaa } from "./aaaa.ts";
import { afsdb } from "./afsdb.ts";
import { apl } from "./apl.ts";
import { caa } from "./caa.ts";
import { cdnskey } from "./cdnskey.ts";
import { cds } from "./cds.ts";
import { cert } from "./cert.ts";
import { cname } from "./cname.ts";
import type { Codec } from "./codec.ts";
import { csync } from "./csync.ts";
import { dhcid } from "./dhcid.ts";
import { dname } from "./dname.ts";
import { dnskey } from "./dnskey.ts";
import { ds } from "./ds.ts";
import { eui48 } from "./eui48.ts";
import { eui64 } from "./eui64.ts";
import { hinfo } from "./hinfo.ts";
import { hip } from "./hip.ts";
import { https } from "./https.ts";
import { ipseckey } from "./ipseckey.ts";
import { kx } from "./kx.ts";
import { loc } from "./loc.ts";
import { mx } from "./mx.ts";
import { naptr } from "./naptr.ts";
import { ns } from "./ns.ts";
import { nsec } from "./nsec.ts";
import { nsec3 } from "./nsec3.ts";
import { nsec3param } from "./nsec3param.ts";
import { openpgpkey } from "./openpgpkey.ts";
import { ptr } from "./ptr.ts";
import { rp } from "./rp.ts";
import { rrsig } from "./rrsig.ts";
import { smimea } from "./smimea.ts";
import { soa } from "./soa.ts";
import { spf } from "./spf.ts";
import { srv } from "./srv.ts";
import { sshfp } from "./sshfp.ts";
import { svcb } from "./svcb.ts";
import { tlsa } from "./tlsa.ts";
import { txt } from "./txt.ts";
import { uri } from "./uri.ts";
import { zonemd } from "./zonemd.ts";

/** The layout of each type that has a text form of its own. */
export const codecs: ReadonlyMap<number, Codec<object>> = new Map<number, Codec<object>>([
  [RrType.A, a],
  [RrType.NS, ns],
  [RrType.CNAME, cname],
  [RrType.SOA, soa],
  [RrType.PTR, ptr],
  [RrType.HINFO, hinfo],
  [RrType.MX, mx],
  [RrType.TXT, txt],
  [RrType.RP, rp],
  [RrType.AFSDB, afsdb],
  [RrType.AAAA, aaaa],
  [RrType.LOC, loc],
  [RrType.SRV, srv],
  [RrType.NAPTR, naptr],
  [RrType.KX, kx],
  [RrType.CERT, cert],
  [RrType.DNAME, dname],
  [RrType.APL, apl],
  [RrType.DS, ds],
  [RrType.SSHFP, sshfp],
  [RrType.IPSECKEY, ipseckey],
  [RrType.RRSIG, rrsig],
  [RrType.NSEC, nsec],
  [RrType.DNSKEY, dnskey],
  [RrType.DHCID, dhcid],
  [RrType.NSEC3, nsec3],
  [RrType.NSEC3PARAM, nsec3param],
  [RrType.TLSA, tlsa],
  [RrType.SMIMEA, smimea],
  [RrType.HIP, hip],
  [RrType.CDS, cds],
  [RrType.CDNSKEY, cdnskey],
  [RrType.OPENPGPKEY, openpgpkey],
  [RrType.CSYNC, csync],
  [RrType.ZONEMD, zonemd],
  [RrType.SVCB, svcb],
  [RrType.HTTPS, https],
  [RrType.SPF, spf],
  [RrType.EUI48, eui48],
  [RrType.EUI64, eui64],
  [RrType.URI, uri],
  [RrType.CAA, caa],
]);
