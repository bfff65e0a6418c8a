import type { Dialed, Target, TlsProtocol } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { Failure } from "../../upstream/failure.ts";
import type { Proof } from "../../upstream/proof.ts";
import { TicketStore } from "../../upstream/tickets.ts";
import { certificateFindings } from "./certificate.ts";
import { type ChainCertificate, readChain } from "./chain.ts";
import { converse } from "./conversation.ts";
import { adviceOn } from "./failure-advice.ts";
import { milliseconds } from "../query/footer.ts";
import { type Finding, finding, rounded } from "./finding.ts";
import { watchIdle } from "./idle.ts";
import { lookWithoutTrust } from "./look-without-trust.ts";
import { openSession } from "./probes.ts";
import { secondConnection } from "./second-connection.ts";
import { cipherOf, tlsFindings } from "./tls-facts.ts";

/** How a server is to be examined. */
export interface Examination {
  /** How it is asked over HTTPS; null: over TLS alone. */
  readonly https: DohOptions | null;
  /** What to ask for. */
  readonly name: string;
  /** Milliseconds for each question. */
  readonly timeout: number;
  /** How long a connection is watched on which nothing is asked, in ms. */
  readonly idleWatch: number;
  /** The server's own name, when addresses of it are to be found at itself; null: do not ask. */
  readonly findAddressesOf: string | null;
}

/** What came of it. */
export interface Examined {
  readonly findings: readonly Finding[];
  /** By what the server has proved who it is; null: it was refused. */
  readonly proof: Proof | null;
  /** Why the dial failed; null: the server gets queries. */
  readonly failure: Failure | null;
  /** Addresses that the server has by its own word. */
  readonly addresses: readonly string[];
  readonly chain: readonly ChainCertificate[];
}

/** Examines one address of a server over TLS or HTTPS. Never rejects for what the server does. */
export async function examineServer(target: Target, examination: Examination): Promise<Examined> {
  const tickets = new TicketStore();
  const { https, name, timeout, idleWatch } = examination;
  const protocol: TlsProtocol = https === null ? "dot" : "h2";
  const probe = await openSession(target, https, tickets);
  if ("kind" in probe) return examineRefused(target, protocol, probe);
  const { connectMs, proof } = probe.dialed;
  const chain = readChain(probe.dialed.socket);
  const findings: Finding[] = [
    finding("connect", "ok", milliseconds(connectMs), { facts: { ms: rounded(connectMs) } }),
    handshakeFinding(target, probe.dialed),
    ...certificateFindings(chain, proof, target.pins, Date.now()),
  ];
  let addresses: readonly string[] = [];
  try {
    const asked = await converse(probe, examination);
    const since = performance.now();
    const [idle, others] = await Promise.all([
      probe.ended === null ? watchIdle(probe, asked.saidLimit, since, idleWatch) : null,
      elsewhere(),
    ]);
    findings.push(...asked.findings, ...(idle === null ? [] : [idle]), ...others);
    addresses = asked.addresses;
  } finally {
    probe.close();
  }
  return { findings, proof, failure: null, addresses, chain };

  /** What is tried on other connections meanwhile. */
  async function elsewhere(): Promise<Finding[]> {
    return [
      ...(await secondConnection(target, https, tickets, name, timeout)),
      ...(await tlsFindings(target, protocol)),
    ];
  }
}

/** Who was found, by what that was proved, and how the connection is encrypted. */
function handshakeFinding(target: Target, { socket, handshakeMs, proof, doubt }: Dialed): Finding {
  const who = target.name ?? target.address;
  const tls = cipherOf(socket);
  const encrypted = [tls.version, tls.cipher, tls.group].filter((part) => part !== null).join(", ");
  const facts = { ms: rounded(handshakeMs), authenticated: proof === "none" ? null : who, proof, ...tls };
  const took = milliseconds(handshakeMs);
  if (proof === "certificate")
    return finding("handshake", "ok", `${took}, authenticated ${who}, ${encrypted}`, { facts });
  if (proof === "pin")
    return finding("handshake", "ok", `${took}, authenticated by a pin alone, ${encrypted}`, { facts });
  const verify = target.verify ?? "strict";
  const why = doubt === null ? `verify is ${verify}` : `verify is ${verify}, ${doubt.text}`;
  return finding("handshake", "warn", `${took}, NOT authenticated (${why}), ${encrypted}`, {
    facts,
    advice:
      "Whoever stands on the way can read the queries and change the answers. verify: strict refuses that.",
  });
}

/** The dial has refused the server: nothing is asked, but people are shown who is there. */
async function examineRefused(target: Target, protocol: TlsProtocol, failure: Failure): Promise<Examined> {
  const shook = ["tls", "untrusted", "name", "pin", "clock"].includes(failure.kind);
  const connected = shook || failure.text.includes("handshake");
  // Whoever does not shake hands in time will not do it for a second look either.
  const look = shook
    ? await lookWithoutTrust(target, { alpn: protocol === "h2" ? [protocol] : [] })
    : failure;
  const chain = "chain" in look ? look.chain : [];
  return {
    proof: null,
    failure,
    addresses: [],
    chain,
    findings: [
      finding(connected ? "handshake" : "connect", "fail", failure.text, {
        advice: adviceOn(failure, target, protocol, chain[0]?.names ?? []),
        facts: { kind: failure.kind },
      }),
      ...(chain.length === 0 ? [] : certificateFindings(chain, null, target.pins, Date.now())),
    ],
  };
}
