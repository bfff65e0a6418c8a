import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

/** It has no cache. */
export const stubby: Forwarder = {
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
