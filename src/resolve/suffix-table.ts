import { FOLD, HASH_SEED, equalFolded, finishHash, mixByte } from "../dns/name-hash.ts";

/** How a name in the table is meant. */
export interface SuffixScope {
  /** True: only what is below the name, as `*.example` says; false: the name itself as well. */
  readonly below: boolean;
}

/** Offsets of the labels of the name that is looked up: a name has 127 labels at the most (RFC 1035 section 3.1). */
const labels = new Uint16Array(128);

/**
 * Values under names; the longest name that a looked up name is equal to or below of decides. Names are in wire form, and
 * ASCII letters are equal in both cases (RFC 4343). A tree of labels from the root down: a look takes one step for each
 * label that leads on, mostly one, and allocates nothing.
 */
export class SuffixTable<T extends {}> {
  #root: Node<T> = new Node<T>(new Uint8Array(0), 0, 0);

  /** Puts a value under a name, which is copied; one that was there in the same scope is replaced. */
  set(name: Uint8Array, value: T, { below }: SuffixScope): void {
    let node = this.#root;
    for (let i = split(name, 0, name.length) - 1; i >= 0; i--) node = node.make(name, labels[i]!);
    if (below) node.below = value;
    else node.value = value;
  }

  /** The value for the name at bytes[at..at + nameLength), uncompressed and valid; undefined when no name fits. */
  find(bytes: Uint8Array, at: number, nameLength: number): T | undefined {
    let node = this.#root;
    let found: T | undefined;
    for (let i = split(bytes, at, nameLength) - 1; i >= 0; i--) {
      found = node.below ?? node.value ?? found;
      const next = node.child(bytes, labels[i]!);
      if (next === undefined) return found;
      node = next;
    }
    return node.value ?? found;
  }
}

/** One label, with what hangs below it. */
class Node<T> {
  /** For the name itself, and for all below it that have nothing better. */
  value: T | undefined = undefined;
  /** For what is below the name: more exact than `value`, and so stronger there. */
  below: T | undefined = undefined;

  /** With its length byte; the case folded. */
  #label: Uint8Array;
  #children: Map<number, Node<T>> | null = null;
  /** Another label with the same hash. */
  #sibling: Node<T> | undefined = undefined;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#label = bytes.slice(at, end).map((byte) => FOLD[byte]!);
  }

  /** The node of the label that begins at bytes[at]; undefined when there is none. */
  child(bytes: Uint8Array, at: number): Node<T> | undefined {
    let node = this.#children?.get(hashLabel(bytes, at));
    while (node !== undefined && !node.#is(bytes, at)) node = node.#sibling;
    return node;
  }

  /** The node of the label that begins at bytes[at], made if it is not there. */
  make(bytes: Uint8Array, at: number): Node<T> {
    const known = this.child(bytes, at);
    if (known !== undefined) return known;
    const made = new Node<T>(bytes, at, at + 1 + bytes[at]!);
    this.#children ??= new Map();
    const hash = hashLabel(bytes, at);
    made.#sibling = this.#children.get(hash);
    this.#children.set(hash, made);
    return made;
  }

  #is(bytes: Uint8Array, at: number): boolean {
    return this.#label[0] === bytes[at] && equalFolded(this.#label, 1, bytes, at + 1, bytes[at]!);
  }
}

/** Notes where the labels begin; gives how many there are, the root not counted. */
function split(bytes: Uint8Array, at: number, nameLength: number): number {
  const root = at + nameLength - 1;
  let count = 0;
  for (let here = at; here < root; here += 1 + bytes[here]!) labels[count++] = here;
  return count;
}

function hashLabel(bytes: Uint8Array, at: number): number {
  const end = at + bytes[at]!;
  let hash = HASH_SEED;
  for (let i = at; i <= end; i++) hash = mixByte(hash, bytes[i]!);
  return finishHash(hash);
}
