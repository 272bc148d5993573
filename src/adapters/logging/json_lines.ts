/**
 * Log lines as JSON on stderr. Secrets print themselves as `[secret]`. An error of ours shows its
 * message; of any other error only name and stack lines appear, because foreign messages repeat
 * what they were given. A line that cannot be written is lost, silently: logs decide nothing.
 */

import { configureSync, getLogger, jsonLinesFormatter, type LogLevel } from "@logtape/logtape";
import { PartFault } from "../../domain/part_fault.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { Log } from "../../usecases/ports.ts";

export interface JsonLogOptions {
  readonly level: "debug" | "info" | "warning" | "error" | "off";
  /** Takes one line with its newline. Default: stderr. */
  readonly write?: (line: string) => void;
}

const LEVELS: Readonly<Record<JsonLogOptions["level"], LogLevel | null>> = {
  debug: "debug",
  info: "info",
  warning: "warning",
  error: "error",
  off: null,
};

const encoder = new TextEncoder();

function toStderr(line: string): void {
  try {
    Deno.stderr.writeSync(encoder.encode(line));
  } catch {
    // Nobody listens any more: the line is lost, the service goes on.
  }
}

/** Configures the process's log and returns its port. */
export function createJsonLog({ level, write = toStderr }: JsonLogOptions): Log {
  const lowest = LEVELS[level];
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(jsonLinesFormatter(record)) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
      { category: "box-office", lowestLevel: lowest, sinks: ["lines"] },
    ],
  });
  const logger = getLogger("box-office");
  return {
    debug: (event, fields) => logger.debug(event, shown(fields)),
    info: (event, fields) => logger.info(event, shown(fields)),
    warn: (event, fields) => logger.warn(event, shown(fields)),
    error: (event, fields) => logger.error(event, shown(fields)),
  };
}

function shown(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? shownError(value) : value,
    ]),
  );
}

function shownError(error: Error): Record<string, unknown> {
  if (error instanceof PartFault) {
    return { name: error.name, part: error.part, reason: error.reason };
  }
  if (error instanceof SignerFault) return { name: error.name, reason: error.reason };
  const stack = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { name: error.name, stack: stack.map((line) => line.trim()).slice(0, 12) };
}
