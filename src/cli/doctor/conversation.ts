import { messageRcode } from "../../dns/message.ts";
import { Rcode } from "../../dns/rcode.ts";
import { formatRdata } from "../../dns/rr/registry.ts";
import { RrType } from "../../dns/rrtype.ts";
import { extendedErrorFinding, firstAnswerFindings, orderFinding, pipelineFindings } from "./answers.ts";
import { type Finding, finding } from "./finding.ts";
import { saidLimit } from "./idle.ts";
import { type Answer, isAnswer, type NoAnswer, type Session } from "./probe.ts";
import { BOGUS_NAME, DEFAULT_NAME, freshName, keepaliveQuestion, question } from "./questions.ts";
import type { Examination } from "./server.ts";

/** How many names that no cache has are asked for, to have something slow. */
const SLOW = 2;

/** What came of asking a server. */
export interface Conversation {
  readonly findings: readonly Finding[];
  /** The idle limit by its own word, in seconds; null: it does not say; undefined: it was not asked. */
  readonly saidLimit: number | null | undefined;
  /** The addresses that it has by its own word. */
  readonly addresses: readonly string[];
}

/** Asks one question on an open connection, then several at once, and says what the answers show. */
export async function converse(
  probe: Session,
  { name, timeout, https, findAddressesOf }: Examination,
): Promise<Conversation> {
  const overTls = https === null;
  const opening = overTls ? keepaliveQuestion(name) : question(name);
  const first = (await probe.ask([opening], timeout))[0]!;
  const findings = firstAnswerFindings(name, first);
  const limit = overTls ? saidLimit(first) : undefined;
  if (!isAnswer(first)) return { findings, saidLimit: limit, addresses: [] };
  const slow = Array.from({ length: SLOW }, () => question(freshName(name)));
  const bogus = name === DEFAULT_NAME ? [question(BOGUS_NAME)] : [];
  const own =
    findAddressesOf === null ? [] : [RrType.A, RrType.AAAA].map((type) => question(findAddressesOf, type));
  // The slow ones go first, so that what the server has just answered can overtake them.
  const results = await probe.ask([...slow, question(name), ...bogus, ...own], timeout);
  const ownResults = results.slice(results.length - own.length);
  const { ended } = probe;
  findings.push(
    orderFinding(results.slice(0, slow.length + 1)),
    ...(ended === null ? pipelineFindings(results, slow.length) : []),
    extendedErrorFinding([first, ...results]),
  );
  if (ended !== null) {
    const answers = results.filter(isAnswer).length + 1;
    const after = `after ${answers} ${answers === 1 ? "answer" : "answers"}`;
    findings.push(
      finding("connection", "warn", `${ended.reason} ${after}, with questions still to answer`, {
        advice: "Servers should keep connections open (RFC 7766): each new one costs a handshake.",
        facts: { answers },
      }),
    );
  }
  return { findings, saidLimit: limit, addresses: ownResults.flatMap(addressesIn) };
}

function addressesIn(result: Answer | NoAnswer): string[] {
  if (!isAnswer(result) || messageRcode(result.message) !== Rcode.NOERROR) return [];
  return result.message.answers
    .filter(({ type }) => type === RrType.A || type === RrType.AAAA)
    .map(({ type, rdata, class: rrclass }) => formatRdata(type, rdata, rrclass));
}
