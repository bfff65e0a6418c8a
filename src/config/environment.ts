import type { ConfigProblem } from "./config-error.ts";
import { optionKeyOf, OPTIONS, rawFromText, setOption, variableOf } from "./options.ts";
import type { KeyPath, Source } from "./source.ts";
import { nearest } from "./suggest.ts";

/** Variables that begin like options and are none, with what they are for. */
export const OTHER_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["DOTLS_CONFIG", "the configuration file, when `--config` names none"],
  ["DOTLS_QUERY_SERVER", "the server that `dotls query` asks when none is given as `@SERVER`"],
]);

/**
 * Variables that Kubernetes puts into every container for a Service whose name begins with `dotls`. They say nothing
 * about the configuration, and refusing them would stop every pod of a namespace in which such a Service exists.
 */
const SERVICE_LINK =
  /^DOTLS_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /^DOTLS_([A-Z0-9_]+_)?PORT$/;

/**
 * Reads the options that environment variables set. Lists are split on commas and spaces. A variable that begins with
 * `DOTLS_` and names no option is a problem: it was meant to say something that would not happen.
 */
export function readEnvironment(env: NodeJS.ProcessEnv, cwd: string, problems: ConfigProblem[]): Source {
  const variables = new Map([...OPTIONS.values()].map((option) => [variableOf(option.key), option]));
  const raw: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("DOTLS_") || value === undefined || OTHER_VARIABLES.has(name)) continue;
    const option = variables.get(name);
    if (option === undefined) {
      if (!isServiceLink(name, value)) problems.push(unknownVariable(name, variables.keys()));
    } else {
      const read = rawFromText(option, value);
      if (read.fault === null) setOption(raw, option.key, read.raw);
      else
        problems.push({
          where: name,
          key: option.key,
          message: read.fault,
          hint: "unset it for the default",
        });
    }
  }
  const where = (path: KeyPath): string => variableOf(optionKeyOf(path));
  return { raw, base: cwd, where, origin: (key) => `env ${variableOf(key)}` };
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (SERVICE_LINK_PORT.test(name) && /^(tcp|udp|sctp):\/\//.test(value));
}

function unknownVariable(name: string, known: Iterable<string>): ConfigProblem {
  const prefix = "DOTLS_".length;
  const candidates = [...known, ...OTHER_VARIABLES.keys()].map((candidate) => candidate.slice(prefix));
  const meant = nearest(name.slice(prefix), candidates);
  return {
    where: name,
    key: "",
    message: "this variable is not known to this version",
    hint: meant === null ? null : `did you mean DOTLS_${meant}?`,
  };
}
