import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createAuthority } from "../../../src/cli/demo/authority.ts";
import type { TlsOptions, UpstreamSpec } from "../../../src/config/config.ts";
import { readUpstream } from "../../../src/config/upstream-spec.ts";
import { type Running, freePorts, launch, temporaryFolder } from "./process.ts";

/** BIND 9 as a server of DNS over TLS that serves only clients which show a certificate. `*.example` is 192.0.2.53. */
export interface MutualBind {
  /** PEM file of the authority that signed its certificate, and will sign the next ones. */
  readonly ca: string;
  spec(tls: TlsOptions): UpstreamSpec;
  /** Replaces its certificate and key, and has it read them again. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; `clientCa`: PEM of the authority of its clients. */
export async function startMutualBind(clientCa: string): Promise<MutualBind> {
  const temporary = temporaryFolder();
  const folder = temporary.path;
  const [port] = (await freePorts(1)) as [number];
  const authority = await createAuthority();
  const [ca, cert, key, clients] = ["ca.pem", "cert.pem", "key.pem", "clients.pem"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const present = async (): Promise<void> => {
    const identity = await authority.issue({ names: ["bind.test"] });
    writeFileSync(cert, identity.chain);
    writeFileSync(key, identity.key);
  };
  await present();
  writeFileSync(ca, authority.ca);
  writeFileSync(clients, clientCa);
  writeFileSync(
    join(folder, "example.zone"),
    `$TTL 60
@ IN SOA ns.example. root.example. 1 3600 600 86400 60
@ IN NS ns.example.
* IN A 192.0.2.53
`,
  );
  writeFileSync(
    join(folder, "named.conf"),
    `tls mutual {
  cert-file "${cert}";
  key-file "${key}";
  ca-file "${clients}";
};
options {
  directory "${folder}";
  listen-on port ${port} tls mutual { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  pid-file none;
  session-keyfile none;
  dnssec-validation no;
};
controls { };
zone "example" { type primary; file "example.zone"; };
`,
  );
  const running = launch("named", ["-g", "-n", "1", "-c", "named.conf"], folder);
  await listening(running, port);
  return {
    ca,
    spec: (tls) => readUpstream(`tls://127.0.0.1:${port}#bind.test`, tls),
    renew: async () => {
      await present();
      process.kill(running.pid, "SIGHUP");
    },
    stop: async () => {
      await running.stop();
      temporary.remove();
    },
  };
}

async function listening(running: Running, port: number): Promise<void> {
  const end = performance.now() + 5000;
  while (!/all zones loaded/.test(running.log())) {
    if (performance.now() > end) throw new Error(`named does not start:\n${running.log()}`);
    await Promise.race([running.died, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}
