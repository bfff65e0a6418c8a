import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { AddressBook } from "../../src/upstream/address-book.ts";
import { Bootstrap } from "../../src/upstream/bootstrap.ts";
import { Connection } from "../../src/upstream/connection.ts";
import { DdrBook } from "../../src/upstream/ddr-book.ts";
import { discover } from "../../src/upstream/ddr.ts";
import { dial } from "../../src/upstream/dial.ts";
import { Form } from "../../src/upstream/query-writer.ts";
import { raceDial } from "../../src/upstream/race-dial.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { describeWith } from "../support/needs.ts";
import { peers, startAuthority } from "../support/peers.ts";
import type { Peer } from "../support/peers/peer.ts";
import { temporaryFolder } from "../support/peers/process.ts";
import type { Zone } from "../support/peers/zone.ts";
import { outcome, watch } from "../upstream/asking.ts";

const never = new AbortController().signal;

const SOA = "@ 300 IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ 300 IN NS ns.invalid.\n";

/** More addresses than go into 512 bytes. */
const MANY = Array.from({ length: 60 }, (_, index) => `many 300 IN A 198.51.100.${index}\n`).join("");

const BOOT = `${SOA}dns 300 IN A 127.0.0.1
dns 300 IN AAAA ::1
four 300 IN A 192.0.2.4
alias 60 IN CNAME dns
text 300 IN TXT "no address"
${MANY}`;

/** The zones of a network whose resolver designates a DNS-over-TLS server at this port. */
function zonesIn(folder: string, port: number): readonly Zone[] {
  const zone = (origin: string, text: string): Zone => {
    const file = join(folder, `${origin}.zone`);
    writeFileSync(file, text);
    return { origin, file };
  };
  const hints = "ipv4hint=127.0.0.1 ipv6hint=::1";
  return [
    zone("boot.example", BOOT),
    zone("resolver.arpa", `${SOA}_dns 300 IN SVCB 1 dot.boot.example. alpn=dot port=${port} ${hints}\n`),
  ];
}

for (const { program, start } of peers) {
  describeWith(["nsd", "openssl", program], `${program} as bootstrap resolver`, () => {
    const folder = temporaryFolder();
    let authority: Peer;
    let peer: Peer;
    let bootstrap: Bootstrap;

    beforeAll(async () => {
      const zones = zonesIn(folder.path, 8853);
      authority = await startAuthority(zones);
      peer = await start(zones, authority);
      bootstrap = new Bootstrap([{ address: "127.0.0.1", port: peer.plain }]);
    });

    afterAll(async () => {
      await Promise.all([peer?.stop(), authority?.stop()]);
      folder.remove();
    });

    test("is asked for both families, through aliases", async () => {
      expect(await bootstrap.lookup("dns.boot.example", 4, never)).toMatchObject({
        addresses: ["127.0.0.1"],
      });
      expect(await bootstrap.lookup("dns.boot.example", 6, never)).toMatchObject({ addresses: ["::1"] });
      expect(await bootstrap.lookup("ALIAS.boot.example", 4, never)).toMatchObject({
        addresses: ["127.0.0.1"],
        ttl: expect.toSatisfy((ttl: number) => ttl > 0 && ttl <= 60),
      });
    });

    test("says that there is nothing", async () => {
      expect(await bootstrap.lookup("four.boot.example", 6, never)).toEqual({ addresses: [], ttl: 0 });
      expect(await bootstrap.lookup("none.boot.example", 4, never)).toMatchObject({
        text: expect.stringMatching(/NXDOMAIN$/),
      });
    });

    test("is asked over TCP for what is too long", async () => {
      expect(await bootstrap.lookup("many.boot.example", 4, never)).toMatchObject({
        addresses: expect.toSatisfy((addresses: string[]) => addresses.length === 8),
      });
    });

    test("tells what it designates", async () => {
      expect(await discover({ address: "127.0.0.1", port: peer.plain }, never)).toMatchObject({
        designations: [
          { protocol: "tls", target: "dot.boot.example", port: 8853, addresses: ["::1", "127.0.0.1"] },
        ],
      });
    });
  });
}

describeWith(["nsd", "unbound", "openssl"], "unbound over TLS", () => {
  const folder = temporaryFolder();
  let authority: Peer;
  let unbound: Peer;
  let network: Peer;

  beforeAll(async () => {
    const zones = zonesIn(folder.path, 0);
    authority = await startAuthority(zones);
    unbound = await peers.find(({ program }) => program === "unbound")!.start(zones, authority);
    network = await startAuthority(zonesIn(folder.path, unbound.tls));
  });

  afterAll(async () => {
    await Promise.all([authority?.stop(), unbound?.stop(), network?.stop()]);
    folder.remove();
  });

  test("is found by name and reached at the one of its addresses where it is", async () => {
    const resolver = { address: "127.0.0.1", port: network.plain };
    const book = new AddressBook("dns.boot.example", new Bootstrap([resolver]), null);
    onTestFinished(() => book.stop());
    const anchors = new TrustAnchors(readFileSync(unbound.ca, "utf8"));
    const identity = {
      name: unbound.name,
      port: unbound.tls,
      pins: [],
      anchors,
      minVersion: "TLSv1.3",
    } as const;
    const { ask } = watch(
      (owner) =>
        new Connection(owner, Form.TLS, (listener) =>
          raceDial(book, (address, one) => dial({ ...identity, address }, new TicketStore(), one), listener),
        ),
    );
    expect(outcome(await ask("four.boot.example").ended)).toBe("answer");
    expect(book.addresses()).toEqual(["127.0.0.1", "::1"]);
  });

  test("is discovered, and proves the address of who designated it", async () => {
    const book = new DdrBook({ address: "127.0.0.1", port: network.plain }, "strict");
    onTestFinished(() => book.stop());
    await book.ready();
    const designation = book.current()!;
    const anchors = new TrustAnchors(readFileSync(unbound.ca, "utf8"));
    const { ask, owner } = watch(
      (owner) =>
        new Connection(owner, Form.TLS, (listener) =>
          raceDial(
            book.whereabouts(designation),
            (address, one) =>
              dial(
                { ...book.target(designation, address), pins: [], anchors, minVersion: "TLSv1.3" },
                new TicketStore(),
                one,
              ),
            listener,
          ),
        ),
    );
    expect(outcome(await ask("four.boot.example").ended)).toBe("answer");
    expect(owner.opened).toHaveLength(1);
  });
});
