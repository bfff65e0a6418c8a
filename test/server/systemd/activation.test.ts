import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { passedSockets } from "../../../src/server/systemd/passed-sockets.ts";
import { yamlFor } from "../../cli/service.ts";
import { describeWith } from "../../support/needs.ts";
import { freePorts, launch, type Running, temporaryFolder } from "../../support/peers/process.ts";
import { start, until } from "../../support/scripted-upstream/fixture.ts";
import { outcomeOf } from "../../support/serve.ts";
import { TcpProbe } from "../../support/plain-client.ts";
import { rawQuery } from "../../support/raw-query.ts";
import { UdpClient } from "../../support/udp-client.ts";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Opens sockets (`udp`, `tcp` and their addresses) and becomes dotls with them, as systemd starts a service. */
const PROGRAM = `
import os, socket, sys
count = int(sys.argv[1])
wanted = [one.rsplit(":", 1) for one in sys.argv[2:2 + count]]
passed = []
for kind, (host, port) in ((one[0][:3], (one[0][3:].strip("[]"), one[1])) for one in wanted):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    one.bind((host, int(port)))
    if kind == "tcp": one.listen(16)
    passed.append(one)
copies = [os.dup2(one.fileno(), 100 + at) for at, one in enumerate(passed)]
for at, copy in enumerate(copies): os.dup2(copy, 3 + at, inheritable=True)
env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count), LISTEN_FDNAMES=":".join("dotls.socket" for _ in passed))
os.execvpe(sys.argv[2 + count], sys.argv[2 + count:], env)
`;

/** The same, but it keeps the sockets, and starts dotls again when it has ended. */
const RESTARTING = PROGRAM.slice(0, PROGRAM.lastIndexOf("env =")).concat(`
import ctypes, signal, time
for run in range(2):
    child = os.fork()
    if child == 0:
        # PR_SET_PDEATHSIG: it ends with this program.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count))
        os.execvpe(sys.argv[2 + count], sys.argv[2 + count:], env)
    print("child", child, flush=True)
    os.waitpid(child, 0)
    print("ended", child, flush=True)
    # Time for queries to come while nobody is there.
    time.sleep(0.5)
`);

interface Activated extends Running {
  readonly folder: string;
}

async function activate(
  how: (command: readonly string[], folder: string) => [string, readonly string[]],
  ...lines: string[]
): Promise<Activated> {
  const upstream = await start();
  const folder = temporaryFolder();
  const config = join(folder.path, "dotls.yaml");
  writeFileSync(config, yamlFor(upstream, "control: {socket: none}", ...lines));
  const [program, args] = how([process.execPath, main, "serve", "--config", config], folder.path);
  const running = launch(program, args, folder.path);
  onTestFinished(async () => {
    await running.stop();
    folder.remove();
  });
  return { ...running, folder: folder.path };
}

/** With these sockets, UDP and TCP at once. */
function withSockets(...sockets: string[]): (command: readonly string[]) => [string, readonly string[]] {
  return (command) => ["python3", ["-c", PROGRAM, String(sockets.length), ...sockets, ...command]];
}

async function clientOf(url: string): Promise<UdpClient> {
  const client = await UdpClient.open(url);
  onTestFinished(() => client.close());
  return client;
}

