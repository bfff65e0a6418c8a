import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import * as layout from "../../../src/listen/batch/layout.ts";
import { describeWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/peers/process.ts";

const { Cmsghdr, controlSpace, Errno, In6Pktinfo, InPktinfo, Iovec, Mmsghdr, SockaddrIn, SockaddrIn6 } =
  layout;

/** What has the name that it has in C. */
function numbersOf(names: object): [string, number][] {
  return Object.entries(names).flatMap(([name, value]: [string, unknown]): [string, number][] =>
    typeof value === "number" ? [[name, value]] : [],
  );
}

/** What C says, and what we say. */
const claims: readonly (readonly [string, number])[] = [
  ["offsetof(struct mmsghdr, msg_hdr.msg_name)", Mmsghdr.NAME],
  ["offsetof(struct mmsghdr, msg_hdr.msg_namelen)", Mmsghdr.NAME_LENGTH],
  ["offsetof(struct mmsghdr, msg_hdr.msg_iov)", Mmsghdr.VECTORS],
  ["offsetof(struct mmsghdr, msg_hdr.msg_iovlen)", Mmsghdr.VECTOR_COUNT],
  ["offsetof(struct mmsghdr, msg_hdr.msg_control)", Mmsghdr.CONTROL],
  ["offsetof(struct mmsghdr, msg_hdr.msg_controllen)", Mmsghdr.CONTROL_LENGTH],
  ["offsetof(struct mmsghdr, msg_hdr.msg_flags)", Mmsghdr.FLAGS],
  ["offsetof(struct mmsghdr, msg_len)", Mmsghdr.LENGTH],
  ["sizeof(struct mmsghdr)", Mmsghdr.SIZE],
  ["offsetof(struct iovec, iov_base)", Iovec.BASE],
  ["offsetof(struct iovec, iov_len)", Iovec.LENGTH],
  ["sizeof(struct iovec)", Iovec.SIZE],
  ["offsetof(struct sockaddr_in, sin_family)", SockaddrIn.FAMILY],
  ["offsetof(struct sockaddr_in, sin_port)", SockaddrIn.PORT],
  ["offsetof(struct sockaddr_in, sin_addr)", SockaddrIn.ADDRESS],
  ["sizeof(struct sockaddr_in)", SockaddrIn.SIZE],
  ["offsetof(struct sockaddr_in6, sin6_family)", SockaddrIn6.FAMILY],
  ["offsetof(struct sockaddr_in6, sin6_port)", SockaddrIn6.PORT],
  ["offsetof(struct sockaddr_in6, sin6_addr)", SockaddrIn6.ADDRESS],
  ["offsetof(struct sockaddr_in6, sin6_scope_id)", SockaddrIn6.SCOPE],
  ["sizeof(struct sockaddr_in6)", SockaddrIn6.SIZE],
  ["offsetof(struct cmsghdr, cmsg_len)", Cmsghdr.LENGTH],
  ["offsetof(struct cmsghdr, cmsg_level)", Cmsghdr.LEVEL],
  ["offsetof(struct cmsghdr, cmsg_type)", Cmsghdr.TYPE],
  ["CMSG_LEN(0)", Cmsghdr.DATA],
  ["CMSG_SPACE(sizeof(struct in_pktinfo))", controlSpace(InPktinfo.SIZE)],
  ["CMSG_SPACE(sizeof(struct in6_pktinfo))", controlSpace(In6Pktinfo.SIZE)],
  ["offsetof(struct in_pktinfo, ipi_ifindex)", InPktinfo.IFINDEX],
  ["offsetof(struct in_pktinfo, ipi_spec_dst)", InPktinfo.SOURCE],
  ["offsetof(struct in_pktinfo, ipi_addr)", InPktinfo.DESTINATION],
  ["sizeof(struct in_pktinfo)", InPktinfo.SIZE],
  ["offsetof(struct in6_pktinfo, ipi6_addr)", In6Pktinfo.ADDRESS],
  ["offsetof(struct in6_pktinfo, ipi6_ifindex)", In6Pktinfo.IFINDEX],
  ["sizeof(struct in6_pktinfo)", In6Pktinfo.SIZE],
  ["offsetof(struct sock_fprog, len)", layout.SockFprog.LENGTH],
  ["offsetof(struct sock_fprog, filter)", layout.SockFprog.FILTER],
  ["sizeof(struct sock_fprog)", layout.SockFprog.SIZE],
  ["offsetof(struct sock_filter, code)", layout.SockFilter.CODE],
  ["offsetof(struct sock_filter, jt)", layout.SockFilter.YES],
  ["offsetof(struct sock_filter, jf)", layout.SockFilter.NO],
  ["offsetof(struct sock_filter, k)", layout.SockFilter.NUMBER],
  ["sizeof(struct sock_filter)", layout.SockFilter.SIZE],
  ["offsetof(struct epoll_event, events)", 0],
  ["SYS_recvmmsg", layout.CALLS[process.arch]?.recvmmsg ?? -1],
  ["SYS_sendmmsg", layout.CALLS[process.arch]?.sendmmsg ?? -1],
  ...numbersOf(Errno),
  ...numbersOf(layout),
];

describeWith(
  process.platform === "linux" && process.arch in layout.CALLS ? ["cc"] : ["Linux on x64 or arm64"],
  "what the kernel reads and writes",
  () => {
    it("lies where the C compiler puts it, and has the values of its headers", () => {
      const folder = temporaryFolder();
      onTestFinished(() => folder.remove());
      const source = join(folder.path, "layout.c");
      writeFileSync(
        source,
        `#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
int main(void) {
${claims.map(([expression]) => `  printf("%lld\\n", (long long)(${expression}));`).join("\n")}
  return 0;
}
`,
      );
      const compiled = join(folder.path, "layout");
      execFileSync("cc", ["-o", compiled, source]);
      const values = execFileSync(compiled, { encoding: "utf8" }).trim().split("\n").map(Number);
      expect(claims.map(([expression], at) => [expression, values[at]])).toEqual(claims);
    });
  },
);
