// Watches a dotls over its control socket, as a process of its own: ten readers of the live feed, and a scrape each second.
// Run with the path of the socket. When it is told "stop" it says what it has seen, and ends.
import { request } from "node:http";
import { setInterval as every } from "node:timers/promises";

/** What watchers have seen. */
export interface Sightings {
  /** Events of the live feed, over all readers. */
  readonly events: number;
  readonly scrapes: number;
}

const READERS = 10;
const SCRAPE = 1000;

const [socketPath] = process.argv.slice(2);
const seen = { events: 0, scrapes: 0 };

/** Hands over the text of a response as it comes; resolves when it ends. */
async function get(path: string, text: (piece: string) => void, begun: () => void = () => {}): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      begun();
      response.setEncoding("utf8").on("data", text).on("end", resolve).on("error", reject);
      if (response.statusCode !== 200) reject(new Error(`${path}: status ${response.statusCode}`));
    });
    asked.on("error", reject).end();
  });
}

function read(): Promise<void> {
  return new Promise((begun, reject) => {
    const count = (piece: string): void => {
      seen.events += piece.split("event: ").length - 1;
    };
    get("/v1/live", count, begun).catch(reject);
  });
}

process.once("message", () => {
  process.send!(seen, () => process.exit(0));
});
await Promise.all(Array.from({ length: READERS }, read));
process.send!("ready");
for await (const _ of every(SCRAPE)) {
  let page = "";
  await get("/metrics", (piece) => (page += piece));
  if (page.includes("dotls_dns_requests_total")) seen.scrapes++;
}
