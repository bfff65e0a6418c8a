import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type DoctorRequest, runDoctor } from "../../../src/cli/doctor/doctor-command.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import type { ScriptedUpstream, StartOptions } from "../../support/scripted-upstream.ts";
import { start as startAny } from "../../support/scripted-upstream/fixture.ts";
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

/** What the doctor sees beside the servers; all of it may be left away. */
interface Around {
  readonly files?: Record<string, string>;
  readonly now?: number;
  readonly colour?: boolean;
  readonly idleWatch?: number;
}

/** Runs the doctor on a host with nothing but what is given. */
export async function doctor(
  request: Partial<DoctorRequest>,
  { files = {}, now = Date.now(), colour = false, idleWatch = 50 }: Around = {},
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
      idleWatch,
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
  around: Around = {},
): Promise<{ code: number; found: Map<string, Finding>; json: DoctorJson }> {
  const { code, text } = await doctor({ ...request, specs: [spec], json: true }, around);
  const json = JSON.parse(text) as DoctorJson;
  return { code, json, found: findingsByCheck(json) };
}

/** Starts an upstream that knows no address of itself: the doctor would try it, and it may not be on this host. */
export function start(options: StartOptions = {}): Promise<ScriptedUpstream> {
  return startAny({ ...options, rcodes: { "dot.test": 3, ...options.rcodes } });
}

/** An upstream as people write it. */
export function spec({ port, name }: ScriptedUpstream): string {
  return `tls://127.0.0.1:${port}#${name}`;
}

/** Runs the doctor on one upstream, trusting its authority. */
export function examineOne(
  upstream: ScriptedUpstream,
  written: string = spec(upstream),
): ReturnType<typeof examine> {
  return examine(written, { flags: { tlsCa: upstream.caFile() } });
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
