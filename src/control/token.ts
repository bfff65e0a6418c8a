import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { TOKEN_COSTS, TOKEN_KEY, formatTokenHash } from "../config/token-hash.ts";

interface ScryptCosts {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Marks a token as one, for people and for programs that look for secrets in places where none belong. */
const PREFIX = "dotls_";

/** The most that is taken for a token, in characters: who sends more wants to keep us busy. */
const MOST = 512;

/** A token that nobody can guess: 256 random bits. */
export function makeToken(): string {
  return PREFIX + randomBytes(32).toString("base64url");
}

/** The hash of a token as `control.token` takes it, another one each time. */
export async function hashToken(token: string): Promise<string> {
  const salt = randomBytes(16);
  return formatTokenHash(salt, await derive(token, salt, TOKEN_COSTS));
}

function derive(token: string, salt: Buffer, { N, r, p }: ScryptCosts): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(token, salt, TOKEN_KEY, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** What came of a look at a token. `busy`: another one is being looked at, which takes a while on purpose. */
export type TokenVerdict = "right" | "wrong" | "busy";

/**
 * Knows whether a token is the one that a hash (checked before: `isTokenHash`) is of. The hash is costly to compute, so one
 * token is looked at at a time, in a thread of Node's pool, and the right one is known by a plain digest from then on.
 */
export class TokenCheck {
  #salt: Buffer;
  #key: Buffer;
  #costs: ScryptCosts;
  /** Of the right token, once it was seen. */
  #digest: Buffer | null = null;
  #looking = false;

  constructor(hash: string) {
    const [, cost, blocks, lanes, salt = "", key = ""] = hash.split(":");
    this.#costs = { N: Number(cost), r: Number(blocks), p: Number(lanes) };
    this.#salt = Buffer.from(salt, "base64url");
    this.#key = Buffer.from(key, "base64url");
  }

  /** Looks at a token. How long that takes does not depend on how much of it is right. */
  async look(token: string): Promise<TokenVerdict> {
    if (token === "" || token.length > MOST) return "wrong";
    const digest = createHash("sha256").update(token).digest();
    if (this.#digest !== null && timingSafeEqual(digest, this.#digest)) return "right";
    if (this.#looking) return "busy";
    this.#looking = true;
    try {
      if (!timingSafeEqual(await derive(token, this.#salt, this.#costs), this.#key)) return "wrong";
      this.#digest = digest;
      return "right";
    } finally {
      this.#looking = false;
    }
  }
}
