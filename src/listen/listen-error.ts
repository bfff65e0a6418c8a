import { DotlsError } from "../errors.ts";

/** A socket could not be opened. `code` is `ERR_DOTLS_LISTEN`; `cause` is the system's error. */
export class ListenError extends DotlsError {
  /** `udp://127.0.0.1:53` or so. */
  readonly url: string;
  /** The system's name of the error: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  readonly errno: string;

  constructor(url: string, port: number, cause: NodeJS.ErrnoException) {
    const errno = cause.code ?? "unknown error";
    super("ERR_DOTLS_LISTEN", `cannot listen on ${url}: ${errno}: ${explain(errno, port)}`, { cause });
    this.url = url;
    this.errno = errno;
  }
}

function explain(errno: string, port: number): string {
  switch (errno) {
    case "EADDRINUSE": {
      const holder =
        port === 53
          ? "; port 53 is usually held by systemd-resolved (127.0.0.53 and 127.0.0.54), dnsmasq, unbound or named"
          : "";
      return `another program listens there${holder} (find it with: ss -lunpt sport = :${port})`;
    }
    case "EACCES":
      return `no permission; ports below 1024 need root or CAP_NET_BIND_SERVICE`;
    case "EADDRNOTAVAIL":
      return "this machine has no such address";
    case "EAFNOSUPPORT":
      return "this machine does not speak that address family";
    case "EMFILE":
    case "ENFILE":
      return "too many open files";
    default:
      return "the system refused";
  }
}

/** An address and port as people write them: IPv6 in brackets. */
export function listenUrl(transport: "udp" | "tcp", address: string, port: number): string {
  return `${transport}://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
