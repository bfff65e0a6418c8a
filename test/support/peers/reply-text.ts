/** One reply as dig, kdig or drill print it: what a user reads, without id, times and sizes. */
export interface PrintedReply {
  status: string;
  /** In the order of the alphabet. */
  flags: string[];
  question: string;
  /** Whether an OPT record came with it; its content is a matter of each hop (RFC 6891 section 6.2.1). */
  edns: boolean;
  answer: string[];
  authority: string[];
  additional: string[];
  /** The TTLs of all records in order, apart from the records because a cache behind the server counts them down. */
  ttls: number[];
}

const header = /^;; ->>HEADER<<- .*(?:status|rcode): (\w+)/;
const sections = ["answer", "authority", "additional"] as const;

/** Reads what dig, kdig or drill wrote, one reply for each question. */
export function parseReplies(text: string): PrintedReply[] {
  const replies: PrintedReply[] = [];
  let section: (typeof sections)[number] | "question" | undefined;
  for (const line of text.split("\n")) {
    const status = header.exec(line)?.[1];
    if (status !== undefined) {
      replies.push({
        status,
        flags: [],
        question: "",
        edns: false,
        answer: [],
        authority: [],
        additional: [],
        ttls: [],
      });
    }
    const reply = replies.at(-1);
    if (reply === undefined) continue;
    if (/^;; flags:/i.test(line)) reply.flags = flagsOf(line);
    else if (/EDNS[: ]/.test(line)) reply.edns = true;
    else if (/^;; \w+ SECTION:$/.test(line)) section = line.slice(3, -9).toLowerCase() as typeof section;
    else if (line === "") section = undefined;
    else if (section === "question") reply.question = line.replace(/^;+\s*/, "").replaceAll(/\s+/g, " ");
    else if (section !== undefined && !line.startsWith(";")) addRecord(reply, section, line);
  }
  return replies;
}

function flagsOf(line: string): string[] {
  return (/: ?([^;]*?) ?;/.exec(line.slice(2))?.[1] ?? "").split(" ").sort();
}

function addRecord(reply: PrintedReply, section: (typeof sections)[number], line: string): void {
  const [, owner, ttl, rest] = /^(\S+)\s+(\d+)\s+(.*)$/.exec(line) ?? [undefined, line, "0", ""];
  reply.ttls.push(Number(ttl));
  reply[section].push(`${owner} ${rest.replaceAll("\t", " ")}`);
}
