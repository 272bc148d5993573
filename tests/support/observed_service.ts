/**
 * The service as a process of its own with telemetry turned on, beside stand-ins of SuperOffice and Cloud
 * KMS in this one. All secrets that can be known from outside are marked.
 */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { begin, codeOf, postForm, send } from "./callback.ts";
import { startKms } from "./kms.ts";
import { createMarks } from "./marks.ts";
import { startOtlpReceiver } from "./otlp_receiver.ts";
import { startTask } from "./processes.ts";
import { TENANT } from "./service.ts";
import { startVendor } from "./vendor.ts";

const API_KEY = "bo_MARK_of_the_observed_api_key_0000000000000";
const SEALING_KEY = "MARK-of-the-sealing-key-01234567";
const LEDGER_SEED = "MARK-of-the-ledger-seed-01234567";

export type ObservedService = Awaited<ReturnType<typeof startObserved>>;

/** @param env beyond the defaults */
export async function startObserved(env: Readonly<Record<string, string>> = {}) {
  await using ending = new AsyncDisposableStack();
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-observed-" });
  ending.defer(() => Deno.remove(dataDir, { recursive: true }));
  const receiver = startOtlpReceiver();
  ending.defer(receiver.close);
  const kms = await startKms();
  ending.defer(kms.close);
  const simulator = await startVendor({ publicKeyPem: kms.publicKeyPem() });
  ending.defer(simulator.close);
  const caller = { id: "all", may: ["ticket", "relay", "tenants", "ledger"], tenants: ["*"] };
  const process = startTask("start", {
    env: {
      PORT: "0",
      DATA_DIR: dataDir,
      SUPEROFFICE_URL: simulator.url,
      SUPEROFFICE_CLIENT_ID: simulator.clientId,
      SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
      // A busy machine is no fault.
      EXCHANGE_TIMEOUT_MS: "20000",
      KMS_KEY_VERSION: kms.keyVersion,
      KMS_ENDPOINT: kms.url,
      SEALING_KEYS: `now:${btoa(SEALING_KEY)}`,
      LEDGER_KEY: btoa(LEDGER_SEED),
      CALLERS: JSON.stringify({ callers: [{ ...caller, api_key_sha256: [sha256Hex(API_KEY)] }] }),
      ...receiver.env,
      ...env,
    },
  });
  ending.defer(process.end);
  const [, address] = await process.line(/^Box Office listens at (\S+)$/);
  const url = new URL(address!);

  const marks = createMarks();
  marks.add("API key", API_KEY);
  marks.add("sealing key", SEALING_KEY);
  marks.add("ledger seed", LEDGER_SEED);
  marks.add("client secret", simulator.clientSecret);

  const all = ending.move();
  return {
    url,
    receiver,
    kms,
    simulator,
    marks,
    process,
    /** A call with the API key unless the headers say otherwise. */
    call(path: string, init: RequestInit = {}): Promise<Response> {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${API_KEY}`);
      return fetch(new URL(path, url), { ...init, headers });
    },
    /** A consent by code, which comes back in the address or in a form. */
    async consent(by: "GET" | "POST" = "POST"): Promise<void> {
      const { state, cookie, location } = await begin(url, TENANT);
      const code = await codeOf(location);
      marks.add("state", state);
      marks.add("browser binding", cookie.split("=")[1]!);
      marks.add("code", code);
      const brought = { state, code };
      const address = new URL(`/consent/callback?${new URLSearchParams(brought)}`, url);
      const answer = by === "POST"
        ? await postForm(url, brought, cookie)
        : await send(address, { headers: { cookie } });
      assert.equal(answer.status, 303);
    },
    close: () => all.disposeAsync(),
  };
}
