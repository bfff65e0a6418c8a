import { readFileSync } from "node:fs";

/** The text of /etc/resolv.conf; empty where there is none. */
export function readResolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}
