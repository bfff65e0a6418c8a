import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import { folderWith } from "../support/config-folder.ts";
import { failuresOf } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, serve, specOf } from "../support/serve.ts";

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}.test`);

test.each(["file", "directory"] as const)(
  "trust anchors in a %s are replaced while queries run: the new ones count for new connections, and none is lost",
  async (kind) => {
    const upstream = await start();
    const folder = folderWith({ "ca.pem": upstream.ca });
    const file = join(folder, "ca.pem");
    const ca = kind === "file" ? { file } : { directory: folder };
    const { client, lines } = await serve([specOf(upstream, { tls: { ca } })]);
    expect(failuresOf(await client.askAll(names("old", 10), 5))).toEqual([]);
    const authority = await createAuthority();
    writeFileSync(join(folder, ".next"), authority.ca);
    renameSync(join(folder, ".next"), file);
    await upstream.present(await authority.issue({ names: [upstream.name], addresses: [upstream.address] }));
    // The connection that is there was vouched for when it was made.
    expect(failuresOf(await client.askAll(names("kept", 10), 5))).toEqual([]);
    upstream.closeAll();
    expect(failuresOf(await client.askAll(names("new", 10), 5))).toEqual([]);
    // A ticket of the time before would have been enough for the server.
    expect(upstream.counters).toMatchObject({ connections: 2, resumed: 0 });
    expect(lines).toEqual([]);
  },
);

test("an authority that is taken away vouches for nobody any more, tickets or not", async () => {
  const upstream = await start();
  const file = join(folderWith({ "ca.pem": upstream.ca }), "ca.pem");
  const { client, lines } = await serve([specOf(upstream, { tls: { ca: { file } } })]);
  expect(failuresOf([await client.ask("a.test")])).toEqual([]);
  writeFileSync(file, (await createAuthority()).ca);
  upstream.closeAll();
  expect(outcomeOf((await client.ask("b.test")).message)).toMatch(/^SERVFAIL 23 .*issuer of the certificate/);
  expect(lines.map(({ level }) => level)).toEqual(["warn"]);
});

test("anchors that are broken or gone are not taken: the log says so once, and the old ones are used on", async () => {
  const upstream = await start();
  const file = join(folderWith({ "ca.pem": upstream.ca }), "ca.pem");
  const { client, lines } = await serve([specOf(upstream, { tls: { ca: { file } } })]);
  for (const text of ["nothing", `${upstream.ca}\n${upstream.ca.slice(0, 200)}`]) {
    writeFileSync(file, text);
    for (const name of names("n", 3)) {
      expect(failuresOf([await client.ask(name)])).toEqual([]);
      upstream.closeAll();
    }
  }
  expect(lines.map(({ level, message }) => `${level} ${message.replaceAll(file, "FILE")}`)).toEqual([
    "warn the trust anchors were changed and cannot be used, those read before are: FILE holds no certificate in PEM form",
    expect.stringMatching(/^warn the trust anchors were changed .*: FILE: a certificate in it has no end$/),
  ]);
  writeFileSync(file, `${upstream.ca}\n`);
  expect(failuresOf([await client.ask("good.test")])).toEqual([]);
  expect(lines).toHaveLength(2);
});
