import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { flushAnswers, getStatus } from "../../src/control/client.ts";
import { describeWith } from "../support/needs.ts";
import { startAuthority } from "../support/peers.ts";
import { type RunningDotls, type Server, startDotls } from "../support/peers/dotls.ts";
import type { Peer } from "../support/peers/peer.ts";
import { restarted, temporaryFolder } from "../support/peers/process.ts";
import type { Question } from "../support/peers/questions.ts";
import { parseReplies, type PrintedReply } from "../support/peers/reply-text.ts";
import { runClient } from "../support/peers/run-client.ts";
import { bindAnchors, signedZones, signingTools } from "../support/peers/signed-zones.ts";
import { sameAs } from "../support/peers/through.ts";
import { startUnbound } from "../support/peers/unbound.ts";

const shapes =
  "www A, www AAAA, missing A, below.missing A, any.wild A, any.wild TXT, alias A, out A, broken A";
const ofTheZone = "@ SOA, @ DNSKEY, @ NSEC, @ TXT";

const questions: readonly Question[] = `${shapes}, ${ofTheZone}`.split(", ").flatMap((text) => {
  const [label, type] = text.split(" ") as [string, string];
  return ["secure", "nsec3", "expired", "plain"].map((zone) => ({
    name: label === "@" ? `${zone}.example` : `${label}.${zone}.example`,
    type,
  }));
});

/** What a client may set. Each is asked cold, and then from memory. */
const combinations: readonly (readonly string[])[] = [
  ["+noadflag"],
  ["+adflag"],
  ["+noedns", "+noadflag"],
  ["+noedns", "+adflag"],
  ["+dnssec", "+noadflag"],
  ["+dnssec", "+adflag"],
  ["+cdflag", "+noadflag"],
  ["+cdflag", "+adflag"],
  ["+dnssec", "+cdflag", "+noadflag"],
  ["+dnssec", "+cdflag", "+adflag"],
];

/** That a signature is wrong is to be known to the end of all tests, as all else is. */
const more = ["ede: yes", "val-bogus-ttl: 3600"];

/** A reply with the codes of its extended errors. */
interface Reply extends PrintedReply {
  readonly errors: readonly number[];
}

/** What a program printed, in one piece for each reply. */
function repliesIn(text: string): Reply[] {
  const pieces = text.split(/^(?=;; ->>HEADER)/m).filter((piece) => piece.startsWith(";; ->>"));
  return pieces.map((piece) =>
    Object.assign(parseReplies(piece)[0]!, {
      errors: [...piece.matchAll(/EDE: (\d+)/g)].map(([, code]) => Number(code)),
    }),
  );
}

async function ask(
  program: "dig" | "kdig",
  { address, port }: Server,
  options: readonly string[],
): Promise<Reply[]> {
  const list = questions.flatMap(({ name, type }) => [name, type]);
  // Each is retried by us, not by them: an answer that does not come is a fault.
  const words = [`@${address}`, "-p", String(port), "+tries=1", "+retry=0", "+tcp", ...options, ...list];
  const replies = repliesIn(
    await runClient(
      program,
      words.filter((word) => program === "dig" || word !== "+tries=1"),
    ),
  );
  expect(replies).toHaveLength(questions.length);
  return replies;
}

/** As they are when they come from memory: a failure then says so as well. */
function uncached(replies: readonly Reply[]): Reply[] {
  return replies.map((reply) => ({ ...reply, errors: reply.errors.filter((code) => code !== 13) }));
}

