import { file } from "../repository.ts";

/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly words: string;
}

/** The instructions of a Dockerfile of the repository, comments left out. */
export function instructionsOf(path: string): Instruction[] {
  return file(path)
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name, words] = /^([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`no instruction: ${line}`);
      return { name: name.toUpperCase(), words: words!.replaceAll(/\s+/g, " ").trim() };
    });
}
