import { OTHER_VARIABLES } from "../../src/config/environment.ts";
import { variableOf } from "../../src/config/options.ts";
import type { Option } from "../../src/config/option.ts";
import { listOptions } from "../../src/config/schema.ts";

const FLAGS: ReadonlyMap<string, string> = new Map([
  ["listen", "--listen"],
  ["upstreams", "--upstream"],
  ["tls.ca", "--tls-ca"],
]);

/** The part of docs/configuration.md that follows from the schema: every option with all that is known about it. */
export function optionReference(): string {
  return listOptions().map(section).join("\n");
}

/** The list of variables that are no options. */
export function otherVariables(): string {
  return [...OTHER_VARIABLES].map(([name, use]) => `- \`${name}\`: ${use}.\n`).join("");
}

function section(option: Option): string {
  const flag = FLAGS.get(option.key);
  const flags = `\`--set ${option.key}=...\`${flag === undefined ? "" : `, \`${flag}\``}`;
  return `### \`${option.key}\`

${option.description}

| | |
|---|---|
| takes | ${option.type} |
| default | ${defaultOf(option)} |
| variable | \`${variableOf(option.key)}\` |
| flag | ${flags} |
`;
}

function defaultOf(option: Option): string {
  const values = Array.isArray(option.default) ? option.default : [option.default];
  if (values.length === 0) return "none";
  return values.map((value) => `\`${value}\``).join(" ");
}