describeWith(
  ["unbound", "nsd", "dig", ...signingTools],
  "answers of a validating resolver, through dotls",
  () => {
    const stops: (() => Promise<void> | void)[] = [];
    let folder: string;
    let direct: Server;
    let dotls: RunningDotls;
    beforeAll(async () => {
      const temporary = temporaryFolder();
      folder = temporary.path;
      stops.push(() => temporary.remove());
      const zones = signedZones(folder);
      writeFileSync(join(folder, "anchors"), bindAnchors(zones));
      const authority: Peer = await restarted(() => startAuthority(zones));
      stops.push(() => authority.stop());
      const unbound = await restarted(() => startUnbound(zones, authority.plain, more));
      stops.push(() => unbound.stop());
      dotls = await restarted(() => startDotls(unbound, zones[0]!.origin));
      stops.push(() => dotls.stop());
      direct = { address: "127.0.0.1", port: unbound.plain };
    }, 60_000);
    afterAll(async () => {
      for (const stop of stops.toReversed()) await stop();
    });

    const counts = async (): Promise<{ cached: number; forwarded: number }> =>
      (await getStatus(dotls.socket)).queries;

    /** How many questions `asking` costs: those answered from memory, and those that went to the resolver. */
    async function costOf<T>(
      ask: () => Promise<T>,
    ): Promise<{ replies: T; cost: { cached: number; forwarded: number } }> {
      const before = await counts();
      const replies = await ask();
      const after = await counts();
      const cost = { cached: after.cached - before.cached, forwarded: after.forwarded - before.forwarded };
      return { replies, cost };
    }

    it("come in all kinds: validated, bogus, over, unsigned, proofs of what is not there", async () => {
      const replies = await ask("dig", direct, ["+dnssec"]);
      const of = (name: string, type = "A"): Reply =>
        replies[questions.findIndex((one) => one.name === name && one.type === type)]!;
      const types = ({ answer, authority }: Reply): string[] => [
        ...new Set([...answer, ...authority].map((record) => record.split(" ")[2]!)),
      ];
      for (const zone of ["secure", "nsec3"]) {
        const denial = zone === "secure" ? "NSEC" : "NSEC3";
        expect(of(`www.${zone}.example`)).toMatchObject({
          status: "NOERROR",
          flags: ["ad", "qr", "ra", "rd"],
        });
        expect(types(of(`missing.${zone}.example`)).sort()).toEqual([denial, "RRSIG", "SOA"]);
        expect(of(`below.missing.${zone}.example`)).toMatchObject({
          status: "NXDOMAIN",
          flags: ["ad", "qr", "ra", "rd"],
        });
        expect(types(of(`any.wild.${zone}.example`)).sort()).toEqual(["A", denial, "RRSIG"].sort());
        expect(of(`out.${zone}.example`).flags).not.toContain("ad");
      }
      expect(of("broken.secure.example").status).toBe("SERVFAIL");
      expect(of("www.expired.example").status).toBe("SERVFAIL");
      expect(
        replies.filter(({ errors }) => errors.some((code) => code >= 6 && code <= 12)).length,
      ).toBeGreaterThan(5);
      expect(of("www.plain.example")).toMatchObject({ status: "NOERROR", flags: ["qr", "ra", "rd"] });
    });

    const same = (program: "dig" | "kdig", list: typeof combinations): void => {
      it.each(list.map((options) => options.join(" ")))(
        `are those of the resolver: records, AD, CD, TTLs, extended errors; cold and from memory: ${program} %s`,
        async (text) => {
          const options = text.split(" ");
          // What it finds out itself it tells by another extended error than what it remembers.
          await ask(program, direct, options);
          const reference = await ask(program, direct, options);
          const expected = sameAs(reference, { cd: options.includes("+cdflag") });
          await flushAnswers(dotls.socket, null);
          const cold = await costOf(() => ask(program, dotls, options));
          expect(cold.cost.cached).toBeLessThan(questions.length / 4);
          expect(uncached(cold.replies)).toEqual(expected);
          const repeated = await costOf(() => ask(program, dotls, options));
          // What failed is remembered for a second.
          const failed = reference.filter(({ status }) => status === "SERVFAIL").length;
          expect(repeated.cost.cached).toBeGreaterThanOrEqual(questions.length - failed);
          expect(uncached(repeated.replies)).toEqual(expected);
        },
        60_000,
      );
    };
    same("dig", combinations);
    describeWith(["kdig"], "as another client sees them", () => same("kdig", combinations));

    describeWith(["drill"], "as drill sees them", () => {
      it.each([[["-D"]], [["-D", "-o", "CD"]], [["-D", "-o", "AD"]], [["-o", "CD"]], [["-o", "AD"]]])(
        "cold and from memory: %j",
        async (options) => {
          await flushAnswers(dotls.socket, null);
          for (const { name, type } of questions) {
            const drill = async ({ address, port }: Server): Promise<PrintedReply[]> => {
              const words = ["-t", "-p", String(port), ...options, `@${address}`, name, type];
              return parseReplies(await runClient("drill", words));
            };
            await drill(direct);
            const expected = sameAs(await drill(direct), { cd: options.includes("CD") });
            expect(await drill(dotls)).toEqual(expected);
            expect(await drill(dotls)).toEqual(expected);
          }
        },
        120_000,
      );
    });

    describeWith(["delv"], "checked again by delv, a validator", () => {
      const delv = async ({ address, port }: Server, { name, type }: Question): Promise<string> => {
        const zone = /[^.]+\.example$/.exec(name)![0];
        const words = [
          `@${address}`,
          "-p",
          String(port),
          "-a",
          join(folder, "anchors"),
          `+root=${zone}`,
          name,
          type,
        ];
        const text = await runClient("delv", words);
        return text.replaceAll(/^((?:; )?\S+\s+)\d+(\s+IN\s)/gm, "$1TTL$2");
      };
      const validated = questions.filter(
        ({ name }) => /secure|nsec3|expired/.test(name) && !name.startsWith("out."),
      );

      it("give it what it needs for the same verdict, cold and from memory", async () => {
        await flushAnswers(dotls.socket, null);
        const verdicts = new Set<string>();
        for (const question of validated) {
          const expected = await delv(direct, question);
          verdicts.add(/^; (.*)$/m.exec(expected)?.[1] ?? "none");
          expect(await delv(dotls, question)).toBe(expected);
          expect(await delv(dotls, question)).toBe(expected);
        }
        expect([...verdicts]).toEqual(
          expect.arrayContaining(["fully validated", "negative response, fully validated"]),
        );
      }, 120_000);
    });

    it("say of a name below one that does not exist that it does not, without asking, where that was validated (RFC 8020)", async () => {
      const below = (zone: string): Promise<PrintedReply[]> =>
        runClient("dig", [
          `@${dotls.address}`,
          "-p",
          String(dotls.port),
          `below.missing.${zone}.example`,
        ]).then(parseReplies);
      await flushAnswers(dotls.socket, null);
      for (const zone of ["secure", "nsec3", "plain"]) {
        await runClient("dig", [`@${dotls.address}`, "-p", String(dotls.port), `missing.${zone}.example`]);
        const { replies, cost } = await costOf(() => below(zone));
        expect(replies[0]!.status).toBe("NXDOMAIN");
        expect([zone, cost.forwarded]).toEqual([zone, zone === "plain" ? 1 : 0]);
      }
    });
  },
);
