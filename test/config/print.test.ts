import { createHash } from "node:crypto";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { formatConfig } from "../../src/config/print.ts";
import { folderWith, load } from "../support/config-folder.ts";

const pin = createHash("sha256").update("a public key").digest("base64");

describe("the configuration in print", () => {
  test("has every option and where it comes from", () => {
    const cwd = folderWith({ "dotls.yaml": "timeout: 2000ms\nhistory: {file: h.ndjson}\n" });
    const env = {
      DOTLS_LISTEN: "[::1]:53",
      DOTLS_CONTROL_SOCKET: "none",
      STATE_DIRECTORY: "/var/lib/service",
    };
    const text = formatConfig(load({ cwd, env, flags: { upstream: ["9.9.9.9@853#dns.quad9.net"] } }));
    expect(text).toBe(`# The configuration file is ${join(cwd, "dotls.yaml")}.
listen: # env DOTLS_LISTEN
  - udp://[::1]:53
  - tcp://[::1]:53
shareListeners: false # default
upstreams: # flag --upstream
  - 9.9.9.9@853#dns.quad9.net
policy: fastest # default
timeout: 2s # dotls.yaml:1:10
retryRcodes: # default
  - SERVFAIL
  - REFUSED
  - NOTIMP
  - FORMERR
bootstrap: [] # default
state: /var/lib/service # default
tls:
  verify: strict # default
  ca: system # default
  cert: none # default
  key: none # default
  minVersion: TLSv1.2 # default
  maxVersion: TLSv1.3 # default
  ciphers: default # default
  groups: default # default
  alpn: # default
    - dot
  sni: true # default
  keyLog: none # default
  prewarm: false # default
cache:
  size: 64MiB # default
  file: none # default
  minTtl: 0s # default
  maxTtl: 1d # default
  negativeTtl: 1h # default
  failureTtl: 5m # default
  serveStale: on-failure # default
  staleFor: 1d # default
  prefetch: true # default
routes: [] # default
localNames:
  localhost: true # default
  invalid: true # default
  test: true # default
  reverse: true # default
  homeArpa: true # default
  local: true # default
  onion: true # default
  resolverArpa: true # default
  ipv4onlyArpa: true # default
cluster: auto # default
bypass:
  enabled: false # default
  most: 10m # default
access:
  allow: # default
    - 127.0.0.0/8
    - 10.0.0.0/8
    - 172.16.0.0/12
    - 192.168.0.0/16
    - 100.64.0.0/10
    - 169.254.0.0/16
    - ::1/128
    - fc00::/7
    - fe80::/10
history:
  size: 10000 # default
  file: ${join(cwd, "h.ndjson")} # dotls.yaml:2:17
  keep: 7d # default
  rotate: 64MiB # default
  total: 1GiB # default
  every: 10s # default
  privacy: full # default
  ignore: [] # default
dnstap:
  to: none # default
  messages: # default
    - client
    - forwarder
  identity: auto # default
  buffer: 4MiB # default
control:
  socket: none # env DOTLS_CONTROL_SOCKET
  http: none # default
  token: auto # default
workers: auto # default
io: auto # default
lameduck: 0s # default
watch: false # default
user: none # default
group: none # default
log:
  level: info # default
`);
  });

  test.each([
    ["the defaults", ""],
    [
      "spellings of others",
      "upstreams: ['[2620:fe::fe]:853#dns.quad9.net', 'tls://9.9.9.9%dns.quad9.net', 'fe80::1%eth0']",
    ],
    [
      "long forms",
      `upstreams: [{addresses: [9.9.9.9, '2620:fe::fe'], name: dns.quad9.net}, {address: 192.0.2.1, port: 8853, pins: ['${pin}']}, {address: 192.0.2.2, ca: 'c a.pem'}]`,
    ],
    [
      "presets, names and URLs",
      "upstreams: [quad9, 'nextdns:abc123', 'tls://dns.example', 'https://1.1.1.1/q{?dns}', 'https://[2620:fe::fe]:8443/', 'ddr://192.168.1.1']\nbootstrap: [9.9.9.9, '[2620:fe::fe]:5353']\npolicy: hash",
    ],
    [
      "TLS options",
      `tls: {verify: pin, maxVersion: TLSv1.2, groups: P-256, alpn: off, sni: false, prewarm: on}\nupstreams: [{server: quad9, pins: ['${pin}'], verify: strict, ca: bundled, groups: default, alpn: [dot, x], sni: on}, {server: 'https://dns.example/q', address: 192.0.2.7, pins: ['${pin}'], certHashes: ['${pin}'], padding: off, method: GET}, {server: 'ddr://192.0.2.1:5353', verify: none}, {addresses: [192.0.2.1, 192.0.2.2], name: a.example, protocol: https, path: /, pins: ['${pin}']}]`,
    ],
    [
      "routes",
      "retryRcodes: none\nroutes: [{match: [corp.example, '*.internal', 172.16.0.0/12], upstreams: ['udp://10.0.0.2', 'tcp://[fe80::1%eth0]:5353'], policy: failover}, {match: ., upstreams: [{server: 'udp://10.0.0.3', insecure: true}, quad9]}]",
    ],
    [
      "switches",
      "state: s\ncluster: off\nbypass: {enabled: true, most: 90s}\nlocalNames: {test: false, homeArpa: off}\nretryRcodes: [REFUSED, 3841]",
    ],
    [
      "everything else",
      "listen: ['[fe80::1%eth0]:53', '[::]:5353']\ntimeout: 1500ms\ntls: {ca: c a.pem, minVersion: TLSv1.3}\naccess: {allow: ['::/0']}\nhistory: {size: 7, file: 'a #b: c', keep: 36h, rotate: 5000, total: 10000, every: 90s, privacy: mask-clients, ignore: [a.example, '*.b.example', 10.0.0.0/7]}\ndnstap: {to: 'unix:s', messages: [forwarder], identity: me, buffer: 300KiB}\ncontrol: {socket: s, http: '[::1]:8053', token: ./t.hash}\nworkers: 3\nio: batch\nshareListeners: true\nlog: {level: debug}",
    ],
  ])("%s read back as the same", (_, yaml) => {
    const cwd = folderWith({ "dotls.yaml": yaml, "c a.pem": rootCertificates[0]! });
    const loaded = load({ cwd });
    const printed = folderWith({ "dotls.yaml": formatConfig(loaded) });
    expect(load({ cwd: printed }).config).toEqual(loaded.config);
  });
});
