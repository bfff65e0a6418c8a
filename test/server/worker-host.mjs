// The built server in a process of its own, with a hand on its threads: the first argument holds the items of `--set`, in
// JSON. A line `kill` on standard input ends the worker that has lived longest, without a warning to anybody; a line `hang`
// lets one go round in circles; a line `reload [...]` takes over other items of `--set`.
import { Session } from "node:inspector";
import { createInterface } from "node:readline";
import { createLog, loadConfig, startServer } from "../../dist/index.js";

const threads = [];
process.on("worker", (thread) => {
  threads.push(thread);
  thread.once("exit", () => threads.splice(threads.indexOf(thread), 1));
});
const { config } = loadConfig({ flags: { set: JSON.parse(process.argv[2]) } });
const server = await startServer(config, { log: await createLog({ level: "info" }) });
console.log(server.urls.join(" "));
createInterface({ input: process.stdin }).on("line", async (line) => {
  if (line === "kill") await threads[0].terminate();
  if (line === "hang") {
    const session = new Session();
    session.connect();
    session.once("NodeWorker.attachedToWorker", ({ params: { sessionId } }) => {
      const params = { expression: "for (;;);" };
      const message = JSON.stringify({ id: 1, method: "Runtime.evaluate", params });
      session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  }
  if (line === "status") {
    await server.refresh();
    console.log(JSON.stringify(server.status()));
  }
  if (line.startsWith("reload ")) {
    const { config } = loadConfig({ flags: { set: JSON.parse(line.slice("reload ".length)) } });
    const outcome = server.reload(config).catch(({ message }) => ({ error: message }));
    console.log(JSON.stringify(await outcome));
  }
  if (line === "stop") {
    await server.stop();
    process.stdin.destroy();
    console.log("stopped");
  }
});
