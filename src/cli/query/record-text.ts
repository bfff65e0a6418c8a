import type { Question, ResourceRecord } from "../../dns/message.ts";
import { formatName } from "../../dns/name.ts";
import { formatRdata } from "../../dns/rr/registry.ts";
import { className } from "../../dns/rrclass.ts";
import { typeName } from "../../dns/rrtype.ts";
import { ttlUnits } from "../../dns/ttl.ts";
import { ColumnLine } from "./columns.ts";
import type { Settings } from "./settings.ts";

/** Which settings a line depends on. */
type LineStyle = Pick<Settings, "showTtl" | "showClass" | "ttlUnits" | "unknownFormat">;

/** Where dig begins the TTL, the class, the type and the data: what is hidden leaves its room to the next. */
interface Columns {
  readonly ttl: number;
  readonly class: number;
  readonly type: number;
  readonly rdata: number;
}

function columnsOf({ showTtl, showClass }: LineStyle): Columns {
  if (showTtl && showClass) return { ttl: 24, class: 32, type: 40, rdata: 48 };
  if (showTtl || showClass) return { ttl: 24, class: 24, type: 32, rdata: 40 };
  return { ttl: 24, class: 24, type: 24, rdata: 32 };
}

/** A record as one line of dig, without its line end. */
export function recordLine(record: ResourceRecord, style: LineStyle): string {
  const columns = columnsOf(style);
  const line = new ColumnLine().add(formatName(record.name));
  if (style.showTtl) line.goTo(columns.ttl).add(style.ttlUnits ? ttlUnits(record.ttl) : String(record.ttl));
  if (style.showClass) line.goTo(columns.class).add(classText(record.class, style));
  line.goTo(columns.type).add(typeText(record.type, style));
  return line.goTo(columns.rdata).add(rdataText(record, style)).text;
}

/** A question as one line of dig, without its line end. Settings that hide a column move it, but do not hide it. */
export function questionLine(question: Question, style: LineStyle): string {
  const columns = columnsOf(style);
  return new ColumnLine(";")
    .add(formatName(question.name))
    .goTo(columns.class)
    .add(classText(question.class, style))
    .goTo(columns.type)
    .add(typeText(question.type, style)).text;
}

/** The data of a record as dig prints it, also with `+short`. */
export function rdataText(
  record: ResourceRecord,
  { unknownFormat }: Pick<Settings, "unknownFormat">,
): string {
  // Type 0 is nobody's: its data is always printed as unknown.
  return formatRdata(unknownFormat ? 0 : record.type, record.rdata, record.class);
}

function classText(code: number, { unknownFormat }: LineStyle): string {
  return unknownFormat ? `CLASS${code}` : className(code);
}

function typeText(code: number, { unknownFormat }: LineStyle): string {
  return unknownFormat ? `TYPE${code}` : typeName(code);
}
