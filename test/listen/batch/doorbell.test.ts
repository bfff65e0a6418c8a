import { closeSync, readdirSync } from "node:fs";
import { createSocket } from "node:dgram";
import { expect, it, onTestFinished, vi } from "vitest";
import { AF_INET } from "../../../src/listen/batch/layout.ts";
import { Doorbell } from "../../../src/listen/batch/doorbell.ts";
import { Inbox } from "../../../src/listen/batch/inbox.ts";
import type { Libc } from "../../../src/listen/batch/libc.ts";
import { adopt, openSocket } from "../../../src/listen/batch/socket.ts";
import { until } from "../../support/scripted-upstream/fixture.ts";
import { describeBatches } from "../ways.ts";

describeBatches("a doorbell", (libc) => {
  function open(): { fd: number; port: number; inbox: Inbox; send: (...texts: string[]) => void } {
    const { fd: first, port } = openSocket(libc, {
      transport: "udp",
      address: "127.0.0.1",
      port: 0,
      ipv6Only: true,
      sharing: "alone",
      receiveBuffer: 0,
    });
    const fd = adopt(libc, first);
    const client = createSocket("udp4");
    onTestFinished(() => {
      client.close();
      closeSync(fd);
    });
    return {
      fd,
      port,
      inbox: new Inbox(libc, fd, AF_INET, false, 512),
      send: (...texts) => {
        for (const text of texts) client.send(text, port, "127.0.0.1");
      },
    };
  }

  function texts(inbox: Inbox): string[] {
    const count = inbox.receive();
    return inbox.payloads
      .slice(0, count)
      .map((bytes, slot) => bytes.toString("latin1", 0, inbox.slab.received(slot)));
  }

  it("rings without an Error for each time, on the versions of Node that are known", async () => {
    const { fd, send } = open();
    let rings = 0;
    let stack: string | undefined;
    const bell = Doorbell.hang(libc, fd, () => {
      rings++;
      stack = new Error("where").stack;
    });
    onTestFinished(() => bell!.close());
    send("one");
    await until(() => rings > 0);
    expect(stack).not.toMatch(/emit|onMessage/);
  });

  it("rings by Node's event where the insides of its sockets are others", async () => {
    const insides = vi.spyOn(Object, "getOwnPropertySymbols").mockReturnValue([]);
    onTestFinished(() => insides.mockRestore());
    const { fd, inbox, send } = open();
    let rings = 0;
    const bell = Doorbell.hang(libc, fd, () => rings++);
    insides.mockRestore();
    onTestFinished(() => bell!.close());
    send("one");
    await until(() => rings > 0);
    expect(texts(inbox)).toEqual(["one"]);
  });

  it("rings until all is read, takes nothing away, and is quiet after that", async () => {
    const { fd, inbox, send } = open();
    let rings = 0;
    const bell = Doorbell.hang(libc, fd, () => rings++);
    onTestFinished(() => bell!.close());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rings).toBe(0);
    send("one", "two");
    await until(() => rings > 10);
    expect(texts(inbox)).toEqual(["one", "two"]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = rings;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rings).toBe(before);
    send("three");
    await until(() => rings > before);
    expect(texts(inbox)).toEqual(["three"]);
  });

  it("taken off, does not ring, and the socket is still there", async () => {
    const { fd, inbox, send } = open();
    let rings = 0;
    const bell = Doorbell.hang(libc, fd, () => rings++);
    await bell!.close();
    send("one");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rings).toBe(0);
    expect(texts(inbox)).toEqual(["one"]);
  });

  it("that cannot be hung leaves no file open", async () => {
    const { fd } = open();
    const files = (): number => readdirSync("/proc/self/fd").length;
    const before = files();
    const failing: Partial<Libc>[] = [
      { epollCreate: () => -1 },
      { socket: () => -1 },
      { epollCtl: () => -1 },
    ];
    for (const part of failing) expect(Doorbell.hang({ ...libc, ...part }, fd, () => {})).toBeNull();
    const bell = Doorbell.hang(libc, fd, () => {});
    await bell!.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(files()).toBe(before);
  });
});
