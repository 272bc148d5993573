/**
 * An installation that is healthy, for the doctor to look at, and faults that are planted in a copy of its
 * environment, each found alone, and taken out again.
 */

import assert from "node:assert/strict";
import { createThreadHost, type KmsHost } from "../../src/adapters/signing/kms_host.ts";
import { examine } from "../../src/cli/doctor.ts";
import { openWard } from "../../src/cli/doctor_ward.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import type { CheckedFinding } from "../../src/usecases/doctor.ts";
import { withService } from "./commands.ts";
import { startKms } from "./kms.ts";
import { environmentOf, TENANT, type TestService } from "./service.ts";

export type Env = Readonly<Record<string, string>>;

export interface World {
  readonly service: TestService;
  readonly kms: CloudKmsSimulator;
  /** The healthy environment. */
  readonly env: Env;
  /** A folder of the test's own, gone afterwards. */
  readonly folder: string;
}

export interface Planted {
  readonly fault: string;
  /** Plants it. @returns what differs in the environment */
  plant(world: World): Promise<Env | void> | Env | void;
  /** Takes it out of what the others use, too. */
  heal?(world: World): void;
  readonly finds: Readonly<Record<string, "warning" | "problem">>;
  /** What a finding says. */
  readonly says?: RegExp;
  readonly signers?: readonly string[];
}

const host = { ...createThreadHost(), close: () => {} };

export function configOf(env: Env): Config {
  const parsed = parseConfig(env, (path) => Deno.readTextFileSync(path));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config;
}

export async function findings(
  env: Env,
  signers: readonly string[] = [],
  kmsHost: KmsHost = host,
): Promise<readonly CheckedFinding[]> {
  const ward = openWard(configOf(env), { tenant: null, signers }, kmsHost);
  try {
    return await examine(ward);
  } finally {
    ward.close();
  }
}

export const PROJECT = "projects/box-office-sandbox";
export const RING = `${PROJECT}/locations/europe-west4/keyRings/box-office`;
export const KEY = `${RING}/cryptoKeys/system-user`;
export const OWN = "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com";

/** Everything that is not well, by check. */
export function ills(found: readonly CheckedFinding[]): Record<string, string> {
  return Object.fromEntries(
    found.filter(({ level }) => level !== "ok").map(({ check, level }) => [check, level]),
  );
}

/** A service with a tenant, a ticket and a checkpoint, and all that the doctor asks. */
export async function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  const kms = await startKms();
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  await withService(async (service) => {
    const env: Env = {
      ...environmentOf(service),
      KMS_KEY_VERSION: kms.keyVersion,
      KMS_ENDPOINT: kms.url,
    };
    await service.consent();
    for (const path of [`/v1/tenants/${TENANT}/ticket`, "/v1/ledger/checkpoint"]) {
      const answer = await service.call(path);
      assert.equal(answer.status, 200, await answer.text());
    }
    await work({ service, kms, env, folder });
    assert.equal(kms.signatures(), 1);
  }, { kms });
  await kms.close();
  await Deno.remove(folder, { recursive: true });
}

/** Plants one after the other, and asserts that just this is found. */
export async function assertFound(
  test: Deno.TestContext,
  world: World,
  planted: readonly Planted[],
): Promise<void> {
  const { env, folder } = world;
  for (const { fault, plant, heal, finds, says, signers = [] } of planted) {
    await test.step(fault, async () => {
      const more = await plant(world);
      try {
        const found = await findings({ ...env, ...more }, signers);
        assert.deepEqual(ills(found), finds, JSON.stringify(found, null, 1));
        const texts = found.filter(({ level }) => level !== "ok")
          .map(({ text, remedy }) => `${text}. ${remedy}`);
        if (says !== undefined) assert.match(texts.join("\n"), says);
        const secret = env["SUPEROFFICE_CLIENT_SECRET"]!;
        assert.ok(!texts.some((text) => text.includes(secret)));
        // Looking makes nothing.
        assert.throws(() => Deno.statSync(`${folder}/nothing`), Deno.errors.NotFound);
      } finally {
        heal?.(world);
      }
    });
  }
}
