import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type DoctorRequest, runDoctor } from "../../../src/cli/doctor/doctor-command.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { type HostFiles, hostFiles } from "../../../src/cli/doctor/host/files.ts";

/** A host made of these files; `-> TARGET` makes a link. It is gone when the test ends. */
export function hostWith(files: Readonly<Record<string, string>>): HostFiles {
  const root = mkdtempSync(join(tmpdir(), "dotls-doctor-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), full);
    else writeFileSync(full, text);
  }
  return hostFiles(root);
}

/** What `dotls doctor --json` prints. */
export interface DoctorJson {
  readonly result: string;
  readonly configuration: readonly Finding[];
  readonly upstreams: readonly {
    readonly upstream: string;
    readonly findings: readonly Finding[];
    readonly servers: readonly { readonly address: string; readonly findings: readonly Finding[] }[];
  }[];
  readonly host: readonly Finding[];
}

/** What came of a run. */
export interface Examined {
  readonly code: number;
  readonly text: string;
}

/** Runs the doctor on a host with nothing but what is given. */
export async function doctor(
  request: Partial<DoctorRequest>,
  {
    files = {},
    now = Date.now(),
    colour = false,
  }: { files?: Record<string, string>; now?: number; colour?: boolean } = {},
): Promise<Examined> {
  let text = "";
  const code = await runDoctor(
    { specs: [], flags: {}, json: false, name: null, ...request },
    {
      files: hostWith(files),
      local: ["127.0.0.1", "::1", "192.0.2.10"],
      now: () => now,
      env: {},
      cwd: tmpdir(),
      colour,
      write: (part) => {
        text += part;
      },
    },
  );
  return { code, text };
}

/** Runs the doctor on one server; gives its findings, and those of its upstream, by what was looked at. */
export async function examine(
  spec: string,
  request: Partial<DoctorRequest> = {},
): Promise<{ code: number; found: Map<string, Finding>; json: DoctorJson }> {
  const { code, text } = await doctor({ ...request, specs: [spec], json: true });
  const json = JSON.parse(text) as DoctorJson;
  return { code, json, found: findingsByCheck(json) };
}

/** What was found of all upstreams, by what was looked at. */
export function findingsByCheck({ upstreams }: DoctorJson): Map<string, Finding> {
  const found = new Map<string, Finding>();
  for (const { findings, servers } of upstreams) {
    for (const one of findings) found.set(one.check, one);
    for (const server of servers) for (const one of server.findings) found.set(one.check, one);
  }
  return found;
}
