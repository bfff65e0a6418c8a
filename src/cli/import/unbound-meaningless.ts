const CACHE = "it tunes unbound's cache";
const ITERATOR = "dotls asks resolvers, not the name servers of each zone";
const VALIDATOR =
  "dotls does not validate DNSSEC: it passes the records and the AD bit of the server over the authenticated connection";
const PROCESS = "how the process runs is up to what starts dotls";
const LOG = "queries are in dotls history; the log has one level, log.level";
const SOCKETS = "sockets and buffers are sized by dotls";
const STATISTICS = "dotls status counts";
const LOCAL =
  "dotls has no data of its own to answer from: keep it in a hosts file or a name server with a route to it";
const SERVING_TLS = "clients are answered over plain DNS alone";
const RATES = "errors to one network are limited by dotls; there is no other limit of rates";
const IDENTITY = "dotls tells nobody what it is";
const VIEWS = "all clients get the same answers";
const FILTER = "answers pass as the server gave them: nothing is filtered or put in";
const DNSTAP = "dotls history has the queries";
const ECS = "servers are always asked to keep the client's network to themselves";
const KEYS = "dotls control goes over a socket that only its user can open";
const OUTGOING = "the system chooses the address and port that connections start from";

/** Words of one reason; most are `server:` options of unbound.conf(5). */
const GROUPS: readonly (readonly [reason: string, names: string])[] = [
  [
    CACHE,
    `msg-cache-size msg-cache-slabs rrset-cache-size rrset-cache-slabs cache-max-ttl cache-min-ttl cache-max-negative-ttl
    cache-min-negative-ttl infra-host-ttl infra-cache-slabs infra-cache-numhosts infra-cache-min-rtt infra-cache-max-rtt
    infra-keep-probing key-cache-size key-cache-slabs neg-cache-size prefetch prefetch-key serve-expired serve-expired-ttl
    serve-expired-ttl-reset serve-expired-reply-ttl serve-expired-client-timeout serve-original-ttl aggressive-nsec
    ede-serve-expired rrset-roundrobin minimal-responses`,
  ],
  [
    ITERATOR,
    `root-hints target-fetch-policy harden-short-bufsize harden-large-queries harden-glue harden-below-nxdomain
    harden-referral-path harden-unverified-glue harden-unknown-additional use-caps-for-id caps-exempt caps-whitelist
    qname-minimisation qname-minimisation-strict do-not-query-address do-not-query-localhost outbound-msg-retry
    max-sent-count max-query-restarts iter-scrub-promiscuous iter-scrub-ns iter-scrub-cname max-global-quota
    fast-server-permil fast-server-num prefer-ip4 prefer-ip6 low-rtt low-rtt-permil disable-dnssec-lame-check nat64-prefix
    do-nat64`,
  ],
  [
    VALIDATOR,
    `trust-anchor-file auto-trust-anchor-file trust-anchor trusted-keys-file trust-anchor-signaling root-key-sentinel
    domain-insecure val-override-date val-sig-skew-min val-sig-skew-max val-max-restart val-bogus-ttl val-clean-additional
    val-log-level val-permissive-mode ignore-cd-flag val-nsec3-keysize-iterations zonemd-permissive-mode add-holddown
    del-holddown keep-missing permit-small-holddown harden-dnssec-stripped harden-algo-downgrade module-config
    hide-trustanchor disable-edns-do dlv-anchor dlv-anchor-file`,
  ],
  [PROCESS, "chroot username directory pidfile use-systemd do-daemonize num-threads"],
  [
    LOG,
    `logfile use-syslog log-identity log-time-ascii log-time-iso log-queries log-replies log-tag-queryreply
    log-local-actions log-servfail log-destaddr log-thread-id`,
  ],
  [
    SOCKETS,
    `outgoing-range outgoing-num-tcp incoming-num-tcp edns-buffer-size max-udp-size stream-wait-size msg-buffer-size
    num-queries-per-thread jostle-timeout delay-close udp-connect unknown-server-time-limit discard-timeout so-rcvbuf
    so-sndbuf so-reuseport ip-transparent ip-freebind ip-dscp tcp-mss outgoing-tcp-mss tcp-idle-timeout tcp-reuse-timeout
    max-reuse-tcp-queries tcp-auth-query-timeout edns-tcp-keepalive edns-tcp-keepalive-timeout tcp-connection-limit
    sock-queue-timeout udp-upstream-without-downstream wait-limit wait-limit-netblock wait-limit-cookie
    wait-limit-cookie-netblock`,
  ],
  [
    STATISTICS,
    "statistics-interval statistics-cumulative extended-statistics statistics-inhibit-zero shm-enable shm-key",
  ],
  [LOCAL, "local-zone local-data local-data-ptr local-zone-override unblock-lan-zones insecure-lan-zones"],
  [
    SERVING_TLS,
    `tls-service-key ssl-service-key tls-service-pem ssl-service-pem tls-port ssl-port tls-additional-port
    additional-tls-port tls-additional-ports tls-session-ticket-keys https-port http-endpoint http-max-streams
    http-query-buffer-size http-response-buffer-size http-nodelay http-notls-downstream http-user-agent
    hide-http-user-agent quic-port quic-size proxy-protocol-port pad-responses pad-responses-block-size`,
  ],
  [
    RATES,
    `ratelimit ratelimit-size ratelimit-slabs ratelimit-factor ratelimit-backoff ratelimit-for-domain
    ratelimit-below-domain ip-ratelimit ip-ratelimit-size ip-ratelimit-slabs ip-ratelimit-factor ip-ratelimit-backoff
    ip-ratelimit-cookie unwanted-reply-threshold`,
  ],
  [IDENTITY, "hide-identity identity hide-version version nsid"],
  [
    VIEWS,
    `define-tag access-control-tag access-control-tag-action access-control-tag-data access-control-view interface-tag
    interface-tag-action interface-tag-data interface-view local-zone-tag`,
  ],
  [
    FILTER,
    "private-address private-domain response-ip response-ip-data response-ip-tag deny-any dns64-prefix dns64-synthall dns64-ignore-aaaa",
  ],
  [
    ECS,
    `send-client-subnet client-subnet-zone client-subnet-always-forward client-subnet-opcode max-client-subnet-ipv6
    max-client-subnet-ipv4 min-client-subnet-ipv6 min-client-subnet-ipv4 max-ecs-tree-size-ipv4 max-ecs-tree-size-ipv6
    edns-client-string edns-client-string-opcode`,
  ],
  [OUTGOING, "outgoing-interface outgoing-port-permit outgoing-port-avoid"],
  ["queries over TLS are always padded, to 128 bytes", "pad-queries pad-queries-block-size"],
  ["SERVFAIL always says why (RFC 8914)", "ede"],
  ["the interface rules are those of access.allow, for every address alike", "interface-action"],
  [
    "dotls looks for new addresses of this host by itself where it listens on all of them",
    "interface-automatic-ports",
  ],
  [
    "it belongs to IPsec, which dotls does not steer",
    "ipsecmod-enabled ipsecmod-hook ipsecmod-strict ipsecmod-max-ttl ipsecmod-ignore-bogus ipsecmod-allow ipsecmod-whitelist",
  ],
  [
    "answers of these prefixes are for servers of DNS cookies",
    "answer-cookie cookie-secret cookie-secret-file",
  ],
];

/** Why an option of `server:` has no key here; null when it is not known at all. */
export function serverReason(name: string): string | null {
  return REASONS.get(name) ?? null;
}

const REASONS: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(([reason, names]) => names.split(/\s+/).map((name): [string, string] => [name, reason])),
);

/** Why nothing of a clause other than `server:` and the zones is taken over. */
export const CLAUSE_REASONS: ReadonlyMap<string, string> = new Map([
  ["remote-control", KEYS],
  ["auth-zone", LOCAL],
  ["rpz", FILTER],
  ["view", VIEWS],
  ["python", FILTER],
  ["dynlib", FILTER],
  ["dnscrypt", "DNSCrypt is not spoken; clients are answered over plain DNS"],
  ["cachedb", CACHE],
  ["dnstap", DNSTAP],
  ["ipset", "addresses of answers are not put into sets of the firewall"],
]);
