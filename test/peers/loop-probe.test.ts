import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { writeOwn } from "../../src/dns/reply-writer.ts";
import { ClientQuery } from "../../src/listen/client-query.ts";
import { LoopProbe } from "../../src/resolve/loop-probe.ts";
import { Step } from "../../src/resolve/stage.ts";
import { door } from "../resolve/queries.ts";
import { inRoom } from "../support/own-room.ts";
import { describeWith } from "../support/needs.ts";
import { freePorts, launch, type Running, temporaryFolder } from "../support/peers/process.ts";
import { rawQuery } from "../support/raw-query.ts";

/** What each program needs to forward everything to 127.0.0.1:`to`, and how it is started. */
const forwarders: readonly {
  readonly program: string;
  readonly text: (port: number, to: number, folder: string) => string;
  readonly args: (file: string, folder: string) => readonly string[];
}[] = [
  {
    program: "unbound",
    text: (port, to, folder) => `server:
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${to}
`,
    args: (file) => ["-d", "-p", "-c", file],
  },
  {
    program: "dnsdist",
    text: (port, to) => `setLocal("127.0.0.1:${port}")
newServer({address="127.0.0.1:${to}", healthCheckMode="up"})
`,
    args: (file) => ["--supervised", "--disable-syslog", "-C", file],
  },
  {
    program: "kresd",
    text: (port, to) => `net.listen("127.0.0.1", ${port}, { kind = "dns" })
trust_anchors.remove(".")
modules.unload("ta_update")
modules.unload("ta_signal_query")
modules.unload("priming")
policy.add(policy.all(policy.STUB("127.0.0.1@${to}")))
`,
    args: (file, folder) => ["-n", "-c", file, folder],
  },
];

for (const { program, text, args } of forwarders) {
  describeWith([program], `${program} that forwards back to who asks it`, () => {
    const folder = temporaryFolder();
    let port: number;
    let running: Running;
    /** Our door. */
    let ours: Socket;
    let client: Socket;
    const loops: string[] = [];
    const probe = new LoopProbe<string>({ onLoop: (target) => loops.push(target), onLoopGone: () => {} });

    beforeAll(async () => {
      ours = createSocket("udp4").bind(0, "127.0.0.1");
      await once(ours, "listening");
      ours.on("message", (bytes, from) => {
        const query = new ClientQuery(door, 0);
        query.begin(from.address, from.port, 0);
        query.read(bytes, bytes.length, false);
        const rcode = probe.enter(query) === Step.ANSWERED ? query.rcode : 3;
        ours.send(
          inRoom((room) => writeOwn(query, rcode, null, door.way, room)),
          from.port,
          from.address,
        );
      });
      [port] = (await freePorts(1)) as [number];
      const file = join(folder.path, `${program}.conf`);
      writeFileSync(file, text(port, ours.address().port, folder.path));
      running = launch(program, args(file, folder.path), folder.path);
      client = createSocket("udp4");
      // Up, and passing on what it does not know.
      while (!(await Promise.race([ask(rawQuery({ name: "up.example" })), running.died])));
    });
    afterAll(async () => {
      client.close();
      ours.close();
      await running.stop();
      folder.remove();
    });

    async function ask(message: Uint8Array): Promise<boolean> {
      client.send(message, port, "127.0.0.1");
      try {
        const [bytes] = (await once(client, "message", { signal: AbortSignal.timeout(2000) })) as [Buffer];
        return decodeMessage(bytes).questions.length === 1;
      } catch {
        return false;
      }
    }

    it("is found", async () => {
      probe.over("it", await ask(probe.question("it").bytes));
      expect(loops).toEqual(["it"]);
      expect(probe.isLoop("it")).toBe(true);
    });
  });
}
