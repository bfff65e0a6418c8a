import { mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AddressStore } from "../../src/upstream/address-store.ts";

const DAY = 24 * 3600 * 1000;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "state");
}

function open(folder: string): AddressStore {
  return new AddressStore(folder, (text) => expect.fail(text));
}

const one = { at: Date.now(), addresses: ["2001:db8::1", "192.0.2.1"] };

test("what is put is there for the next one, in a file for its owner alone", async () => {
  const folder = newFolder();
  const store = open(folder);
  expect(store.get("dns.example")).toBeUndefined();
  store.put("dns.example", one);
  store.put("dns2.example", { ...one, addresses: ["192.0.2.2"] });
  expect(store.get("dns.example")).toEqual(one);
  await store.flush();
  expect(readdirSync(folder)).toEqual(["addresses.json"]);
  expect(statSync(store.file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(open(folder).get("dns.example")).toEqual(one);
  expect(open(folder).get("dns2.example")?.addresses).toEqual(["192.0.2.2"]);
});

test("it is written without being asked to", async () => {
  const folder = newFolder();
  open(folder).put("dns.example", one);
  await expect.poll(() => open(folder).get("dns.example")).toEqual(one);
});

test("two that share a folder keep each other's names", async () => {
  const folder = newFolder();
  const first = open(folder);
  const second = open(folder);
  first.put("one.example", one);
  second.put("two.example", one);
  await first.flush();
  await second.flush();
  second.put("three.example", one);
  await second.flush();
  expect(open(folder).get("one.example")).toEqual(one);
  const third = open(folder);
  expect(third.get("two.example")).toEqual(one);
  expect(third.get("three.example")).toEqual(one);
  first.put("four.example", one);
  await first.flush();
  expect(open(folder).get("three.example")).toEqual(one);
});

test("of two that know a name, the one that saw it last counts", async () => {
  const folder = newFolder();
  const late = open(folder);
  const early = open(folder);
  late.put("dns.example", { at: one.at + 1, addresses: ["192.0.2.8"] });
  await late.flush();
  early.put("dns.example", one);
  await early.flush();
  expect(open(folder).get("dns.example")?.addresses).toEqual(["192.0.2.8"]);
});

test("names that nobody asked about for a year are dropped", async () => {
  const folder = newFolder();
  const store = open(folder);
  store.put("old.example", { ...one, at: Date.now() - 366 * DAY });
  store.put("dns.example", one);
  await store.flush();
  expect(open(folder).get("old.example")).toBeUndefined();
  expect(open(folder).get("dns.example")).toEqual(one);
});

const entry = { at: 1, addresses: ["192.0.2.1"] };

test.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["another kind of JSON", "[]"],
  ["another version", JSON.stringify({ version: 2, names: { "dns.example": entry } })],
  ["no names", JSON.stringify({ version: 1 })],
  ["no addresses", JSON.stringify({ version: 1, names: { "dns.example": { at: 1, addresses: [] } } })],
  ["a name", JSON.stringify({ version: 1, names: { "dns.example": { at: 1, addresses: ["dns"] } } })],
  ["no time", JSON.stringify({ version: 1, names: { "dns.example": { addresses: ["192.0.2.1"] } } })],
  ["far too much", `${JSON.stringify({ version: 1, names: { "dns.example": entry } })}${" ".repeat(1e6)}`],
])("a file with %s in it counts as empty and is written anew", async (_title, text) => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, "addresses.json"), text);
  const store = open(folder);
  expect(store.get("dns.example")).toBeUndefined();
  store.put("dns.example", one);
  await store.flush();
  expect(JSON.parse(readFileSync(store.file, "utf8"))).toEqual({ version: 1, names: { "dns.example": one } });
});

test("a broken entry does not take the others with it", () => {
  const folder = newFolder();
  mkdirSync(folder);
  const names = { "dns.example": entry, "broken.example": null, __proto__: entry };
  writeFileSync(join(folder, "addresses.json"), JSON.stringify({ version: 1, names }));
  expect(open(folder).get("dns.example")).toEqual(entry);
  expect(open(folder).get("broken.example")).toBeUndefined();
});

test("a folder that cannot be written is told once and leaves nothing behind", async () => {
  const folder = newFolder();
  writeFileSync(folder, "a file where the folder should be");
  const problems: string[] = [];
  const store = new AddressStore(folder, (text) => problems.push(text));
  store.put("dns.example", one);
  await store.flush();
  store.put("dns.example", one);
  await store.flush();
  expect(problems).toEqual([expect.stringMatching(/^addresses of upstreams are not kept: E/)]);
  expect(store.get("dns.example")).toEqual(one);
  // The file itself may be in the way, too.
  const other = newFolder();
  mkdirSync(join(other, "addresses.json"), { recursive: true });
  const second = new AddressStore(other, (text) => problems.push(text));
  second.put("dns.example", one);
  await second.flush();
  expect(problems).toHaveLength(2);
  expect(readdirSync(other)).toEqual(["addresses.json"]);
});
