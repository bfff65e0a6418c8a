import { describe, expect, it } from "vitest";
import { ListenError, listenUrl } from "../../src/listen/listen-error.ts";

function message(code: string, port: number): string {
  return new ListenError(`udp://127.0.0.1:${port}`, port, Object.assign(new Error("x"), { code })).message;
}

describe("the error of an address that cannot be had", () => {
  it("names the address, the errno and what to do", () => {
    expect(message("EADDRINUSE", 5300)).toBe(
      "cannot listen on udp://127.0.0.1:5300: EADDRINUSE: another program listens there (find it with: ss -lunpt sport = :5300)",
    );
    expect(message("EACCES", 53)).toContain("EACCES: no permission; ports below 1024 need root");
    expect(message("EADDRNOTAVAIL", 53)).toContain("EADDRNOTAVAIL: this machine has no such address");
    expect(message("EAFNOSUPPORT", 53)).toContain("does not speak that address family");
    expect(message("EMFILE", 53)).toContain("too many open files");
    expect(message("EFAULT", 53)).toContain("EFAULT: the system refused");
  });

  it("says who usually holds port 53, and only for that", () => {
    expect(message("EADDRINUSE", 53)).toContain("systemd-resolved");
    expect(message("EADDRINUSE", 5353)).not.toContain("systemd-resolved");
  });

  it("has a code for programs, and the system's error as its cause", () => {
    const cause = Object.assign(new Error("x"), { code: "EACCES" });
    const error = new ListenError("tcp://[::1]:53", 53, cause);
    expect(error).toMatchObject({ code: "ERR_DOTLS_LISTEN", errno: "EACCES", url: "tcp://[::1]:53", cause });
  });

  it("writes IPv6 in brackets", () => {
    expect(listenUrl("tcp", "::1", 53)).toBe("tcp://[::1]:53");
    expect(listenUrl("udp", "fe80::1%eth0", 53)).toBe("udp://[fe80::1%eth0]:53");
    expect(listenUrl("udp", "127.0.0.1", 53)).toBe("udp://127.0.0.1:53");
  });
});
