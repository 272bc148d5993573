/**
 * Looks at an Upstash database as an operator would: what it says of itself, whether it takes a write,
 * and how soon that can be read. Writes one small key that ends by itself within a minute. Of an error
 * only its kind gets out. Source: Upstash documentation, "INFO"; error texts as its clients report them.
 */

import type { Secret } from "../../domain/secret.ts";
import { readJson } from "./upstash_body.ts";

/** Why a command was not done, in one word. */
export type InspectionError =
  | "certificate"
  | "network"
  | "timeout"
  | "protocol"
  | "auth"
  | "not_permitted"
  | "quota"
  | "command";

export type Inspected<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: InspectionError };

export interface UpstashInspection {
  ping(signal: AbortSignal): Promise<Inspected<void>>;
  /** Fields of `INFO` by name: which there are is not promised. */
  info(signal: AbortSignal): Promise<Inspected<ReadonlyMap<string, string>>>;
  /** Writes a text to a key of its own. @returns the key */
  write(text: string, signal: AbortSignal): Promise<Inspected<string>>;
  /** One plain read, which a replica may answer. Null: not there, or not yet. */
  read(key: string, signal: AbortSignal): Promise<Inspected<string | null>>;
}

export interface UpstashInspectionOptions {
  readonly url: URL;
  readonly token: Secret;
  /** Begins the key that is written: the service's own. */
  readonly prefix: string;
}

/** As long as what is written stays. */
const STAYS_MS = 60_000;

export function createUpstashInspection(
  { url, token, prefix }: UpstashInspectionOptions,
): UpstashInspection {
  const send = async (
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<Inspected<unknown>> => {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${token.reveal()}`, "content-type": "application/json" },
        body: JSON.stringify(command),
        redirect: "manual",
        signal,
      });
      const { error, result } = Object(await readJson(answer));
      if (error !== undefined) return failed(kindOf(String(error)));
      return result === undefined ? failed("protocol") : { ok: true, value: result };
    } catch (error) {
      if (signal.aborted) return failed("timeout");
      if (error instanceof SyntaxError) return failed("protocol");
      // In the message or in its cause, by version of the runtime.
      const said = error instanceof Error ? `${error.message} ${error.cause}` : "";
      const isCertificate = said.includes("invalid peer certificate");
      return failed(isCertificate ? "certificate" : "network");
    }
  };

  return {
    async ping(signal) {
      const answer = await send(["PING"], signal);
      if (!answer.ok) return answer;
      return answer.value === "PONG" ? { ok: true, value: undefined } : failed("protocol");
    },
    async info(signal) {
      const answer = await send(["INFO"], signal);
      if (!answer.ok) return answer;
      return { ok: true, value: fieldsOf(String(answer.value)) };
    },
    async write(text, signal) {
      const key = `${prefix}:doctor:{${crypto.randomUUID()}}`;
      const answer = await send(["SET", key, text, "PX", String(STAYS_MS)], signal);
      if (!answer.ok) return answer;
      return answer.value === "OK" ? { ok: true, value: key } : failed("protocol");
    },
    async read(key, signal) {
      const answer = await send(["GET", key], signal);
      if (!answer.ok) return answer;
      return { ok: true, value: answer.value === null ? null : String(answer.value) };
    },
  };
}

function failed(error: InspectionError): { readonly ok: false; readonly error: InspectionError } {
  return { ok: false, error };
}

function kindOf(text: string): InspectionError {
  if (/^(WRONGPASS|NOAUTH|Unauthorized)/i.test(text)) return "auth";
  if (/^NOPERM/i.test(text)) return "not_permitted";
  if (/quota|max (requests|daily request|request) .*limit|limit exceeded|^OOM\b/i.test(text)) {
    return "quota";
  }
  return "command";
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^(\w+):(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value.trim());
  }
  return fields;
}
