import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { type DecodedMessage, decodeMessage, messageRcode } from "../../src/dns/message.ts";
import { writeOwn } from "../../src/dns/reply-writer.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { LocalNames } from "../../src/resolve/local-names.ts";
import { Step } from "../../src/resolve/stage.ts";
import { clientQuery } from "../resolve/queries.ts";
import { inRoom } from "../support/own-room.ts";
import { describeWith } from "../support/needs.ts";
import { freePorts, launch, type Running, temporaryFolder } from "../support/peers/process.ts";
import { type RawQuery, rawQuery } from "../support/raw-query.ts";

describeWith(["unbound"], "names that unbound keeps at home", () => {
  let port: number;
  let unbound: Running;
  let socket: Socket;
  const folder = temporaryFolder();

  beforeAll(async () => {
    [port] = (await freePorts(1)) as [number];
    const file = join(folder.path, "unbound.conf");
    const quiet = 'username: ""\n  chroot: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no';
    writeFileSync(
      file,
      // Nobody else is asked: what is not known there fails.
      `server:\n  interface: 127.0.0.1@${port}\n  ${quiet}\n  directory: "${folder.path}"\n` +
        `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@1\n`,
    );
    unbound = launch("unbound", ["-d", "-p", "-c", file], folder.path);
    socket = createSocket("udp4");
    while ((await Promise.race([ask({ name: "localhost" }), unbound.died])) === null);
  });
  afterAll(async () => {
    socket.close();
    await unbound.stop();
    folder.remove();
  });

  async function ask(query: RawQuery): Promise<DecodedMessage | null> {
    socket.send(rawQuery(query), port, "127.0.0.1");
    const late = AbortSignal.timeout(1000);
    try {
      const [bytes] = (await once(socket, "message", { signal: late })) as [Buffer];
      return decodeMessage(bytes);
    } catch {
      return null;
    }
  }

  const reverse = [
    "0 10 254.169 2.0.192 100.51.198 113.0.203 255.255.255.255 168.192".split(" "),
    Array.from({ length: 16 }, (_, i) => `${16 + i}.172`),
    Array.from({ length: 64 }, (_, i) => `${64 + i}.100`),
  ]
    .flat()
    .map((zone) => `${zone}.in-addr.arpa`);
  const six = [
    "d.f",
    "8.e.f",
    "9.e.f",
    "a.e.f",
    "b.e.f",
    "8.b.d.0.1.0.0.2",
    "0.".repeat(32).slice(0, -1),
  ].map((zone) => `${zone}.ip6.arpa`);
  const zones = [...reverse, ...six, "home.arpa", "test", "invalid", "onion"];
  const questions: RawQuery[] = [
    ...zones.flatMap((zone) => [
      { name: `a.b.${zone}`, type: RrType.PTR },
      { name: zone, type: RrType.TXT },
    ]),
    ...["localhost", "a.localhost"].flatMap((name) => [1, 28, 16].map((type) => ({ name, type }))),
    ...["1.0.0.127", "2.0.0.127", "0.0.127", "0.127", "127", "1.0.127"].flatMap((name) =>
      [1, 12].map((type) => ({ name: `${name}.in-addr.arpa`, type })),
    ),
    { name: `1.${"0.".repeat(31)}ip6.arpa`, type: RrType.PTR },
  ];

  it("get the same answer here, but for whom the SOA names", async () => {
    const groups = { ...ALL_LOCAL_NAMES, local: false, resolverArpa: false, ipv4onlyArpa: false };
    const local = new LocalNames(groups, { covers: () => false });
    for (const question of questions) {
      const { query } = clientQuery(question);
      const about = `${String(question.name)} ${question.type}`;
      expect([about, local.enter(query)]).toEqual([about, Step.ANSWERED]);
      const own = decodeMessage(
        inRoom((room) => writeOwn(query, query.rcode, null, query.door.way, room, query.records)),
      );
      const theirs = await ask(question);
      expect([about, theirs === null ? null : shown(theirs)]).toEqual([about, shown(own)]);
    }
  });

  function shown(message: DecodedMessage): unknown {
    const { answers, authorities } = message;
    const plain = authorities.map(({ name, type, ttl }) => ({ name, type, ttl }));
    return { rcode: messageRcode(message), answers, authorities: plain };
  }
});
