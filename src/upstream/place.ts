/** Where a server is and what it is called, for people and policies. */
export interface Place {
  /** What it is asked over at the bottom. */
  readonly transport: "udp" | "tcp";
  readonly address: string;
  readonly port: number;
  /** The name that it must prove; null: its address. */
  readonly name: string | null;
  /** Queries over an encrypted way are padded to a multiple of so many bytes; null: not padded. */
  readonly padding: number | null;
  /** Whether nobody on the way can read what it is asked. */
  readonly encrypted: boolean;
}
