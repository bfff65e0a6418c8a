import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { programPath } from "../test/support/peers/process.ts";
import type { Upstream } from "./upstream.ts";

/** Where a forwarder runs and what it asks. */
interface Ground {
  readonly folder: string;
  /** The UDP port that it must listen on, on 127.0.0.1. */
  readonly port: number;
  readonly upstream: Upstream;
}

interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that forwards plain DNS to a DoT server, configured to check the name in that server's certificate. */
export interface Forwarder {
  readonly name: string;
  /** Prints its version; fails to start when it is not installed. */
  readonly version: CommandLine;
  /** Writes its configuration and says how to start it in the foreground. */
  readonly configure: (ground: Ground) => CommandLine;
}

/** Its version, or undefined when it is not installed. */
export function versionOf({ version: { command, args } }: Pick<Forwarder, "version">): string | undefined {
  const env = { ...process.env, PATH: programPath };
  const { error, stdout, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
  return error === undefined ? /\d+(\.\d+)+\S*|\d+\+\S*/.exec(stdout + stderr)?.[0] : undefined;
}

/** dotls as it was built somewhere: `main` is the path of its dist/cli/main.js. */
function dotlsAt(name: string, main: string): Forwarder {
  return {
    name,
    version: { command: process.execPath, args: [main, "--version"] },
    configure({ folder, port, upstream }) {
      const listen = ["--listen", `udp://127.0.0.1:${port}`];
      const forward = [
        "--upstream",
        `tls://127.0.0.1:${upstream.port}#${upstream.name}`,
        "--tls-ca",
        upstream.ca,
      ];
      const control = ["--set", `control.socket=${join(folder, "control.sock")}`];
      return { command: process.execPath, args: [main, "serve", ...listen, ...forward, ...control] };
    },
  };
}

/**
 * Another build of dotls to run beside this one, from `NAME=PATH` with the path of its dist/cli/main.js. Throws when there is
 * no such file, or the name is taken or cannot be the name of a folder.
 */
export function revision(text: string): Forwarder {
  const [, name = "", path = ""] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(text) ?? [];
  if (name === "") throw new Error(`--revision ${text}: write NAME=PATH/dist/cli/main.js`);
  if (forwarders.some((one) => one.name === name)) throw new Error(`--revision ${text}: ${name} is taken`);
  const main = resolve(path);
  if (!existsSync(main)) throw new Error(`--revision ${text}: there is no ${main}; build it first`);
  return dotlsAt(name, main);
}

const unbound: Forwarder = {
  name: "unbound",
  version: { command: "unbound", args: ["-V"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "unbound.conf");
    writeFileSync(
      file,
      `server:
  interface: 127.0.0.1@${port}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  num-queries-per-thread: 4096
  msg-cache-size: 0
  rrset-cache-size: 0
  tls-cert-bundle: "${upstream.ca}"
remote-control:
  control-enable: no
forward-zone:
  name: .
  forward-tls-upstream: yes
  forward-addr: 127.0.0.1@${upstream.port}#${upstream.name}
`,
    );
    return { command: "unbound", args: ["-d", "-p", "-c", file] };
  },
};

const dnsdist: Forwarder = {
  name: "dnsdist",
  version: { command: "dnsdist", args: ["--version"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "dnsdist.conf");
    const check = `tls="openssl", subjectName="${upstream.name}", caStore="${upstream.ca}", validateCertificates=true`;
    writeFileSync(
      file,
      `setLocal("127.0.0.1:${port}")
setSecurityPollSuffix("")
newServer({address="127.0.0.1:${upstream.port}", ${check}, healthCheckMode="up", maxInFlight=1000})
`,
    );
    return { command: "dnsdist", args: ["--supervised", "--disable-syslog", "-C", file] };
  },
};

const kresd: Forwarder = {
  name: "Knot Resolver",
  version: { command: "kresd", args: ["--version"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "kresd.conf");
    const work = join(folder, "kresd");
    mkdirSync(work);
    const target = `"127.0.0.1@${upstream.port}", hostname="${upstream.name}", ca_file="${upstream.ca}"`;
    writeFileSync(
      file,
      `net.listen("127.0.0.1", ${port}, { kind = "dns" })
trust_anchors.remove(".")
modules.unload("ta_update")
modules.unload("priming")
modules.unload("detect_time_jump")
policy.add(policy.all(policy.TLS_FORWARD({{${target}}})))
cache.size = 16 * MB
cache.min_ttl(0)
`,
    );
    return { command: "kresd", args: ["-n", "-c", file, work] };
  },
};

const stubby: Forwarder = {
  name: "stubby",
  version: { command: "stubby", args: ["-V"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "stubby.yml");
    writeFileSync(
      file,
      `resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [ GETDNS_TRANSPORT_TLS ]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 128
edns_client_subnet_private: 1
idle_timeout: 60000
tls_ca_file: "${upstream.ca}"
listen_addresses: [ 127.0.0.1@${port} ]
upstream_recursive_servers:
  - address_data: 127.0.0.1
    tls_port: ${upstream.port}
    tls_auth_name: "${upstream.name}"
`,
    );
    return { command: "stubby", args: ["-C", file] };
  },
};

const smartdns: Forwarder = {
  name: "smartdns",
  version: { command: "smartdns", args: ["-v"] },
  configure({ folder, port, upstream }) {
    const file = join(folder, "smartdns.conf");
    const check = `-host-name ${upstream.name} -tls-host-verify ${upstream.name}`;
    writeFileSync(
      file,
      `bind 127.0.0.1:${port}
cache-size 0
prefetch-domain no
serve-expired no
speed-check-mode none
dualstack-ip-selection no
response-mode fastest-response
log-level error
log-size 0
ca-file ${upstream.ca}
server-tls 127.0.0.1:${upstream.port} ${check}
`,
    );
    return { command: "smartdns", args: ["-f", "-c", file, "-p", join(folder, "smartdns.pid")] };
  },
};

/** dotls first: the others are what it is compared with. */
export const forwarders: readonly Forwarder[] = [
  dotlsAt("dotls", join(process.cwd(), "dist", "cli", "main.js")),
  kresd,
  dnsdist,
  unbound,
  smartdns,
  stubby,
];
