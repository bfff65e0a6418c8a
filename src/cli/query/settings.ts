import { RrClass } from "../../dns/rrclass.ts";
import { RrType } from "../../dns/rrtype.ts";
import type { EdnsOption } from "../../dns/edns/option.ts";
import type { ClientSubnet } from "../../dns/edns/client-subnet.ts";

/** What dig offers to receive over UDP, and so do we. */
export const DEFAULT_UDP_SIZE = 1232;

/** The name of each part of a reply that `+[no]NAME` shows or hides. */
export interface Shown {
  question: boolean;
  answer: boolean;
  authority: boolean;
  additional: boolean;
  /** The header, the OPT record and the names of the sections. */
  comments: boolean;
  stats: boolean;
}

/** How one name is asked for and printed. Options change the copy that belongs to their name. */
export interface Settings {
  type: number;
  typeIsSet: boolean;
  class: number;
  classIsSet: boolean;
  /** What was written after `@`. */
  servers: string[];
  opcode: number;
  /** Flag bits of the header: RD and AD unless told otherwise. */
  flags: number;
  headerOnly: boolean;
  /** Null: a random one for each attempt. */
  id: number | null;
  /** The EDNS version; null: no OPT record. */
  edns: number | null;
  ednsFlags: number;
  udpSize: number | null;
  dnssec: boolean;
  compactDenial: boolean;
  nsid: boolean;
  expire: boolean;
  keepalive: boolean;
  sendCookie: boolean;
  /** The COOKIE option's data; null: a random client cookie. */
  cookie: Uint8Array | null;
  subnet: ClientSubnet | null;
  /** A block size for padding; null: 128 over TLS (RFC 8467 section 4.1) and none elsewhere. */
  padding: number | null;
  options: EdnsOption[];
  tcp: boolean;
  tcpIsSet: boolean;
  tls: boolean;
  tlsName: string | null;
  /** A PEM file with trust anchors; null: those of the system. */
  tlsCa: string | null;
  tlsPins: string[];
  ignoreTruncation: boolean;
  retryBadCookie: boolean;
  tries: number;
  /** Seconds for each attempt; null: 5 for UDP, 10 for the others, as dig. */
  timeout: number | null;
  shown: Shown;
  showQuery: boolean;
  showTtl: boolean;
  showClass: boolean;
  ttlUnits: boolean;
  unknownFormat: boolean;
  identify: boolean;
  microseconds: boolean;
}

/** A name to ask for, with its own settings. */
export interface Lookup extends Settings {
  /** As written, or made by `-x`. */
  readonly name: string;
}

/** What holds for the whole command. */
export interface GlobalSettings {
  port: number | null;
  /** 4 or 6 when one family was asked for. */
  family: 0 | 4 | 6;
  source: { address: string; port: number } | null;
  short: boolean;
  json: boolean;
  showCommand: boolean;
}

/** dig's defaults. */
export function defaultSettings(): Settings {
  return {
    type: RrType.A,
    typeIsSet: false,
    class: RrClass.IN,
    classIsSet: false,
    servers: [],
    opcode: 0,
    flags: 0x0120,
    headerOnly: false,
    id: null,
    edns: 0,
    ednsFlags: 0,
    udpSize: null,
    dnssec: false,
    compactDenial: false,
    nsid: false,
    expire: false,
    keepalive: false,
    sendCookie: true,
    cookie: null,
    subnet: null,
    padding: null,
    options: [],
    tcp: false,
    tcpIsSet: false,
    tls: false,
    tlsName: null,
    tlsCa: null,
    tlsPins: [],
    ignoreTruncation: false,
    retryBadCookie: true,
    tries: 3,
    timeout: null,
    shown: {
      question: true,
      answer: true,
      authority: true,
      additional: true,
      comments: true,
      stats: true,
    },
    showQuery: false,
    showTtl: true,
    showClass: true,
    ttlUnits: false,
    unknownFormat: false,
    identify: false,
    microseconds: false,
  };
}

/** dig's defaults for the whole command. */
export function defaultGlobals(): GlobalSettings {
  return { port: null, family: 0, source: null, short: false, json: false, showCommand: true };
}

/** A copy for one name: what later options change in it touches no other. */
export function cloneSettings(settings: Settings): Settings {
  return structuredClone(settings);
}
