import type { Config } from "../config/config.ts";
import type { ListenOn } from "../listen/listeners.ts";
import { isOwnAddress } from "../resolve/self-address.ts";
import type { Failure } from "../upstream/failure.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Our own doors with the ports that they really have: `urls` is in the order of the configuration. */
export function bound(config: Config, urls: readonly string[]): ListenOn[] {
  return config.listen.map((one, at) => ({
    ...one,
    port: Number(/\d+$/.exec(urls[at] ?? "")?.[0] ?? one.port),
  }));
}

const OURSELVES: Failure = {
  kind: "loop",
  text: "this server is dotls itself: it would ask itself without end",
};

/** Keeps servers that are ourselves from being asked: each question would come back until its time is over. */
export function blockOwn(upstreams: readonly Upstream[], doors: readonly ListenOn[]): void {
  for (const upstream of upstreams) {
    const { address, port, transport } = upstream.place;
    if (isOwnAddress({ transport, address, port }, doors)) upstream.blocked = OURSELVES;
    // It was, until the doors changed.
    else if (upstream.blocked === OURSELVES) upstream.blocked = null;
  }
}
