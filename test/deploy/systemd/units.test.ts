import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readResolved } from "../../../src/cli/doctor/host/resolved.ts";
import { hostFiles } from "../../../src/cli/doctor/host/files.ts";
import { planFor } from "../../../src/cli/system/plan.ts";
import { parseListen } from "../../../src/config/listen-address.ts";
import { describeWith } from "../../support/needs.ts";
import { file } from "../repository.ts";
import { settingsOf } from "./unit.ts";

const service = settingsOf("deploy/systemd/dotls.service");

describe("the systemd service", () => {
  it("leaves to V8 what it dies without, and says no instead of killing", () => {
    expect(service.has("MemoryDenyWriteExecute")).toBe(false);
    expect(service.get("SystemCallErrorNumber")).toEqual(["EPERM"]);
  });

  it("gives a stop more time than the last query may take", () => {
    expect(Number(service.get("TimeoutStopSec"))).toBeGreaterThan(5 + 4 + 2);
  });

  it("lets systemd-notify speak for it", () => {
    expect([service.get("Type"), service.get("NotifyAccess")]).toEqual([["notify"], ["all"]]);
  });

  it("names files that its sysusers and tmpfiles lines make", () => {
    expect(file("deploy/systemd/dotls.sysusers")).toMatch(/^u dotls - ".+" \/var\/lib\/dotls /m);
    const made = [...file("deploy/systemd/dotls.tmpfiles").matchAll(/^d (\S+) \d{4} (\w+)/gm)];
    expect(made.map(([, path, user]) => `${path} ${user}`)).toEqual([
      "/run/dotls dotls",
      "/var/lib/dotls dotls",
      "/var/log/dotls dotls",
      "/etc/dotls root",
    ]);
  });
});

describe("the drop-in for systemd-resolved", () => {
  it("says what `dotls system enable` would write, comments aside", () => {
    const folder = mkdtempSync(join(tmpdir(), "dotls-resolved-"));
    mkdirSync(join(folder, "run/systemd/resolve"), { recursive: true });
    mkdirSync(join(folder, "etc/systemd/resolved.conf.d"), { recursive: true });
    writeFileSync(join(folder, "run/systemd/resolve/resolv.conf"), "nameserver 192.0.2.1\n");
    writeFileSync(join(folder, "etc/resolv.conf"), "nameserver 127.0.0.53\n");
    const bare = (text: string): string => text.replaceAll(/^#.*\n/gm, "");
    const [written] = planFor(hostFiles(folder), parseListen("127.0.0.1:5300")).files;
    expect(bare(file("deploy/systemd/resolved-drop-in.conf"))).toBe(bare(written!.text));
    writeFileSync(
      join(folder, "etc/systemd/resolved.conf.d/90.conf"),
      file("deploy/systemd/resolved-drop-in.conf"),
    );
    expect(readResolved(hostFiles(folder))).toMatchObject({
      servers: [{ address: "127.0.0.1", port: 5300 }],
      domains: ["~."],
      overTls: "no",
    });
    rmSync(folder, { recursive: true });
  });

  it("and the one for NetworkManager too", () => {
    const folder = mkdtempSync(join(tmpdir(), "dotls-nm-"));
    mkdirSync(join(folder, "etc/NetworkManager"), { recursive: true });
    writeFileSync(join(folder, "etc/NetworkManager/NetworkManager.conf"), "");
    const written = planFor(hostFiles(folder), parseListen("127.0.0.1:53")).files[0]!;
    expect(written.path).toBe("/etc/NetworkManager/conf.d/90-dotls.conf");
    expect(file("deploy/networkmanager/90-dotls.conf").replaceAll(/^#.*\n/gm, "")).toBe(
      written.text.replaceAll(/^#.*\n/gm, ""),
    );
    rmSync(folder, { recursive: true });
  });
});

describeWith(["systemd-analyze"], "systemd's opinion", () => {
  let folder: string;

  // The units name /usr/bin/dotls; here it is a file that can be run.
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dotls-units-"));
    writeFileSync(join(folder, "dotls"), "#!/bin/sh\n");
    chmodSync(join(folder, "dotls"), 0o755);
    for (const name of ["dotls.service", "dotls.socket"]) {
      const text = file(`deploy/systemd/${name}`).replaceAll("/usr/bin/dotls", join(folder, "dotls"));
      writeFileSync(join(folder, name), text);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function verify(): { status: number | null; said: string } {
    const { status, stderr } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", join(folder, "dotls.service"), join(folder, "dotls.socket")],
      { encoding: "utf8" },
    );
    // Units of the machine that the test runs on are not ours to mend.
    return {
      status,
      said: stderr
        .split("\n")
        .filter((line) => line.includes("dotls"))
        .join("\n"),
    };
  }

  it("is that the units are right", () => {
    expect(verify()).toEqual({ status: 0, said: "" });
  });

  it("would be another one about a key that does not exist", () => {
    const wrong = file("deploy/systemd/dotls.service").replace("ProtectHome=", "ProtectHoem=");
    writeFileSync(join(folder, "dotls.service"), wrong);
    expect(verify().said).toMatch(/Unknown key (?:name )?'ProtectHoem'/);
  });

  it("is that the service is exposed at 2.0 of 10 at the most", () => {
    const text = execFileSync(
      "systemd-analyze",
      ["security", "--offline=yes", "--no-pager", join(folder, "dotls.service")],
      { encoding: "utf8" },
    );
    const score = Number(/Overall exposure level for dotls\.service: (\d+\.\d+)/.exec(text)?.[1]);
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(2);
  });
});
