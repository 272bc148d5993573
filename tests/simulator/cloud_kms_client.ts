import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import type { CloudKmsOptions, CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import { startKms } from "../support/kms.ts";

/** The one valid request, to be bent once per test. */
export const digest = createHash("sha256").update("a text").digest();
export const signBody = {
  digest: { sha256: digest.toString("base64") },
  digestCrc32c: String(crc32c(digest)),
};

export async function sharedCloudKms(options: CloudKmsOptions = {}): Promise<CloudKmsSimulator> {
  const kms = await startKms(options);
  Deno.test.beforeEach(() => kms.fault(null));
  Deno.test.afterAll(() => kms.close());
  return kms;
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const body: unknown = await response.json();
  assert.ok(typeof body === "object" && body !== null);
  return { status: response.status, body: { ...body } };
}

/** @param query with its question mark */
export function sign(
  kms: CloudKmsSimulator,
  body: unknown = signBody,
  { keyVersion = kms.keyVersion, query = "", headers = {} } = {},
): Promise<Answer> {
  return call(`${kms.url}/v1/${keyVersion}:asymmetricSign${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Calls a verb of the control API, and reads what it answers. */
export async function pull(
  kms: Pick<CloudKmsSimulator, "url">,
  verb: string,
  members?: Readonly<Record<string, unknown>>,
): Promise<{ readonly status: number; readonly result: unknown }> {
  const init = members && { method: "POST", body: JSON.stringify(members) };
  const response = await fetch(`${kms.url}/_control/${verb}`, init);
  return { status: response.status, result: await response.json() };
}

/** `{code, message, status, details}` of an error answer. */
export function errorOf({ status, body }: Answer): {
  readonly code: number;
  readonly message: string;
  readonly status: string;
  readonly details?: readonly unknown[];
} {
  const { error } = body as { error: ReturnType<typeof errorOf> };
  assert.equal(error.code, status);
  return error;
}

export function bytesOf(base64: unknown): Uint8Array {
  return Buffer.from(String(base64), "base64");
}
