import type { LocalNames } from "./config.ts";

/** Every group of names answered here, as it is when nobody switches one off. */
export const ALL_LOCAL_NAMES: LocalNames = Object.freeze({
  localhost: true,
  invalid: true,
  test: true,
  reverse: true,
  homeArpa: true,
  local: true,
  onion: true,
  resolverArpa: true,
  ipv4onlyArpa: true,
});
