import { Flag } from "../../dns/header.ts";
import { decodeMessage, messageRcode } from "../../dns/message.ts";
import { Rcode, rcodeName } from "../../dns/rcode.ts";
import { DotlsError } from "../../errors.ts";
import { replyFilter } from "../query/accept.ts";
import { buildQuery } from "../query/build-query.ts";
import type { Endpoint } from "../query/exchange.ts";
import { exchangeTcp, exchangeUdp } from "../query/exchange-plain.ts";
import { defaultSettings } from "../query/settings.ts";
import { milliseconds } from "../query/footer.ts";
import { type Finding, finding, rounded } from "./finding.ts";

/** Examines a server that is asked in the clear, as routes may: whether it answers, and how fast. */
export async function examinePlain(
  protocol: "udp" | "tcp",
  server: Endpoint,
  name: string,
  timeout: number,
): Promise<Finding[]> {
  const clear = finding("protocol", "warn", "queries go in the clear", {
    advice:
      "Who watches the network sees them and can change the answers. Keep such servers to routes inside a network that you trust.",
    facts: { encrypted: false },
  });
  const query = buildQuery({ ...defaultSettings(), name, sendCookie: false }, null);
  const request = {
    server,
    query: query.bytes,
    timeout,
    source: null,
    accept: replyFilter(query.message, () => {}),
  };
  try {
    const { reply, timing } = await (protocol === "tcp" ? exchangeTcp(request) : exchangeUdp(request));
    const message = decodeMessage(reply);
    const rcode = messageRcode(message);
    const facts = { name, ms: rounded(timing.query), status: rcodeName(rcode), size: reply.length };
    const cut = (message.flags & Flag.TC) === 0 ? "" : ", truncated";
    const text = `${milliseconds(timing.query)}, ${facts.status} for ${name}${cut}`;
    const good = rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
    const advice = good
      ? null
      : "The server answers, but not this question: is it the right one for these names?";
    return [clear, finding("query", good ? "ok" : "fail", text, { facts, advice })];
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    const advice = "Does the server run, and is it reached from here?";
    return [clear, finding("query", "fail", error.message, { advice, facts: { name, ms: null } })];
  }
}
