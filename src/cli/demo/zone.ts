import type { ResourceRecord } from "../../dns/message.ts";
import { parseName } from "../../dns/name.ts";
import { parseZone } from "../../dns/zone-text.ts";

/** The name of the demonstration's DoT server, in its certificate and in SNI. */
export const SERVER_NAME = "dns.dotls.test";

/** The name that the demonstration asks for, without the dot at the end. */
export const EXAMPLE_NAME = "example.dotls.test";

/** The records of the demonstration's zone, `dotls.test`. */
export function zoneRecords(): ResourceRecord[] {
  return parseZone(ZONE_TEXT, { origin: parseName("dotls.test.") });
}

/**
 * Records of all types in use. Below `test`, which never is in the public DNS (RFC 6761 section 6.2);
 * addresses are of the blocks for documentation (RFC 5737, RFC 3849). Keys, digests and signatures fit their types and
 * are good for nothing.
 */
const ZONE_TEXT = `
$TTL 300
@           IN SOA     dns hostmaster 2024010101 7200 900 1209600 60
@              NS      dns
@              CAA     0 issue "ca.dotls.test"
@              ZONEMD  2024010101 1 1 (
                         c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9
                         a9713b3c9ae5cc27777f98b8e730044c )
@              DNSKEY  257 3 13 (
                         mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxIL
                         fDLUT0rAK9iUzy1L53eKGQ== )
@              CDNSKEY 257 3 13 (
                         mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxIL
                         fDLUT0rAK9iUzy1L53eKGQ== )
@              CDS     2371 13 2 (
                         1f987cc6583e92df0890718c42a3d4d2d3a1bd6a8f4e7d9b1c5e0f2a3b4c5d6e )
@              NSEC3PARAM 1 0 0 -
@              CSYNC   2024010101 3 A NS AAAA

dns            A       192.0.2.53
dns            AAAA    2001:db8::53

example        A       192.0.2.1
example        A       192.0.2.2
example        AAAA    2001:db8::1
example        TXT     "It travelled over TLS." "Each string of a TXT record is shown in quotes."
example        MX      10 mail
example        MX      20 mail.example
example        HTTPS   1 . alpn=h2,h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
example        HINFO   "64-bit" "any system"
example        LOC     52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
example        RP      hostmaster about.example
example        SPF     "v=spf1 -all"
example        APL     1:192.0.2.0/24 !2:2001:db8::/32
example        SSHFP   4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
example        EUI48   00-00-5e-00-53-2a
example        EUI64   00-00-5e-ef-10-00-00-2a
example        NSEC    mail.example A MX TXT AAAA RRSIG NSEC
example        RRSIG   A 13 3 300 20300101000000 20240101000000 2371 dotls.test. (
                         oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkq
                         mVfRvMGPmM1x8fGAa2XhSA== )
example        AFSDB   1 dns
example        KX      10 dns
example        CERT    PKIX 0 0 MIIBoTCCAUigAwIBAgIQSqCTy9fPQtk=
example        DHCID   AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
example        IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
example        HIP     2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9w== dns
example        TYPE65280 \\# 4 c0000201

www            CNAME   example
mail           A       192.0.2.25
mail.example   A       192.0.2.26
about.example  TXT     "This is about the person whom the RP record names."
*.wild         A       192.0.2.99
*.wild         TXT     "made from a wildcard"
old            DNAME   example

_dns._tcp      SRV     0 5 853 dns
_853._tcp.dns  TLSA    3 1 1 0d6fce3320f6b8e2f2e4d3c1a5b79f8e6d7c5b4a39281706f5e4d3c2b1a09f8e
_dns.dns       SVCB    1 dns alpn=dot port=853
_ftp._tcp      URI     10 1 "ftp://ftp.dotls.test/public"
tel            NAPTR   100 10 "u" "E2U+sip" "!^.*$!sip:info@dotls.test!" .
1.2.0.192      PTR     example
signed         DS      60485 13 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a
c93f1e4m2v4kbnlipqc5f8dgd5rbd1ka NSEC3 1 1 0 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG
5c8d6f5a0d9c1b._smimecert SMIMEA 3 0 1 8cb0fc6c527506a053f4f14c8464bebbd6dede2738d11468dd953d7d6a3021f1
5c8d6f5a0d9c1b._openpgpkey OPENPGPKEY mQENBFVHm5sBCACkW1WZgwuNRzg=
`;
