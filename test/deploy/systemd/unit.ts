import { file } from "../repository.ts";

/** The settings of a unit file: for each key its values in their order, sections aside. */
export function settingsOf(path: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const line of file(path).split("\n")) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    settings.set(key, [...(settings.get(key) ?? []), value!]);
  }
  return settings;
}
