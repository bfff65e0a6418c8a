import type { VNode } from "preact";
import type { UpstreamDetail } from "../../src/control/status.ts";
import type { TrendServerColumns } from "../../src/observe/trend-view.ts";
import { linkTo } from "../route.ts";
import { failureWords } from "../text/failure-words.ts";
import { count, milliseconds, share } from "../text/numbers.ts";
import { proofWords } from "../text/proof-words.ts";
import { duration } from "../text/times.ts";
import { Chart } from "./chart.tsx";
import { Facts } from "./facts.tsx";
import { TestNow } from "./test-now.tsx";
import { UpstreamMore } from "./upstream-more.tsx";

interface UpstreamCardProps {
  readonly upstream: UpstreamDetail;
  /** Its last minutes, if they are known. */
  readonly course: TrendServerColumns | undefined;
  readonly at: readonly number[];
  /** The clock of the server, ms: that of this machine may be another. */
  readonly now: number;
}

const TONES = { up: "good", connecting: "warn", idle: "quiet", down: "bad" } as const;

/** One server: how it is, and what it proved. */
export function UpstreamCard({ upstream, course, at, now }: UpstreamCardProps): VNode {
  const { label, address, port, designated, state, lastError, links, recent, tls } = upstream;
  const plain = upstream.protocol === "udp" || upstream.protocol === "tcp";
  const proof = proofWords(upstream);
  return (
    <section class="card upstream" aria-label={label}>
      <div class="title">
        <h2>{label}</h2>
        <span class={`chip ${TONES[state]}`}>{state}</span>
        {upstream.bypass && <span class="chip bad">bypass</span>}
      </div>
      {lastError !== null && (
        <p class="trouble">
          <b>{lastError.text}</b>, {duration((now - Date.parse(lastError.at)) / 1000)} ago.{" "}
          {failureWords(lastError.kind)}
        </p>
      )}
      {upstream.weakness !== null && (
        <p class="trouble">Weaker than a certificate with the right name: {upstream.weakness}.</p>
      )}
      {course?.ms.some((one) => one !== null) && (
        <Chart
          small
          title={`Time to the answer of ${label}`}
          height={44}
          at={at}
          format={milliseconds}
          lines={[{ label: "smoothed", color: "blue", values: course.ms }]}
        />
      )}
      <Facts
        facts={[
          ["Address", `${address} port ${port}`],
          ...(designated === null
            ? []
            : [
                [
                  "Leads to",
                  `${designated.protocol} ${designated.address} port ${designated.port}, ${designated.name}`,
                ] as const,
              ]),
          ["Authenticated by", <span class={`${proof.tone}-text`}>{proof.text}</span>],
          [
            "Encrypted with",
            tls === null
              ? plain
                ? "nothing"
                : "–"
              : [tls.version, tls.cipher, tls.alpn].filter((one) => one !== null).join(", "),
          ],
          [
            "Time to the answer",
            recent.p50 === null
              ? "–"
              : `${milliseconds(recent.p50)}, p90 ${milliseconds(recent.p90)}, p99 ${milliseconds(recent.p99)}`,
          ],
          [
            "Answers",
            <a href={linkTo("queries", { upstream: label })}>
              {count(upstream.answers)} of {count(upstream.queries)} asked
            </a>,
          ],
          [
            "Failures",
            `${count(upstream.failures)}, ${count(upstream.mismatched)} replies that fit no query`,
          ],
          [
            "Connections",
            `${links.open} open${links.connecting > 0 ? `, ${links.connecting} connecting` : ""}${links.suspected > 0 ? `, ${links.suspected} quiet` : ""}; ${count(upstream.connections)} since the start`,
          ],
          [
            "Handshakes",
            upstream.handshakes === 0
              ? plain
                ? "–"
                : "none yet"
              : `${count(upstream.handshakes)}, ${share(upstream.resumed, upstream.handshakes)} resumed, the last in ${milliseconds(upstream.handshakeMs)}`,
          ],
        ]}
      />
      <UpstreamMore upstream={upstream} now={now} />
      <TestNow label={label} />
    </section>
  );
}
