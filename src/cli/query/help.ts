/** What `dotls query -h` prints. */
export const QUERY_HELP: string = `Usage: dotls query [@SERVER[:PORT]] NAME [TYPE] [CLASS] [options] [NAME ...]
       dotls query NAME [TYPE] [options] --compare SPEC SPEC...

Asks a DNS server and prints the answer in dig's layout. Options before the first
name hold for all names, those behind a name for it alone. Without @SERVER it asks
DOTLS_QUERY_SERVER, else the nameservers of /etc/resolv.conf; with +tls and without
@SERVER, 1.1.1.1#cloudflare-dns.com.

  @SERVER    ADDRESS, ADDRESS:PORT, [IPV6]:PORT, ADDRESS#NAME (what its certificate
             must carry), or a host name
  -p PORT    the port, instead of 53 or 853      -x ADDRESS  the name of an address
  -t TYPE    the type, or TYPE123                -c CLASS    the class, or CLASS12
  -q NAME    the name                            -b ADDRESS[#PORT]  send from there
  -4, -6     IPv4 or IPv6 only                   -u          times in microseconds
  -h         this text                           -v          the version

How to ask (each of those without = can be negated: +notcp)
  +tcp  +tls  +tls-hostname=NAME  +tls-ca=FILE  +tls-pin=BASE64  +ignore
  +time=SECONDS  +tries=N  +retry=N
What to ask
  +recurse  +dnssec  +adflag  +cdflag  +aaflag  +raflag  +tcflag  +zflag
  +edns=VERSION  +bufsize=BYTES  +nsid  +subnet=ADDRESS/LENGTH  +cookie[=HEX]
  +expire  +keepalive  +padding=BLOCK  +ednsopt=CODE[:HEX]  +ednsflags=BITS  +coflag
  +opcode=OPCODE  +qid=ID  +header-only  +badcookie
What to print
  +short  +json  +all  +cmd  +comments  +question  +answer  +authority  +additional
  +stats  +ttlid  +ttlunits  +class  +qr  +identify  +unknownformat

Several servers at once
  --compare SPEC SPEC...  asks one question of all, and of each @SERVER, and prints where
             their answers differ; a SPEC is an upstream as in dotls.yaml: quad9,
             tls://1.1.1.1#cloudflare-dns.com, https://dns.google/dns-query,
             ddr://192.168.1.1, sdns://..., udp://192.168.1.1, tcp://192.168.1.1

Exit codes: 0 each name got an answer (NXDOMAIN is one), 1 the command line cannot
be understood, 9 no reply (with --compare: from one of them), 10 something in dotls
itself is wrong.
`;
