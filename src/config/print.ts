import { stringify } from "yaml";
import type { CaSource, Config, UpstreamSpec } from "./config.ts";
import { formatDuration } from "./duration.ts";
import { formatListen } from "./listen-address.ts";
import type { LoadedConfig } from "./load.ts";
import { OPTIONS } from "./options.ts";
import { formatSize } from "./size.ts";
import { DOT_PORT } from "./upstream-spec.ts";

/** Writes a configuration as YAML that reads back as the same, each option with a comment that says where it is from. */
export function formatConfig({ config, file, origins }: LoadedConfig): string {
  const values = writtenForm(config);
  const lines = [file === null ? "# No configuration file." : `# The configuration file is ${file}.`];
  let open = "";
  for (const key of OPTIONS.keys()) {
    const [first = "", second] = key.split(".");
    if (second !== undefined && first !== open) lines.push(`${first}:`);
    open = first;
    const indent = second === undefined ? "" : "  ";
    const origin = `# ${origins.get(key)}`;
    const value = values.get(key);
    if (Array.isArray(value)) {
      lines.push(`${indent}${second ?? first}: ${origin}`);
      const items = stringify(value, { lineWidth: 0 }).trimEnd().split("\n");
      lines.push(...items.map((item) => `${indent}  ${item}`));
    } else {
      lines.push(`${indent}${second ?? first}: ${stringify(value, { lineWidth: 0 }).trimEnd()} ${origin}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Each option as a file would hold it. */
function writtenForm(config: Config): Map<string, unknown> {
  return new Map<string, unknown>([
    ["listen", config.listen.map(formatListen)],
    ["upstreams", config.upstreams.map(writtenUpstream)],
    ["timeout", formatDuration(config.timeout)],
    ["tls.ca", writtenCa(config.tls.ca)],
    ["tls.minVersion", config.tls.minVersion],
    ["access.allow", config.access.allow],
    ["history.size", config.history.size],
    ["history.file", writtenPath(config.history.file)],
    ["history.keep", formatDuration(config.history.keep)],
    ["history.rotate", formatSize(config.history.rotate)],
    ["control.socket", writtenPath(config.control.socket)],
    ["log.level", config.log.level],
  ]);
}

/** The long form only where the short one, which is what the user wrote, cannot say all. */
function writtenUpstream(upstream: UpstreamSpec): unknown {
  const { addresses, port, name, pins, ca, label } = upstream;
  if (addresses.length === 1 && pins.length === 0 && ca === null) return label;
  return {
    addresses,
    ...(port !== DOT_PORT && { port }),
    ...(name !== null && { name }),
    ...(pins.length > 0 && { pins }),
    ...(ca !== null && { ca: writtenCa(ca) }),
  };
}

function writtenCa(ca: CaSource): string {
  return ca === "system" ? ca : ca.file;
}

function writtenPath(path: string | null): string {
  return path ?? "none";
}
