import type { UpstreamTest } from "../../src/control/explanation.ts";
import { milliseconds } from "./numbers.ts";

/** What came of a test of an upstream, in one line. */
export function testWords(test: UpstreamTest): string {
  const { address, connectMs, handshakeMs, queryMs, resumed, tlsVersion, rcode, error } = test;
  const parts = [
    connectMs !== null && `connect ${milliseconds(connectMs)}`,
    handshakeMs !== null &&
      `${tlsVersion ?? "TLS"} ${milliseconds(handshakeMs)}${resumed === true ? ", resumed" : ""}`,
    queryMs !== null &&
      `answer ${milliseconds(queryMs)}${rcode === null || rcode === "NOERROR" ? "" : ` (${rcode})`}`,
    error,
  ].filter((part) => typeof part === "string");
  return `${address}: ${parts.join(" · ")}`;
}
