import { DotlsError } from "../errors.ts";

/** A socket could not be opened. `code` is `ERR_DOTLS_LISTEN`; `cause` is the system's error. */
export class ListenError extends DotlsError {
  /** `udp://127.0.0.1:53` or so. */
  readonly url: string;
  /** The system's name of the error: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  readonly errno: string;

  /** `why`: in words, where it is known better than from the system's name. */
  constructor(url: string, port: number, cause: NodeJS.ErrnoException, why?: string) {
    const errno = cause.code ?? "unknown error";
    super("ERR_DOTLS_LISTEN", `cannot listen on ${url}: ${errno}: ${why ?? explain(errno, port)}`, { cause });
    this.url = url;
    this.errno = errno;
  }

  /** For an address that a door of ours holds which is still open. */
  static overlap(url: string, port: number, holder: string): ListenError {
    const cause = Object.assign(new Error("EADDRINUSE"), { code: "EADDRINUSE" });
    const why = `it overlaps with ${holder}, which stays open until its last queries are answered; this change needs a restart`;
    return new ListenError(url, port, cause, why);
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
