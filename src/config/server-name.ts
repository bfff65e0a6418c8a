import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { ConfigValueError } from "./value-error.ts";

/**
 * Reads the name that an upstream's certificate must carry. Gives it in small letters without the dot at its end, the
 * form that SNI asks for (RFC 6066 section 3).
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_UPSTREAM
 */
export function parseServerName(text: string): string {
  const name = text.toLowerCase().replace(/\.$/, "");
  if (isIP(name) !== 0) {
    throw bad(
      `"${text}" is an address where the name of the server belongs`,
      "leave the name away: the certificate must then carry the address",
    );
  }
  if (/^\d+$/.test(name)) {
    throw bad(`"${text}" is a number where the name of the server belongs`, `a port is written :${name}`);
  }
  // oxlint-disable-next-line no-control-regex -- every character outside ASCII, and nothing else
  if (/[^\u0000-\u007f]/.test(name)) {
    const ascii = domainToASCII(name);
    throw bad(`"${text}" is not in ASCII`, ascii === "" ? null : `write ${ascii}`);
  }
  const labels = name.split(".");
  if (
    name.length > 253 ||
    !labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  ) {
    throw bad(`"${text}" is not the name of a host`);
  }
  return name;
}

function bad(message: string, hint: string | null = null): ConfigValueError {
  return new ConfigValueError("ERR_DOTLS_BAD_UPSTREAM", message, hint);
}