describeWith(["python3"], "sockets that systemd passes", () => {
  it.each(["batch", "dgram"])(
    "are those that listen names; others are opened as ever (io: %s)",
    async (io) => {
      const [port = 0, other = 0] = await freePorts(2);
      const running = await activate(
        withSockets(`tcp127.0.0.1:${port}`, `udp127.0.0.1:${port}`),
        `listen: ["127.0.0.1:${port}", "udp://127.0.0.1:${other}"]`,
        `io: ${io}`,
      );
      await until(() => running.log().includes("dotls ready"));
      for (const at of [port, other]) {
        const client = await clientOf(`udp://127.0.0.1:${at}`);
        expect(outcomeOf((await client.ask("a.test")).message)).toMatch(/^10\./);
      }
      const tcp = await TcpProbe.connect(port, "127.0.0.1");
      onTestFinished(() => tcp.close());
      expect((await tcp.ask(rawQuery({ id: 7 })))[1]).toBe(7);
      // A reload leaves them alone.
      process.kill(running.pid, "SIGHUP");
      await until(() => running.log().includes("the new configuration is in force"));
      expect(outcomeOf((await (await clientOf(`udp://127.0.0.1:${port}`)).ask("b.test")).message)).toMatch(
        /^10\./,
      );
    },
    20_000,
  );

  it.each(["batch", "dgram"])(
    "hold what is asked between a stop and the next start (io: %s)",
    async (io) => {
      const [port = 0] = await freePorts(1);
      const sockets = [`udp127.0.0.1:${port}`, `tcp127.0.0.1:${port}`];
      const running = await activate(
        (command) => ["python3", ["-c", RESTARTING, String(sockets.length), ...sockets, ...command]],
        `listen: ["127.0.0.1:${port}"]`,
        `io: ${io}`,
      );
      await until(() => running.log().includes("dotls ready"));
      process.kill(Number(/child (\d+)/.exec(running.log())![1]), "SIGTERM");
      await until(() => running.log().includes("ended"));
      const client = await clientOf(`udp://127.0.0.1:${port}`);
      const waiting = client.ask("between.test", { within: 15_000 });
      const tcp = await TcpProbe.connect(port, "127.0.0.1");
      onTestFinished(() => tcp.close());
      tcp.send(rawQuery({ id: 9 }));
      expect(outcomeOf((await waiting).message)).toMatch(/^10\./);
      expect((await tcp.receive())[1]).toBe(9);
      expect(outcomeOf((await client.ask("after.test")).message)).toMatch(/^10\./);
    },
    20_000,
  );

  it("of IPv6 as well", async () => {
    const [port = 0] = await freePorts(1);
    const running = await activate(withSockets(`udp[::1]:${port}`), `listen: ["udp://[::1]:${port}"]`);
    await until(() => running.log().includes("dotls ready"));
    expect(running.log()).toContain(`listening on udp://[::1]:${port}\n`);
  });

  it.each([
    ["which listen does not name", (port: number) => [`udp127.0.0.1:${port}`, `tcp127.0.0.2:${port}`]],
    ["a UDP socket for every address", (port: number) => [`udp127.0.0.1:${port}`, `udp0.0.0.0:${port + 1}`]],
  ])("keep the server from starting: %s", async (message, sockets) => {
    const [port = 0] = await freePorts(1);
    const running = await activate(withSockets(...sockets(port)), `listen: ["127.0.0.1:${port}"]`);
    await expect(running.died).rejects.toThrow(message);
  });

  it("have one thread", async () => {
    const [port = 0] = await freePorts(1);
    const listen = `listen: ["udp://127.0.0.1:${port}"]`;
    const running = await activate(withSockets(`udp127.0.0.1:${port}`), listen, "workers: 2");
    await expect(running.died).rejects.toThrow("workers: 1");
  });
});

describeWith(["systemd-socket-activate"], "systemd-socket-activate", () => {
  it.each([
    ["udp", ["--datagram"]],
    ["tcp", []],
  ])(
    "starts dotls with the first query over %s, which is answered",
    async (transport, options) => {
      const [port = 0] = await freePorts(1);
      const running = await activate(
        (command) => ["systemd-socket-activate", [...options, "-l", `127.0.0.1:${port}`, ...command]],
        `listen: ["${transport}://127.0.0.1:${port}"]`,
      );
      await until(() => running.log().includes("Listening on"));
      if (transport === "udp") {
        const client = await clientOf(`udp://127.0.0.1:${port}`);
        expect(outcomeOf((await client.ask("first.test", { within: 15_000 })).message)).toMatch(/^10\./);
      } else {
        const tcp = await TcpProbe.connect(port, "127.0.0.1");
        onTestFinished(() => tcp.close());
        expect((await tcp.ask(rawQuery({ id: 7 })))[1]).toBe(7);
      }
    },
    20_000,
  );
});

describe("what is said of sockets", () => {
  it("is for the process that it names", () => {
    expect(passedSockets({ LISTEN_FDS: "1" })).toEqual([]);
    expect(passedSockets({ LISTEN_FDS: "1", LISTEN_PID: "1" })).toEqual([]);
    expect(passedSockets({ LISTEN_FDS: "many", LISTEN_PID: String(process.pid) })).toEqual([]);
    const env: NodeJS.ProcessEnv = { LISTEN_FDS: "0", LISTEN_PID: String(process.pid), LISTEN_FDNAMES: "" };
    expect(passedSockets(env)).toEqual([]);
    expect(env).toEqual({});
  });

  it("must be true", () => {
    const env = { LISTEN_FDS: "900", LISTEN_PID: String(process.pid), LISTEN_FDNAMES: "a:b" };
    expect(() => passedSockets(env)).toThrow(/no socket of UDP or TCP \(number \d+/);
  });
});
