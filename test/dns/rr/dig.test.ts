import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatName, parseName, readName } from "../../../src/dns/name.ts";
import { expandRdata, formatRdata } from "../../../src/dns/rr/registry.ts";
import { typeName } from "../../../src/dns/rrtype.ts";
import { describeWith } from "../../support/needs.ts";
import { peerTools, startAuthority } from "../../support/peers.ts";
import type { Peer } from "../../support/peers/peer.ts";
import { temporaryFolder } from "../../support/peers/process.ts";
import { vectorFile, vectors } from "../../support/vectors.ts";

const run = promisify(execFile);

/** What to ask for all vectors: each owner and type once. */
const questions = [
  ...new Map(vectors.map(({ owner, type, mnemonic }) => [`${owner} ${mnemonic}`, { owner, type }])),
];

/** The records of all answers as dig prints them: owner, type and data with one blank between them. */
async function askedByDig(port: number, folder: string): Promise<string[]> {
  const batch = join(folder, "batch");
  writeFileSync(batch, questions.map(([line]) => `${line}\n`).join(""));
  const server = ["-p", String(port), "@127.0.0.1", "+tcp", "+keepopen", "+time=5", "+tries=1"];
  const { stdout } = await run("dig", [...server, "+noall", "+answer", "-f", batch]);
  return stdout
    .split("\n")
    .map((line) => /^(\S+)\s+\d+\s+IN\s+(\S+)\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, owner, type, data]) => `${owner} ${type} ${data}`);
}

/** The same as we read it from the messages, whose names are compressed. */
async function askedByUs(port: number): Promise<string[]> {
  const socket = connect(port, "127.0.0.1");
  for (const [, { owner, type }] of questions) {
    const question = Buffer.concat([parseName(owner), Buffer.of(type >> 8, type & 255, 0, 1)]);
    const header = Buffer.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    header.writeUInt16BE(12 + question.length);
    socket.write(Buffer.concat([header, question]));
  }
  const lines: string[] = [];
  let answers = 0;
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      lines.push(...answerLines(received.subarray(2, end)));
      received = received.subarray(end);
      answers += 1;
    }
    if (answers === questions.length) socket.destroy();
  });
  await once(socket, "close");
  return lines;
}

function answerLines(message: Buffer): string[] {
  let at = 12;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) at = readName(message, at).end + 4;
  const lines: string[] = [];
  for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
    const { name, end } = readName(message, at);
    const type = message.readUInt16BE(end);
    const length = message.readUInt16BE(end + 8);
    const rdata = expandRdata(type, message, end + 10, length);
    lines.push(`${formatName(name)} ${typeName(type)} ${formatRdata(type, rdata)}`);
    at = end + 10 + length;
  }
  return lines;
}

describeWith([...peerTools, "dig"], "record data from a server", () => {
  const folder = temporaryFolder();
  // NSD cannot read all of the text, but it serves any bytes that fit the type: here every vector is `\# length hex`.
  const bytes = join(folder.path, "bytes.zone");
  let nsd: Peer;
  let nsdOfBytes: Peer;

  beforeAll(async () => {
    const lines = vectors
      .filter(({ mnemonic, owner }) => mnemonic !== "SOA" || owner === "vectors.example.")
      .map(({ owner, type, rdata }) => {
        const digits = Buffer.from(rdata).toString("hex");
        return `${owner} 3600 IN TYPE${type} \\# ${rdata.length} ${digits}`;
      });
    const [soa] = lines;
    writeFileSync(bytes, [...lines.filter((line) => !line.includes(" TYPE6 ")), soa, ""].join("\n"));
    [nsd, nsdOfBytes] = await Promise.all([
      startAuthority([{ origin: "vectors.example", file: vectorFile("vectors.zone") }]),
      startAuthority([{ origin: "vectors.example", file: bytes }]),
    ]);
  });

  afterAll(async () => {
    await Promise.all([nsd?.stop(), nsdOfBytes?.stop()]);
    folder.remove();
  });

  it("is read from compressed messages and printed as dig prints it, line by line", async () => {
    const ours = await askedByUs(nsd.plain);
    expect(ours.length).toBeGreaterThan(100);
    expect(ours).toEqual(await askedByDig(nsd.plain, folder.path));
  });

  it("is printed as dig prints it when it was handed over as bytes", async () => {
    const ours = await askedByUs(nsdOfBytes.plain);
    expect(ours.length).toBeGreaterThan(100);
    expect(ours).toEqual(await askedByDig(nsdOfBytes.plain, folder.path));
  });
});
