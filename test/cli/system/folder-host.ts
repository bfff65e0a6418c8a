import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { DoorAnswer } from "../../../src/cli/door-check.ts";
import type { Host } from "../../../src/cli/system/host.ts";
import { formatListen } from "../../../src/config/listen-address.ts";

/** A host in a folder. Services and answers are recorded; every door answers unless `answers` says otherwise. */
export interface FolderHost extends Host {
  readonly asked: string[];
  readonly renewed: string[];
  /** By door, the answers in their order; the last one stays. */
  readonly answers: Map<string, DoorAnswer[]>;
  /** Why a service does not start. */
  readonly broken: Map<string, string>;
}

export function folderHost(files: Record<string, string | { link: string }>): FolderHost {
  const root = mkdtempSync(join(tmpdir(), "dotls-system-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof content === "string") writeFileSync(at, content);
    else symlinkSync(content.link, at);
  }
  const host: FolderHost = {
    root,
    asked: [],
    renewed: [],
    answers: new Map(),
    broken: new Map(),
    pause: 0,
    now: () => new Date("2026-11-22T10:00:00Z"),
    renew: async (service) => {
      host.renewed.push(service);
      const reason = host.broken.get(service);
      if (reason !== undefined) throw new Error(reason);
    },
    ask: async (door) => {
      const place = formatListen(door);
      host.asked.push(place);
      const answers = host.answers.get(place) ?? [];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? { rcode: 0, ms: 1 };
    },
  };
  return host;
}
