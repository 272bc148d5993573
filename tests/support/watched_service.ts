/**
 * A whole service of which everything that comes out is kept: answers, log lines, errors, what its
 * store holds. Its secrets are known, also those that SuperOffice makes on the way, so that all of it
 * can be searched for them.
 */

import assert from "node:assert/strict";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import { compose, type Service } from "../../src/compose.ts";
import { parseConfig } from "../../src/config.ts";
import { createJsonLog } from "../../src/adapters/logging/json_lines.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import type { Log } from "../../src/usecases/ports.ts";
import { type Answer, codeOf, postForm, send } from "./callback.ts";
import { startKms } from "./kms.ts";
import { createMarks } from "./marks.ts";
import { createOutboundWatch } from "./outbound_watch.ts";
import { createTestClock, TENANT } from "./service.ts";
import { startVendor } from "./vendor.ts";

export const LIMITED_KEY = "bo_MARK_of_the_limited_api_key_0000000000000";
export const API_KEY = "bo_MARK_of_the_api_key_000000000000000000";
const FORBIDDEN_KEY = "bo_MARK_of_the_forbidden_api_key_000000000";
const SEALING_KEY = "MARK-of-the-sealing-key-01234567";
const LEDGER_SEED = "MARK-of-the-ledger-seed-01234567";

export type WatchedService = Awaited<ReturnType<typeof startWatched>>;

