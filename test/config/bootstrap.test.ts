import { expect, test } from "vitest";
import { formatBootstrap, parseBootstrap } from "../../src/config/bootstrap.ts";

test.each([
  ["9.9.9.9", "9.9.9.9", 53, "9.9.9.9"],
  ["udp://9.9.9.9:5353", "9.9.9.9", 5353, "9.9.9.9:5353"],
  ["192.168.1.1@54", "192.168.1.1", 54, "192.168.1.1:54"],
  ["[2620:FE::fe]:53", "2620:fe::fe", 53, "2620:fe::fe"],
  ["2620:fe::fe@5353", "2620:fe::fe", 5353, "[2620:fe::fe]:5353"],
  ["fe80::1%eth0", "fe80::1%eth0", 53, "fe80::1%eth0"],
])("%s", (text, address, port, written) => {
  expect(parseBootstrap(text)).toEqual({ address, port });
  expect(formatBootstrap({ address, port })).toBe(written);
  expect(parseBootstrap(written)).toEqual({ address, port });
});

test.each([
  "dns.google",
  "tls://9.9.9.9",
  "9.9.9.9#dns.quad9.net",
  "0.0.0.0",
  "9.9.9.9:0",
  "::1:53",
  "fe80::1",
])("%s is refused", (text) => {
  expect(() => parseBootstrap(text)).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM" }));
});
