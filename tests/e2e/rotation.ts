/**
 * A rotation under load: four processes, two hundred tenants, steady callers who take no error for an
 * answer, and a portal that changes the app's key, or its client secret, at a random moment; then back.
 * Exchanges are counted where they arrive.
 */

import assert from "node:assert/strict";
import type { ContextId } from "../../src/domain/context_id.ts";
import { secretName } from "../../src/domain/credential_record.ts";
import { Secret } from "../../src/domain/secret.ts";
import { AT_ONCE } from "../support/at_once.ts";
import { type Crowd, type Surroundings, withCrowd } from "../support/crowd.ts";
import { addTenant, pathOf } from "../support/stored_tenants.ts";

const PROCESSES = 4;
const TENANTS = 200;
/** At each process: one may lead an exchange while another joins it. A third costs seconds and meets nothing new. */
const CALLERS = 2;

/** A busy machine is no fault of the service's. */
const PATIENT = { EXCHANGE_TIMEOUT_MS: "20000", SIGNATURES_PER_MINUTE: "10000" };

/** What is rotated: how the portal holds one or the other, and what both are called in the ledger. */
interface Rotation {
  readonly portal: Readonly<Record<"old" | "new", () => void>>;
  readonly names: Readonly<Record<"old" | "new", string>>;
}

/** One request that must be answered. */
async function require200(
  { authorization }: Crowd,
  url: string,
  init: RequestInit = {},
): Promise<Record<string, unknown>> {
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(url, { ...init, headers });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${url} ${text}`);
  return JSON.parse(text);
}

/** A ticket, newer than what was rejected if anything was, and a call with it by way of the service. */
async function use(
  crowd: Crowd,
  url: string,
  tenant: ContextId,
  rejected: number | null,
): Promise<number> {
  const path = `${url}${pathOf(tenant)}`;
  const init = { method: "POST", body: JSON.stringify({ rejected_generation: rejected }) };
  const { generation } = await require200(crowd, path, rejected === null ? {} : init);
  const api = `${url}/v1/tenants/${tenant}/api/v1/Contact/default`;
  assert.equal(typeof (await require200(crowd, api)).Name, "string");
  return Number(generation);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, at: Math.random() })).toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Everybody asks for everything, while the portal changes once. */
async function round(
  crowd: Crowd,
  tenants: readonly ContextId[],
  rejected: number | null,
  change: () => void,
): Promise<void> {
  const { control } = crowd.superoffice;
  control.resetCounters();
  const moment = 1 + Math.floor(Math.random() * (TENANTS - 20));
  let isChanged = false;
  const caller = async (url: string) => {
    for (const tenant of shuffled(tenants)) {
      if (!isChanged && control.exchangeCount() >= moment) {
        isChanged = true;
        change();
      }
      const generation = await use(crowd, url, tenant, rejected);
      assert.equal(generation, (rejected ?? 0) + 1, tenant);
    }
  };
  await Promise.all(
    crowd.services.flatMap(({ url }) => Array.from({ length: CALLERS }, () => caller(url))),
  );
  assert.ok(isChanged, "the portal changed while callers were at it");
  const records = control.exchanges();
  const costs = Map.groupBy(records, ({ contextIdentifier }) => contextIdentifier);
  assert.equal(costs.size, TENANTS);
  for (const [tenant, cost] of costs) {
    const verdicts = cost.map(({ verdict }) => verdict);
    assert.equal(verdicts.filter((verdict) => verdict === "issued").length, 1, `${tenant}`);
    assert.ok(cost.length <= 2, `${tenant} cost ${verdicts} (change after ${moment})`);
  }
  const refused = records.filter(({ verdict }) => verdict !== "issued").length;
  // Of a secret the relay may hear first. Each caller may be in the middle of one when the portal changes; then all of them know.
  assert.ok(refused <= PROCESSES * CALLERS, `${refused} exchanges were refused`);
}

async function changesOf({ stores }: Crowd): Promise<unknown[]> {
  const { size } = await stores.ledger.head();
  const leaves: unknown[] = [];
  while (leaves.length < size) {
    const page = await stores.ledger.read(leaves.length - 1, 500);
    leaves.push(...page.map((leaf) => JSON.parse(leaf)));
  }
  return (leaves as Record<string, unknown>[])
    .filter(({ kind }) => kind === "key_changed")
    .map(({ from, to, caller, context_identifier }) => [from, to, caller, context_identifier]);
}

async function rotate(t: Deno.TestContext, crowd: Crowd, { portal, names }: Rotation) {
  // What a process loads and fetches for its first exchange of all is no part of this.
  for (const { url } of crowd.services) await crowd.ask(url, await addTenant(crowd));
  const tenants: ContextId[] = [];
  while (tenants.length < TENANTS) tenants.push(await addTenant(crowd));
  const step = (name: string, fn: () => Promise<void>) => t.step({ name, fn, ...AT_ONCE });
  await step("the change", async () => {
    await round(crowd, tenants, null, portal.new);
    assert.deepEqual(await changesOf(crowd), [[names.old, names.new, null, null]]);
  });
  await step("and back", async () => {
    await round(crowd, tenants, 1, portal.old);
    assert.deepEqual((await changesOf(crowd)).slice(1), [[names.new, names.old, null, null]]);
  });
}

/** Another version of the signing key. */
export async function rotateKey(t: Deno.TestContext): Promise<void> {
  const names = { old: "", new: "" };
  const bend = async ({ kms }: Surroundings) => {
    names.old = kms.keyVersion;
    names.new = await kms.addKeyVersion({});
    return { ...PATIENT, KMS_STANDBY_KEY_VERSION: names.new };
  };
  await withCrowd(PROCESSES, async (crowd) => {
    const register = (name: string) => () =>
      crowd.superoffice.control.registerPublicKey(crowd.kms.publicKeyPem(name));
    const portal = { old: register(names.old), new: register(names.new) };
    await rotate(t, crowd, { portal, names });
  }, bend);
}

/** Another client secret. */
export async function rotateSecret(t: Deno.TestContext): Promise<void> {
  const next = crypto.randomUUID().replaceAll("-", "");
  const bend = () => Promise.resolve({ ...PATIENT, SUPEROFFICE_CLIENT_SECRET_NEXT: next });
  await withCrowd(PROCESSES, async (crowd) => {
    const { control, clientSecret, clientId } = crowd.superoffice;
    const hold = (secret: string) => () => void control.replaceClientSecret(clientId, secret);
    const nameOf = (secret: string) => secretName(new Secret(secret));
    await rotate(t, crowd, {
      portal: { old: hold(clientSecret), new: hold(next) },
      names: { old: nameOf(clientSecret), new: nameOf(next) },
    });
  }, bend);
}
