/**
 * Cuts a JSON text that arrives in pieces into its values: the elements of an array, or values one
 * after the other (JSON lines). Holds one value at a time, so that a text may be larger than any string.
 * Passes nothing over: what is no value, or not whole, is a fault with its line.
 */

/** Why a text is not read any further. */
export interface JsonFault {
  /** From 1: where the bad value begins. */
  readonly line: number;
  readonly why: string;
}

export interface JsonText {
  /** Takes the next piece. @returns the first fault, which stays */
  push(piece: string): JsonFault | null;
  /** The text is over. */
  end(): JsonFault | null;
}

/** Longer than a log entry can be: Cloud Logging takes 256 KiB, and some more for audit entries. */
const MAX_VALUE = 16 * 1024 * 1024;

/** @param take gets each value in order; what it answers is why the value is refused */
export function createJsonText(take: (value: unknown) => string | null): JsonText {
  let fault: JsonFault | null = null;
  let line = 1;
  const place = createPlace();
  const value = createValueScan();
  const fail = (at: number, why: string) => fault ??= { line: at, why };

  const finish = (text: string, at: number): void => {
    const parsed = parse(text);
    const why = parsed === undefined ? "it is not JSON" : take(parsed);
    if (why !== null) fail(at, why);
  };

  return {
    push(piece) {
      for (let at = 0; at < piece.length && fault === null;) {
        if (!value.isOpen()) {
          const code = piece.charCodeAt(at);
          if (code === LF) line++;
          if (code === OPEN_OBJECT && place.beginValue()) value.open(line);
          else {
            if (!isSpace(code) && !place.step(code)) fail(line, "it is not JSON");
            at++;
            continue;
          }
        }
        const { end, lines, why } = value.scan(piece, at);
        line += lines;
        at = end;
        if (why !== null) fail(value.line(), why);
        else if (!value.isOpen()) finish(value.take(), value.line());
      }
      return fault;
    },
    end() {
      if (fault !== null) return fault;
      if (value.isOpen()) return fail(value.line(), "it is cut off");
      return place.isOpen() ? fail(line, "the array is cut off") : null;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function isSpace(code: number): boolean {
  return code === LF || code === 0x20 || code === 0x0d || code === 0x09;
}

/** Where between the values the text is: before the first, in an array, after a comma. */
function createPlace() {
  let state: "outside" | "begun" | "value" | "comma" = "outside";
  return {
    isOpen: () => state !== "outside",
    beginValue(): boolean {
      if (state === "value") return false;
      if (state !== "outside") state = "value";
      return true;
    },
    /** @returns false for a character that cannot stand here */
    step(code: number): boolean {
      if (code === OPEN_ARRAY && state === "outside") state = "begun";
      else if (code === COMMA && state === "value") state = "comma";
      else if (code === CLOSE_ARRAY && (state === "begun" || state === "value")) state = "outside";
      else return false;
      return true;
    },
  };
}

/** Finds the end of one object: brackets outside of strings, counted; its grammar is the parser's. */
function createValueScan() {
  let text = "";
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let begun = 0;

  return {
    isOpen: () => depth > 0,
    line: () => begun,
    open(line: number): void {
      [text, depth, begun] = ["", 0, line];
    },
    take: () => text,
    /** @returns where it stopped, how many lines it passed, and why it cannot go on */
    scan(piece: string, from: number): { end: number; lines: number; why: string | null } {
      let lines = 0;
      let at = from;
      for (; at < piece.length; at++) {
        const code = piece.charCodeAt(at);
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (code === BACKSLASH) isEscaped = true;
          else if (code === QUOTE) inString = false;
        } else if (code === QUOTE) inString = true;
        else if (code === LF) lines++;
        else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
        else if ((code === CLOSE_OBJECT || code === CLOSE_ARRAY) && --depth === 0) {
          at++;
          break;
        }
      }
      text += piece.slice(from, at);
      const why = text.length > MAX_VALUE ? "it is longer than any log entry" : null;
      return { end: at, lines, why };
    },
  };
}
