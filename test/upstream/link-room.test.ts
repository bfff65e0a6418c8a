import { expect, test } from "vitest";
import { type LinkHolder, LinkRoom } from "../../src/upstream/link-room.ts";

class Holder implements LinkHolder {
  links: number;
  idleSince: number;

  constructor(links: number, idleSince = Number.POSITIVE_INFINITY) {
    this.links = links;
    this.idleSince = idleSince;
  }

  close(): void {
    this.links = 0;
    this.idleSince = Number.POSITIVE_INFINITY;
  }
}

test("counts what all have, and takes from the one that has been idle longest", () => {
  const room = new LinkRoom(6);
  const [busy, idle, longIdle] = [new Holder(3), new Holder(1, 200), new Holder(1, 100)] as const;
  for (const holder of [busy, idle, longIdle]) room.add(holder);
  expect(room.allowsOne()).toBe(true);
  busy.links = 4;
  expect([room.allowsOne(), idle.links, longIdle.links]).toEqual([true, 1, 0]);
  busy.links = 5;
  expect([room.allowsOne(), idle.links]).toEqual([true, 0]);
  busy.links = 6;
  expect([room.allowsOne(), busy.links]).toEqual([false, 6]);
  room.delete(busy);
  expect(room.allowsOne()).toBe(true);
});
