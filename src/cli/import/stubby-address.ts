/** An address as getdns writes it: `ADDRESS%SCOPE@PORT#TLS_PORT~NAME`, each mark with what follows it at most once. */
export interface StubbyAddress {
  /** With `%` and its interface where it has one. */
  readonly address: string;
  readonly port: string | null;
  readonly tlsPort: string | null;
  readonly name: string | null;
}

/** Takes an address of stubby.yml apart. Nothing is checked but the marks; null when one of them is there twice. */
export function splitStubbyAddress(text: string): StubbyAddress | null {
  const [address = "", ...marked] = text.trim().split(/(?=[%@#~^])/);
  const parts = new Map(marked.map((part) => [part[0]!, part.slice(1)]));
  if (parts.size < marked.length) return null;
  const scope = parts.get("%");
  return {
    address: scope === undefined ? address : `${address}%${scope}`,
    port: parts.get("@") ?? null,
    tlsPort: parts.get("#") ?? null,
    name: parts.get("~") ?? null,
  };
}
