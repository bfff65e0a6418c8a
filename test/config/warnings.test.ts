import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { warningsOf } from "../../src/config/warnings.ts";
import { folderWith, load } from "../support/config-folder.ts";

const pin = createHash("sha256").update("a public key").digest("base64");
const warnings = (yaml: string): string[] => warningsOf(load({ yaml }).config);

test.each([
  ["the defaults", ""],
  ["presets", "upstreams: [quad9, {server: cloudflare, padding: off, sni: off}]"],
  ["pins alone", `upstreams: [{address: 192.0.2.1, verify: pin, pins: ['${pin}']}]`],
  [
    "plain resolvers for names of their own",
    "routes: [{match: corp.example, upstreams: ['udp://10.0.0.2']}]",
  ],
  ["a general word that nobody uses", "tls: {verify: none}\nupstreams: [{server: quad9, verify: strict}]"],
])("%s need no warning", (_, yaml) => {
  expect(warnings(yaml)).toEqual([]);
});

test("each upstream that need not prove who it is has a line", () => {
  expect(
    warnings(
      "tls: {verify: none}\nupstreams: [quad9, {server: cloudflare, verify: strict}]\nroutes: [{match: a, upstreams: [{address: 192.0.2.1, verify: opportunistic}, 'udp://10.0.0.2']}]",
    ),
  ).toEqual([
    "upstreams[0]: quad9 need not prove who it is (verify: none): anybody on the way can pose as it",
    "routes[0].upstreams[0]: tls://192.0.2.1 need not prove who it is: who can put himself in between can read and change everything (verify: opportunistic)",
  ]);
});

test("a plain resolver for every name", () => {
  expect(warnings("routes: [{match: ., upstreams: [{server: 'udp://10.0.0.2', insecure: true}]}]")).toEqual([
    "routes[0].upstreams[0]: udp://10.0.0.2 is asked in the clear: everybody on the way can read and change it",
  ]);
});

test("each file of secrets has one line, however many use it", () => {
  const cwd = folderWith({
    "dotls.yaml":
      "tls: {keyLog: keys}\nupstreams: [quad9, cloudflare, {server: google, keyLog: more}, {server: adguard, keyLog: none}]",
  });
  expect(warningsOf(load({ cwd }).config)).toEqual(
    ["keys", "more"].map(
      (name) =>
        `whoever can read ${join(cwd, name)} can read the queries: the secrets of TLS go there (keyLog)`,
    ),
  );
});
