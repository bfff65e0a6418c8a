import { join } from "node:path";
import { Conversion } from "../../../src/cli/import/conversion.ts";
import type { Config } from "../../../src/config/config.ts";
import { folderWith, load } from "../../support/config-folder.ts";

/** What came out of a conversion. */
export interface Converted {
  readonly yaml: string;
  /** `LINE: option: text`, the folder and name of the file taken off. */
  readonly remarks: readonly string[];
  /** What dotls makes of the YAML. */
  readonly config: () => Config;
}

/** Converts a file with this text, beside others when they are given, whose names then stand in the remarks. */
export function convertFile(
  text: string,
  convert: (file: string, conversion: Conversion) => void,
  others: Readonly<Record<string, string>> = {},
): Converted {
  const folder = folderWith({ source: text, ...others });
  const conversion = new Conversion();
  convert(join(folder, "source"), conversion);
  const bare = (where: string): string => where.replace(`${folder}/`, "").replace(/^source:/, "");
  const yaml = conversion.toYaml("Converted.").replaceAll(`${folder}/`, "");
  return {
    yaml,
    remarks: conversion.remarks.map(({ where, option, text }) => `${bare(where)}: ${option}: ${text}`),
    config: () => load({ yaml }).config,
  };
}

/** The remarks on one option. */
export function remarksOn(option: string, { remarks }: Converted): string[] {
  return remarks.filter((remark) => remark.includes(`: ${option}: `));
}
