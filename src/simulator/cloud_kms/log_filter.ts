/**
 * The Logging query language, as far as the stand-in's audit log is asked in it: comparisons of members
 * with texts, `log_id`, AND, OR, NOT and brackets. As there, NOT binds closest and OR closer than AND,
 * texts are compared without regard to case, and `:` means contains. Anything else is refused, never
 * taken for true.
 */
import { parseInstant } from "../../domain/instant.ts";
import { KmsError } from "./kms_error.ts";

export type LogFilter = (entry: unknown) => boolean;

/** @throws KmsError INVALID_ARGUMENT for what cannot be read */
export function parseLogFilter(text: string): LogFilter {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return () => true;
  let at = 0;
  const take = (token: string) => tokens[at] === token && ++at > 0;

  const all = (): LogFilter => {
    const parts = [any()];
    while (take("AND")) parts.push(any());
    return (entry) => parts.every((part) => part(entry));
  };
  const any = (): LogFilter => {
    const parts = [one()];
    while (take("OR")) parts.push(one());
    return (entry) => parts.some((part) => part(entry));
  };
  const one = (): LogFilter => {
    if (take("NOT")) {
      const other = one();
      return (entry) => !other(entry);
    }
    if (!take("(")) return comparison(tokens[at++] ?? "");
    const inner = all();
    if (!take(")")) throw unparseable();
    return inner;
  };

  const filter = all();
  if (at < tokens.length) throw unparseable();
  return filter;
}

const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const TOKEN = new RegExp(
  `\\s*(\\(|\\)|AND\\b|OR\\b|NOT\\b|log_id\\(${STRING}\\)|[\\w.]+\\s*(?:>=|<=|[=:<>])\\s*${STRING})\\s*`,
  "y",
);

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.trimEnd().length;) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw unparseable();
    tokens.push(token);
  }
  return tokens;
}

function comparison(token: string): LogFilter {
  const [, log] = new RegExp(`^log_id\\((${STRING})\\)$`).exec(token) ?? [];
  if (log !== undefined) {
    const ending = `/logs/${encodeURIComponent(JSON.parse(log))}`;
    return (entry) => String(Object(entry).logName).endsWith(ending);
  }
  const [, path, operator, quoted] =
    new RegExp(`^([\\w.]+)\\s*(>=|<=|[=:<>])\\s*(${STRING})$`).exec(token) ?? [];
  if (path === undefined || operator === undefined || quoted === undefined) throw unparseable();
  const value: string = JSON.parse(quoted);
  if (path === "timestamp") return byTime(operator, value);
  const wanted = value.toLowerCase();
  if (operator === ":") return (entry) => textAt(entry, path).includes(wanted);
  if (operator === "=") return (entry) => textAt(entry, path) === wanted;
  throw unparseable();
}

function byTime(operator: string, value: string): LogFilter {
  const wanted = parseInstant(value);
  if (wanted === null) throw unparseable();
  const compare = COMPARE[operator];
  if (compare === undefined) throw unparseable();
  return (entry) => {
    const time = parseInstant(Object(entry).timestamp);
    return time !== null && compare(time, wanted);
  };
}

const COMPARE: Readonly<Record<string, (one: string, other: string) => boolean>> = {
  "=": (one, other) => one === other,
  ">=": (one, other) => one >= other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  "<": (one, other) => one < other,
};

function textAt(entry: unknown, path: string): string {
  const value = path.split(".").reduce<unknown>(
    (of, name) => Object.hasOwn(Object(of), name) ? Object(of)[name] : undefined,
    entry,
  );
  return typeof value === "string" ? value.toLowerCase() : "";
}

function unparseable(): KmsError {
  return new KmsError("INVALID_ARGUMENT", "Unparseable filter: syntax error");
}
