import { isIPv6 } from "node:net";
import { parseListen } from "../../config/listen-address.ts";
import type { Conversion, SourceOption } from "./conversion.ts";
import { addListeners, type Listener } from "./listeners.ts";
import { tryParts } from "./server-entry.ts";
import { optionOf, type ServerClause } from "./unbound-server.ts";

const BOTH_OFF = "with do-udp and do-tcp both off nothing would be listened on, so both are";

/** Converts where clients are answered: `interface`, `port`, and the switches of families and transports. */
export function convertInterfaces(server: ServerClause, conversion: Conversion): void {
  const portAttribute = server.last("port");
  const port = portAttribute?.values[0] ?? "53";
  const scheme = schemeOf(server, conversion);
  const off = new Set(familiesOff(server, conversion));
  const listeners: Listener[] = [];
  let portIsUsed = false;
  const add = (address: string, option: SourceOption): void => {
    const [host = "", ownPort] = address.split("@");
    const family = isIPv6(host.split("%")[0]!) ? 6 : 4;
    if (isSecure(server, ownPort ?? port)) {
      conversion.drop(option, "clients are answered over plain DNS alone, so this address is left out");
      return;
    }
    const made = tryParts(() => parseListen(`${host}@${ownPort ?? port}`));
    if (made.fault !== null) {
      const isName = /^[a-z][^:]*$/i.test(host);
      const reason = isName ? "write the addresses of that interface" : made.fault;
      conversion.drop(option, `left out: ${reason}`);
    } else if (off.has(family)) {
      conversion.drop(option, `left out, as IPv${family} is off`);
    } else {
      const from =
        ownPort === undefined && portAttribute !== null ? [option, optionOf(portAttribute)] : [option];
      portIsUsed ||= from.length > 1;
      const doors = made.value.filter(({ transport }) => scheme === "" || scheme === `${transport}://`);
      listeners.push({ doors, from, remarks: [] });
    }
  };
  const automatic = server.last("interface-automatic");
  const interfaces = server.all("interface", "ip-address");
  if (automatic?.values[0] === "yes") {
    for (const address of ["0.0.0.0", "::"]) add(address, optionOf(automatic));
    for (const attribute of interfaces) conversion.drop(optionOf(attribute), "interface-automatic is on");
  } else {
    if (automatic !== null) conversion.drop(optionOf(automatic), "off, as it always is here");
    for (const attribute of interfaces) add(attribute.values[0]!, optionOf(attribute));
    if (interfaces.length === 0) {
      for (const address of ["127.0.0.1", "::1"]) add(address, server.absent("interface"));
    }
  }
  addListeners(listeners, conversion);
  if (portAttribute !== null && !portIsUsed) {
    conversion.drop(optionOf(portAttribute), "every address that is listened on has its own port");
  }
}

/** `udp://` or `tcp://` where one of them is off, else nothing, which is both. */
function schemeOf(server: ServerClause, conversion: Conversion): "" | "udp://" | "tcp://" {
  const noUdp = server.isOff("do-udp");
  const noTcp = server.isOff("do-tcp");
  for (const attribute of server.all("do-udp", "do-tcp")) {
    conversion.drop(optionOf(attribute), noUdp && noTcp ? BOTH_OFF : "became the schemes of listen");
  }
  if (noUdp === noTcp) return "";
  return noUdp ? "tcp://" : "udp://";
}

function familiesOff(server: ServerClause, conversion: Conversion): number[] {
  return ([4, 6] as const).filter((family) => {
    const attribute = server.last(`do-ip${family}`);
    if (attribute === null) return false;
    const off = attribute.values[0] === "no";
    const reason = off
      ? `nothing is listened on there; servers with an address of IPv${family} stay, and cost nothing where there is no way to them`
      : "on, as it always is";
    conversion.drop(optionOf(attribute), reason);
    return off;
  });
}

/** Whether the port is one on which unbound would speak TLS or HTTPS. */
function isSecure(server: ServerClause, port: string): boolean {
  if (server.peek("tls-service-key", "ssl-service-key").length === 0) return false;
  const ports = [
    server.peek("tls-port", "ssl-port").at(-1) ?? "853",
    server.peek("https-port").at(-1) ?? "443",
    ...server.peek("tls-additional-port", "additional-tls-port", "tls-additional-ports"),
  ];
  return ports.includes(port);
}