/** @param env beyond the defaults, for example another store */
export async function startWatched(
  { env = {}, kms: withKms = false }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly kms?: boolean;
  } = {},
) {
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-watched-" });
  // From now on: a shared store has a clock of its own.
  const clock = createTestClock(Date.now());
  const kms = withKms ? await startKms() : null;
  const simulator = await startVendor({
    clock: () => clock.now(),
    ...(kms === null ? {} : { publicKeyPem: kms.publicKeyPem() }),
  });
  const parsed = parseConfig({
    DATA_DIR: dataDir,
    SUPEROFFICE_URL: simulator.url,
    SUPEROFFICE_CLIENT_ID: simulator.clientId,
    SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
    EXCHANGE_TIMEOUT_MS: "300",
    SEALING_KEYS: `now:${btoa(SEALING_KEY)}`,
    LEDGER_KEY: btoa(LEDGER_SEED),
    CALLERS: JSON.stringify({
      callers: [
        { id: "all", may: ["ticket", "relay", "tenants", "ledger"], tenants: ["*"], key: API_KEY },
        { id: "rare", may: ["ticket"], tenants: ["*"], key: LIMITED_KEY, requests_per_minute: 1 },
        { id: "none", may: ["relay"], tenants: [TENANT], key: FORBIDDEN_KEY },
      ].map(({ key, ...caller }) => ({ ...caller, api_key_sha256: [sha256Hex(key)] })),
    }),
    ...(kms === null ? {} : { KMS_KEY_VERSION: kms.keyVersion, KMS_ENDPOINT: kms.url }),
    ...env,
  }, () => null);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const { config } = parsed;

  const marks = createMarks();
  marks.add("API key", API_KEY);
  marks.add("other API key", FORBIDDEN_KEY);
  marks.add("limited API key", LIMITED_KEY);
  marks.add("sealing key", SEALING_KEY);
  marks.add("ledger seed", LEDGER_SEED);
  marks.add("client secret", simulator.clientSecret);
  if (config.store.kind === "upstash") marks.add("store token", config.store.token.reveal());
  if (config.signing.kind === "generated") {
    const { generatedKey } = await import("../../src/parts.ts");
    const pem = await generatedKey(config);
    simulator.control.registerPublicKey(pem);
    marks.add("signing key", pem.split("\n")[5]!);
  }

  const { lines, errors, log } = createWatchedLog();
  const outbound = createOutboundWatch(marks);
  let service: Service | null = null;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => service!.fetch(request),
  );
  const url = new URL(`http://localhost:${server.addr.port}`);
  service = await compose({
    config,
    publicUrl: url,
    superoffice: config.superoffice!,
    callers: config.callers!,
    log,
    clock,
    // What goes out of a worker cannot be watched.
    kmsHost: createThreadHost(),
  });
  await service.complete();
  const composed = service;

  const answers: { readonly text: string; readonly allowed: readonly string[] }[] = [];
  const codes = new Set<string>();
  const keep = (answer: Answer, allowed: readonly string[] = []): Answer => {
    const { status, headers, body } = answer;
    const shown = [...headers].map((header) => header.join(": "));
    answers.push({ text: [status, ...shown, "", body].join("\n"), allowed });
    const isProblem = headers.get("content-type") === "application/problem+json";
    if (isProblem) codes.add(JSON.parse(body).code);
    return answer;
  };

  return {
    url,
    dataDir,
    clock,
    simulator,
    kms,
    marks,
    outbound,
    lines,
    errors,
    log,
    /** Codes of all problem documents so far. */
    codes,
    keep,
    /** Calls with the API key unless the headers say otherwise; a ticket may be in a 200 only. */
    async call(path: string, init: RequestInit = {}): Promise<Answer> {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${API_KEY}`);
      const answer = await send(new URL(path, url), { ...init, headers });
      return keep(answer, answer.status === 200 && /\/ticket$/.test(path) ? ["ticket"] : []);
    },
    /** A consent by code; what SuperOffice makes on the way is watched. */
    async consent(): Promise<Answer> {
      const begun = await send(new URL(`/consent?tenant=${TENANT}`, url));
      if (begun.status !== 302) return keep(begun);
      keep(begun, ["state", "browser binding"]);
      const location = new URL(begun.headers.get("location")!);
      const state = location.searchParams.get("state")!;
      const cookie = begun.headers.getSetCookie()[0]!.split(";")[0]!;
      marks.add("state", state);
      marks.add("browser binding", cookie.split("=")[1]!);
      const code = await codeOf(location);
      marks.add("code", code);
      const answer = await postForm(url, { state, code }, cookie);
      return keep(answer, answer.status === 303 ? ["browser binding"] : []);
    },
    /** Files of the embedded store as they lie on the disk, the log of its latest writes too. */
    async files(): Promise<Uint8Array[]> {
      const found: Uint8Array[] = [];
      for await (const { name } of Deno.readDir(dataDir)) {
        if (name.startsWith("box-office.")) found.push(await Deno.readFile(`${dataDir}/${name}`));
      }
      return found;
    },
    /** @returns every mark found in any answer, log line or error */
    found(): string[] {
      return [
        ...answers.flatMap(({ text, allowed }) => marks.find(text, allowed)),
        ...lines.flatMap((line) => marks.find(line).map((found) => `${found} in ${line}`)),
        ...errors.flatMap((error) => marks.find(error).map((found) => `${found} in ${error}`)),
      ];
    },
    async close(): Promise<void> {
      await server.shutdown();
      await composed.close();
      outbound.end();
      await simulator.close();
      await kms?.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** The real log; beside it, what it was given, turned inside out. */
function createWatchedLog(): { lines: string[]; errors: string[]; log: Log } {
  const lines: string[] = [];
  const errors: string[] = [];
  const real = createJsonLog({ level: "debug", write: (line) => void lines.push(line) });
  const at = (level: keyof Log): Log[typeof level] => (event, fields) => {
    errors.push(...Object.values(fields ?? {}).flatMap(insideOut));
    real[level](event, fields);
  };
  return {
    lines,
    errors,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
  };
}

/** All that can be read of a value by whoever holds it: hidden members, stacks, causes. */
export function insideOut(value: unknown): string[] {
  const texts = [Deno.inspect(value, { depth: 100, showHidden: true, strAbbreviateSize: 1e6 })];
  for (let error = value; error instanceof Error; error = error.cause) {
    texts.push(`${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)}`);
  }
  return texts;
}
