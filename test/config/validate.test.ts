import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { folderWith, load, problemsOf } from "../support/config-folder.ts";

const certificate = rootCertificates[0]!;

describe("listeners", () => {
  test.each([
    ["['127.0.0.1:53', 'udp://127.0.0.1:53']", "udp://127.0.0.1:53 is given twice"],
    ["['[::1]:53', 'tcp://[0:0::1]:53']", "tcp://[::1]:53 is given twice"],
    ["['udp://0.0.0.0:53', 'udp://127.0.0.1:53']", "udp://127.0.0.1:53 is part of udp://0.0.0.0:53"],
    ["['udp://[::1]:53', 'udp://[::]:53']", "udp://[::1]:53 is part of udp://[::]:53"],
  ])("%s", (yaml, message) => {
    const problems = problemsOf({ yaml: `listen: ${yaml}` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`dotls.yaml:1:9: listen: ${message}`);
  });

  test.each([
    "['udp://127.0.0.1:53', 'tcp://127.0.0.1:53']",
    "['udp://127.0.0.1:53', 'udp://127.0.0.1:54']",
    "['udp://127.0.0.1:0', 'udp://127.0.0.1:0']",
    "['udp://0.0.0.0:53', 'udp://[::1]:53']",
    "['udp://0.0.0.0:53', 'udp://[::]:53']",
    "['udp://127.0.0.1:53', 'udp://[::]:53']",
    "['udp://[fe80::1%eth0]:53', 'udp://[fe80::1%eth1]:53']",
  ])("%s is fine", (yaml) => {
    expect(load({ yaml: `listen: ${yaml}` }).config.listen).toHaveLength(2);
  });
});

describe("upstreams", () => {
  test.each([
    ["['1.1.1.1#a.example', 'tls://1.1.1.1:853#A.example']"],
    ["['[2001:db8::1]', '2001:db8:0::1@853']"],
    ["['1.1.1.1', {address: 1.1.1.1}]"],
  ])("%s is one twice", (yaml) => {
    expect(problemsOf({ yaml: `upstreams: ${yaml}` })[0]).toContain(
      "upstreams[1]: the same upstream as upstreams[0]",
    );
  });

  test("one address under two names is two upstreams", () => {
    expect(
      load({ yaml: "upstreams: ['1.1.1.1#a.example', '1.1.1.1#b.example']" }).config.upstreams,
    ).toHaveLength(2);
  });

  test.each([
    ["tcp://127.0.0.1:853", "127.0.0.1"],
    ["127.0.0.1:8853", "tls://127.0.0.1:8853#a.example"],
    ["tcp://0.0.0.0:853", "127.0.0.9"],
    ["tcp://[::]:853", "::1"],
    ["tcp://[::]:853", "127.0.0.1"],
  ])("listening on %s while asking %s is a loop", (listen, upstream) => {
    const problems = problemsOf({ yaml: `listen: ['${listen}']\nupstreams: [9.9.9.9, '${upstream}']` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^dotls\.yaml:2:22: upstreams\[1\]: .* is tcp:.*, where dotls itself listens \(/,
    );
  });

  const own = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
  test.skipIf(own === undefined)("an address of this machine is as good as loopback", () => {
    expect(problemsOf({ yaml: `listen: ['tcp://0.0.0.0:853']\nupstreams: ['${own}']` })[0]).toContain(
      "itself listens",
    );
  });

  test.each([
    ["udp://127.0.0.1:853", "127.0.0.1"],
    ["tcp://127.0.0.1:853", "127.0.0.1:8853"],
    ["tcp://127.0.0.1:853", "127.0.0.2"],
    ["tcp://0.0.0.0:853", "::1"],
    ["tcp://0.0.0.0:853", "9.9.9.9"],
    ["tcp://[::]:853', 'tcp://127.0.0.1:853", "127.0.0.2"],
  ])("listening on %s while asking %s is none", (listen, upstream) => {
    expect(load({ yaml: `listen: ['${listen}']\nupstreams: ['${upstream}']` }).config.upstreams).toHaveLength(
      1,
    );
  });
});

describe("files of trust anchors", () => {
  test("several certificates with text around them", () => {
    const cwd = folderWith({ "ca.pem": `# ours\n${rootCertificates.slice(0, 3).join("\nand\n")}\n` });
    expect(load({ cwd, flags: { tlsCa: "ca.pem" } }).config.tls.ca).toEqual({ file: join(cwd, "ca.pem") });
  });

  const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  test.each([
    ["nothing", "", "holds no certificate in PEM form"],
    ["a key", key, "holds no certificate in PEM form"],
    ["DER", Buffer.from("3082010a", "hex"), "holds no certificate in PEM form"],
    [
      "a second certificate cut off",
      `${certificate}\n${certificate.slice(0, 400)}`,
      "a certificate in it has no end",
    ],
    [
      "a second certificate spoilt",
      `${certificate}\n${certificate.replace(/\nMII.{20}/, "\nMIIAAAAAAAAAAAAAAAAAAAA")}`,
      "certificate 2 in it cannot be read",
    ],
  ])("%s", (_, content, message) => {
    const cwd = folderWith({ "ca.pem": content });
    const problems = problemsOf({ cwd, flags: { tlsCa: "ca.pem" } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("--tls-ca: tls.ca: ");
    expect(problems[0]).toContain(join(cwd, "ca.pem"));
    expect(problems[0]).toContain(message);
  });

  test("missing ones are named, each where it is written", () => {
    const cwd = folderWith({
      "dotls.yaml": "tls: {ca: a.pem}\nupstreams:\n  - {address: 192.0.2.1, ca: .}\n",
    });
    expect(problemsOf({ cwd })).toEqual([
      `dotls.yaml:1:11: tls.ca: ${join(cwd, "a.pem")}: there is no such file`,
      `dotls.yaml:3:30: upstreams[0].ca: no file in ${cwd} holds a certificate in PEM form`,
    ]);
  });
});

describe("the control socket", () => {
  test("a path that no socket address holds", () => {
    const socket = `/${"x".repeat(103)}`;
    expect(problemsOf({ flags: { set: [`control.socket=${socket}`] } })[0]).toContain(
      "--set: control.socket: the path has 104 bytes, and the address of a socket holds 103",
    );
    const longest = socket.slice(0, 103);
    expect(load({ flags: { set: [`control.socket=${longest}`] } }).config.control.socket).toBe(longest);
  });
});

describe("the history", () => {
  test("a file that would stay empty", () => {
    expect(problemsOf({ yaml: "history: {file: h.ndjson}", env: { DOTLS_HISTORY_SIZE: "0" } })).toEqual([
      "DOTLS_HISTORY_SIZE: history.size: with none of the queries in memory, none would get into history.file (leave history.size away)",
    ]);
    expect(load({ yaml: "history: {size: 0}" }).config.history).toMatchObject({ size: 0, file: null });
  });

  test("a file, or dnstap, for queries that nothing is to be kept of", () => {
    const yaml = "history: {file: h, privacy: counters-only}\ndnstap: {to: 'tcp://127.0.0.1:6000'}";
    expect(problemsOf({ yaml })).toEqual([
      "dotls.yaml:1:17: history.file: history.privacy is counters-only, so nothing would get into the file (leave history.file away)",
      "dotls.yaml:2:14: dnstap.to: history.privacy is counters-only, so nothing would be sent (leave dnstap.to away)",
    ]);
  });

  test("a total that would be broken by the first rotation", () => {
    expect(problemsOf({ yaml: "history: {file: h, rotate: 8KiB, total: 8KiB}" })).toEqual([
      "dotls.yaml:1:41: history.total: 8KiB is less than two files of history.rotate, 8KiB (rotate at a smaller size)",
    ]);
  });

  test("a dnstap socket that no address holds", () => {
    expect(problemsOf({ flags: { set: [`dnstap.to=unix:/${"x".repeat(103)}`] } })[0]).toContain(
      "--set: dnstap.to: the address of a socket holds 103 bytes: /xxx",
    );
  });
});

describe("the cache", () => {
  test("a file that would stay empty", () => {
    expect(problemsOf({ yaml: "cache: {size: 0, file: answers}" })).toEqual([
      "dotls.yaml:1:15: cache.size: no answers are kept, so none would get into cache.file (leave cache.size away)",
    ]);
  });

  test("a shortest time that is longer than the longest", () => {
    expect(problemsOf({ yaml: "cache: {minTtl: 10m, maxTtl: 60s}" })).toEqual([
      "dotls.yaml:1:17: cache.minTtl: 10m is more than cache.maxTtl, 1m (choose a shorter time)",
    ]);
    expect(load({ yaml: "cache: {minTtl: 1m, maxTtl: 60s}" }).config.cache.minTtl).toBe(60_000);
  });

  test("a file is found from where it is written", () => {
    const cwd = folderWith({ "dotls.yaml": "cache: {file: answers}" });
    expect(load({ cwd }).config.cache.file).toBe(join(cwd, "answers"));
  });
});
