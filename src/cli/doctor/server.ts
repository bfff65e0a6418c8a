import { messageRcode } from "../../dns/message.ts";
import { Rcode } from "../../dns/rcode.ts";
import { formatRdata } from "../../dns/rr/registry.ts";
import { RrType } from "../../dns/rrtype.ts";
import type { Dialed, Target, TlsProtocol } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { Failure } from "../../upstream/failure.ts";
import { TicketStore } from "../../upstream/tickets.ts";
import {
  caseFinding,
  extendedErrorFinding,
  firstAnswerFindings,
  orderFinding,
  pipelineFindings,
} from "./answers.ts";
import { certificateFindings } from "./certificate.ts";
import { type ChainCertificate, readChain } from "./chain.ts";
import { adviceOn } from "./failure-advice.ts";
import { milliseconds } from "../query/footer.ts";
import { type Finding, finding, rounded } from "./finding.ts";
import { lookWithoutTrust } from "./look-without-trust.ts";
import { HttpsProbe } from "./https-probe.ts";
import { type Answer, isAnswer, type NoAnswer, Probe, type Session } from "./probe.ts";
import { BOGUS_NAME, DEFAULT_NAME, freshName, keepaliveQuestion, mixedCase, question } from "./questions.ts";
import { cipherOf, tlsFindings } from "./tls-facts.ts";

/** How a server is to be examined. */
export interface Examination {
  /** How it is asked over HTTPS; null: over TLS alone. */
  readonly https: DohOptions | null;
  /** What to ask for. */
  readonly name: string;
  /** Milliseconds for each question. */
  readonly timeout: number;
  /** The server's own name, when addresses of it are to be found at itself; null: do not ask. */
  readonly findAddressesOf: string | null;
}

/** What came of it. */
export interface Examined {
  readonly findings: readonly Finding[];
  /** Why the dial failed; null: the server was authenticated. */
  readonly failure: Failure | null;
  /** Addresses that the server has by its own word. */
  readonly addresses: readonly string[];
  readonly chain: readonly ChainCertificate[];
}

/** How many names that no cache has are asked for, to have something slow. */
const SLOW = 2;

/** Opens an authenticated connection, or says why there is none. */
export function openSession(
  target: Target,
  https: DohOptions | null,
  tickets: TicketStore,
): Promise<Session | Failure> {
  return https === null ? Probe.open(target, tickets) : HttpsProbe.open(target, https, tickets);
}

/** Examines one address of a server over TLS or HTTPS. Never rejects for what the server does. */
export async function examineServer(target: Target, examination: Examination): Promise<Examined> {
  const tickets = new TicketStore();
  const { https } = examination;
  const protocol: TlsProtocol = https === null ? "dot" : "h2";
  const probe = await openSession(target, https, tickets);
  if ("kind" in probe) return examineRefused(target, protocol, probe);
  const { socket, connectMs, handshakeMs } = probe.dialed;
  const chain = readChain(socket);
  const tlsFacts = cipherOf(socket);
  const who = target.name ?? target.address;
  const findings: Finding[] = [
    finding("connect", "ok", milliseconds(connectMs), { facts: { ms: rounded(connectMs) } }),
    finding(
      "handshake",
      "ok",
      `${milliseconds(handshakeMs)}, authenticated ${who}, ${[tlsFacts.version, tlsFacts.cipher, tlsFacts.group].filter(Boolean).join(", ")}`,
      { facts: { ms: rounded(handshakeMs), authenticated: who, ...tlsFacts } },
    ),
    ...certificateFindings(chain, true, target.pins, Date.now()),
  ];
  let addresses: string[] = [];
  try {
    const asked = await ask(probe, examination);
    findings.push(...asked.findings);
    addresses = asked.addresses;
  } finally {
    probe.close();
  }
  findings.push(
    ...(await secondConnection(target, tickets, examination)),
    ...(await tlsFindings(target, protocol)),
  );
  return { findings, failure: null, addresses, chain };
}

async function ask(
  probe: Session,
  { name, timeout, https, findAddressesOf }: Examination,
): Promise<{ findings: Finding[]; addresses: string[] }> {
  const overTls = https === null;
  const opening = overTls ? keepaliveQuestion(name) : question(name);
  const first = (await probe.ask([opening], timeout))[0]!;
  const findings = firstAnswerFindings(name, first, overTls);
  if (!isAnswer(first)) return { findings, addresses: [] };
  const slow = Array.from({ length: SLOW }, () => question(freshName(name)));
  const bogus = name === DEFAULT_NAME ? [question(BOGUS_NAME)] : [];
  const own =
    findAddressesOf === null ? [] : [RrType.A, RrType.AAAA].map((type) => question(findAddressesOf, type));
  // The slow ones go first, so that what the server has just answered can overtake them.
  const results = await probe.ask([...slow, question(name), ...bogus, ...own], timeout);
  const ownResults = results.slice(results.length - own.length);
  findings.push(
    orderFinding(results.slice(0, slow.length + 1)),
    ...(probe.ended === null ? pipelineFindings(results, slow.length) : []),
    extendedErrorFinding([first, ...results]),
  );
  if (probe.ended !== null) {
    findings.push(
      finding("connection", "warn", `after ${results.filter(isAnswer).length + 1} answers: ${probe.ended}`, {
        advice: "Servers should keep connections open (RFC 7766): each new one costs a handshake.",
      }),
    );
  }
  return { findings, addresses: ownResults.flatMap(addressesIn) };
}

function addressesIn(result: Answer | NoAnswer): string[] {
  if (!isAnswer(result) || messageRcode(result.message) !== Rcode.NOERROR) return [];
  return result.message.answers
    .filter(({ type }) => type === RrType.A || type === RrType.AAAA)
    .map(({ type, rdata, class: rrclass }) => formatRdata(type, rdata, rrclass));
}

/** Opens a second connection with the ticket of the first, and asks one question alone on it. */
async function secondConnection(
  target: Target,
  tickets: TicketStore,
  { name, timeout, https }: Examination,
): Promise<Finding[]> {
  const second = await openSession(target, https, tickets);
  if ("kind" in second) {
    const refused = finding("resumption", "warn", `a second connection came to nothing: ${second.text}`, {
      facts: { resumed: null },
      advice: "The server may limit connections, or stumble over tickets of its own.",
    });
    return [refused];
  }
  const mixed = question(mixedCase(name));
  const cased = (await second.ask([mixed], timeout))[0]!;
  second.close();
  return [resumptionFinding(second.dialed), caseFinding(mixed, cased)];
}

function resumptionFinding({ resumed, handshakeMs }: Dialed): Finding {
  const facts = { resumed, ms: rounded(handshakeMs) };
  const took = milliseconds(handshakeMs);
  if (resumed)
    return finding("resumption", "ok", `a second connection resumed the session, ${took}`, { facts });
  const text = "sessions are not resumed: each connection costs a full handshake";
  return finding("resumption", "info", text, { facts });
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
    failure,
    addresses: [],
    chain,
    findings: [
      finding(connected ? "handshake" : "connect", "fail", failure.text, {
        advice: adviceOn(failure, target, chain[0]?.names ?? []),
        facts: { kind: failure.kind },
      }),
      ...(chain.length === 0 ? [] : certificateFindings(chain, false, target.pins, Date.now())),
    ],
  };
}
