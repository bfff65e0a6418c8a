import { isIPv4 } from "node:net";
import type { RouteMatch } from "./config.ts";
import { groupsOf, parsePrefix } from "./prefix.ts";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads what a route matches: `corp.example` and all below it; `*.internal`, the names below it and not itself; a prefix
 * of addresses, `10.0.0.0/8`, for its reverse zones (RFC 1035 section 3.5, RFC 3596 section 2.5); `.` for every name.
 * A prefix that ends inside of a label becomes several suffixes, 128 at most.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_ROUTE, ERR_DOTLS_BAD_PREFIX
 */
export function parseMatch(text: string): RouteMatch[] {
  const written = text.trim();
  if (written === ".") return [{ suffix: ".", apex: true, written }];
  if (written.includes("/")) {
    return reverseZones(parsePrefix(written)).map((suffix) => ({ suffix, apex: true, written }));
  }
  if (written === "*" || written === "*.") throw bad(`"${text}" is every name`, "write .");
  const apex = !written.startsWith("*.");
  const suffix = (apex ? written : written.slice(2)).replace(/\.$/, "").toLowerCase();
  if (/^[\d.]+$/.test(suffix) || suffix.includes(":")) {
    throw bad(`"${text}" is not a name`, "for reverse zones, write a prefix as in 10.0.0.0/8");
  }
  if (suffix.startsWith(".")) throw bad(`"${text}" begins with a dot`, `write ${suffix.replace(/^\.+/, "")}`);
  if (!isName(suffix)) throw bad(`"${text}" is not a name`, "write it as corp.example or *.internal");
  return [{ suffix, apex, written }];
}

function isName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}

/** The zones of the reverse tree that cover a prefix in canonical form, and nothing else. */
function reverseZones(prefix: string): string[] {
  const [address = "", lengthText] = prefix.split("/");
  const length = Number(lengthText);
  if (length === 0) throw bad(`"${prefix}" is every address`, "name the reverse zones that are meant");
  const version4 = isIPv4(address);
  // A label of the reverse tree stands for eight bits of IPv4, for four of IPv6.
  const width = version4 ? 8 : 4;
  const labels = version4
    ? address.split(".").map(Number)
    : groupsOf(address).flatMap((group) => [12, 8, 4, 0].map((shift) => (group >> shift) & 15));
  const count = Math.ceil(length / width);
  const open = 2 ** (count * width - length);
  const fixed = labels.slice(0, count - 1);
  const tail = version4 ? "in-addr.arpa" : "ip6.arpa";
  return Array.from({ length: open }, (_, index) =>
    [...fixed, labels[count - 1]! + index]
      .toReversed()
      .map((label) => label.toString(version4 ? 10 : 16))
      .concat(tail)
      .join("."),
  );
}

function bad(message: string, hint: string): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_ROUTE", message, hint);
}
