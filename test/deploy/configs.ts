import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";

/**
 * Loads what deploy/ gives to a server: a file, variables, or both, with nothing of this machine. Files that it names
 * relative to its folder are put there: `ca.pem`, and `client.pem` with `client.key`.
 *
 * @throws ConfigError for what dotls would refuse.
 */
export async function loadDeployed(
  yaml: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-deploy-"));
  try {
    const client = await (await createAuthority()).issue({ names: ["client.example"] });
    const tls = join(folder, "tls");
    mkdirSync(tls);
    for (const place of [folder, tls]) {
      writeFileSync(join(place, "ca.pem"), rootCertificates[0]!);
      writeFileSync(join(place, "ca.crt"), rootCertificates[0]!);
      for (const name of ["client.pem", "tls.crt"]) writeFileSync(join(place, name), client.chain);
      for (const name of ["client.key", "tls.key"]) writeFileSync(join(place, name), client.key);
    }
    // What the chart mounts, where this test can put it.
    const text = yaml?.replaceAll("/etc/dotls-tls/", `${tls}/`);
    if (text !== undefined) writeFileSync(join(folder, "dotls.yaml"), text);
    return loadConfig({ cwd: folder, env: { ...env }, systemFile: join(folder, "none") }).config;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
