/** The commands of a rotation, on the store of a service that runs. */

import assert from "node:assert/strict";
import { recordText, secretName, withWork } from "../../src/domain/credential_record.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { Generation } from "../../src/domain/ticket.ts";
import { Secret } from "../../src/domain/secret.ts";
import { openStores } from "../../src/parts_stores.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import { assertNo, assertVerified, runCommand, withTenant } from "../support/commands.ts";
import type { Exit } from "../support/processes.ts";
import { testKeyPem } from "../support/test_keys.ts";
import { TENANT, type TestService } from "../support/service.ts";

const HOUR = 60 * 60_000;
const NEXT_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

type Rotate = (...args: string[]) => Promise<Exit>;

/** A service with a standby of the signing key. */
function withStandby(
  work: (
    service: TestService,
    kms: CloudKmsSimulator,
    names: readonly [string, string],
  ) => Promise<void>,
): Promise<void> {
  return withTenant(async (service) => {
    const kms = service.kms!;
    await work(service, kms, [kms.keyVersion, await kms.addKeyVersion({})]);
  }, { kms: true });
}

const rotating = (
  service: TestService,
  [first, standby]: readonly [string, string],
  more: Readonly<Record<string, string>> = {},
): Rotate =>
(...args) =>
  runCommand(service, ["key", "rotate", ...args], {
    KMS_ENDPOINT: service.kms!.url,
    KMS_KEY_VERSION: first,
    KMS_STANDBY_KEY_VERSION: standby,
    ...more,
  });

/** Does something with the service's store. */
async function withStore<T>(
  { config }: TestService,
  work: (stores: Awaited<ReturnType<typeof openStores>>) => Promise<T>,
): Promise<T> {
  const stores = await openStores(config);
  try {
    return await work(stores);
  } finally {
    stores.close();
  }
}

/** As if the tenant's ticket had been exchanged some hours ago. */
function putOldTicket(service: TestService): Promise<unknown> {
  const now = Date.now();
  return withStore(service, ({ tickets }) =>
    tickets.publish(ContextId.parse(TENANT)!, "nobody", {
      contextIdentifier: ContextId.parse(TENANT)!,
      ticket: new Secret("7T:old"),
      generation: Generation.parse(1)!,
      issuedAt: now - 3 * HOUR,
      expiresAt: now + 3 * HOUR,
      webapiUrl: `https://sod2.superoffice.com/${TENANT}/api/`,
      netserverUrl: `https://sod2.superoffice.com/${TENANT}/Remote/Services88/`,
      addressesUntil: now + HOUR,
    }));
}

/** As if all that is on record had happened earlier. */
function letTimePass(service: TestService, ms: number): Promise<boolean> {
  return withStore(service, async ({ credentials }) => {
    const record = await credentials.get();
    const text = recordText(record!).replaceAll(/\b1\d{12}\b/g, (at) => String(Number(at) - ms));
    return await credentials.swap(record, JSON.parse(text));
  });
}

/** As if an instance had been answered with this key so long ago. */
function letWork(service: TestService, key: string, ms: number): Promise<boolean> {
  return withStore(service, async ({ credentials }) => {
    const record = (await credentials.get())!;
    const next = withWork(record, { key }, Date.now() - ms, false);
    return await credentials.swap(record, next);
  });
}

function assertSays({ code, stdout, stderr }: Exit, says: RegExp, expected = 0): void {
  assert.equal(code, expected, stdout + stderr);
  assert.match(stdout, says);
}

Deno.test("a signing key is changed step by step, each step says whether the next may come", () =>
  withStandby(async (service, kms, names) => {
    const rotate = rotating(service, names);
    const { control } = service.simulator;
    assertSays(
      await rotate("plan"),
      /KMS_STANDBY_KEY_VERSION .*never seen to work[^]*1\. cli key rotate warm[^]*2\. cli doctor, which/,
    );

    await putOldTicket(service);
    assertSays(await rotate("warm"), /^1 renewed, 0 young enough already, 0 without/);
    assertSays(await rotate("warm"), /^0 renewed, 1 young enough already/);
    assert.equal(control.exchangeCount(), 2, "the first to ask what SuperOffice takes");

    assertSays(await rotate("switch"), /still takes .*cryptoKeyVersions\/1\./, 1);
    control.registerPublicKey(kms.publicKeyPem(names[1]));
    assertSays(await rotate("switch", "--tenant", TENANT), /takes .*cryptoKeyVersions\/2\. All/);
    assert.equal(control.exchangeCount(), 5);
    assertSays(await rotate("switch"), /takes .*cryptoKeyVersions\/2\./);
    assert.equal(control.exchangeCount(), 6, "what was found is begun with");
    const changes = (await service.entries()).filter(({ kind }) => kind === "key_changed");
    assert.deepEqual(changes.map(({ from, to, caller }) => [from, to, caller]), [[...names, null]]);

    const early = await rotate("finish");
    assertSays(early, /In use is .*Versions\/2, since[^]*The other, .*Versions\/1, last worked/, 1);
    assert.match(early.stderr, /^Not before 2/);
    assert.doesNotMatch(early.stdout, /can go|disable/);
    await letTimePass(service, HOUR);
    await letWork(service, names[0], HOUR / 12);
    await rotate("switch");
    assertSays(await rotate("finish"), /Versions\/1, last worked/, 1);
    const { not_before } = JSON.parse((await rotate("finish", "--json")).stdout);
    assert.ok(Date.parse(not_before) > Date.now(), not_before);
    assertSays(
      await rotate("finish", "--quiet-minutes", "4"),
      /The other can go\.\nThen: [^]*disable 1 --key=system-user/,
    );
    assertSays(
      await rotate("plan"),
      /in use since[^]*1\. cli key rotate finish[^]*2\. Set [^]*\n {2}To go back instead/,
    );
    await assertVerified(service);
  }));

Deno.test("a rollback is the same commands", () =>
  withStandby(async (service, kms, names) => {
    const rotate = rotating(service, names);
    const { control } = service.simulator;
    control.registerPublicKey(kms.publicKeyPem(names[1]));
    assertSays(await rotate("switch"), /Versions\/2\. All/);
    assertSays(await rotate("switch", "--back"), /still takes .*Versions\/2/, 1);
    control.registerPublicKey(kms.publicKeyPem(names[0]));
    assertSays(await rotate("switch", "--back"), /Versions\/1\. All/);
    const back =
      /\n {2}Not going on with it\? Unset KMS_STANDBY_.* once cli key rotate finish --back ends/;
    assertSays(await rotate("plan"), back);
    await letTimePass(service, HOUR);
    const nothing = /In use is .*Versions\/1: there is nothing to finish.* rollback, finish --back/;
    assertNo(await rotate("finish"), nothing);
    const unproved = await rotate("finish", "--back");
    assert.equal(unproved.code, 1);
    assert.match(
      unproved.stderr,
      /not since 2.* Run cli key rotate switch --back, then this again/,
    );
    await rotate("switch", "--back");
    assertSays(await rotate("finish", "--back"), /Then: unset KMS_STANDBY[^]*versions disable 2 /);
    const { stdout } = await rotate("finish", "--back", "--json");
    const told = JSON.parse(stdout);
    assert.deepEqual([told.in_use, told.old, told.finished], [names[0], names[1], true]);
    assert.equal(told.not_before, null);
  }));

Deno.test("the old key is not given up while it may be the only one that works", () =>
  withStandby(async (service, kms, names) => {
    const rotate = rotating(service, names);
    const { control } = service.simulator;
    control.registerPublicKey(kms.publicKeyPem(names[1]));
    assertSays(await rotate("switch"), /Versions\/2\. All/);
    control.registerPublicKey(kms.publicKeyPem(names[0]));
    await letTimePass(service, HOUR);
    const finish = await rotate("finish");
    assert.equal(finish.code, 1, "nobody asked since the portal went back");
    assert.match(finish.stderr, /^Not yet: what is in use was seen to work not since 2/);
    assert.equal(JSON.parse((await rotate("finish", "--json")).stdout).finished, false);
    assertSays(await rotate("switch"), /still takes .*Versions\/1/, 1);
    assertNo(await rotate("finish"), /In use is .*Versions\/1: there is nothing to finish/);
  }));

Deno.test("what was in use before a rotation that nobody finished says nothing of this one", () =>
  withStandby(async (service, _, names) => {
    const rotate = rotating(service, names);
    const use = { inUse: names[0].replace(/1$/, "9"), since: Date.now() - HOUR, worked: {} };
    const record = { key: use, secret: use, triedAt: null, writing: "earlier" };
    assert.ok(await withStore(service, ({ credentials }) => credentials.swap(null, record)));
    assertSays(await rotate("plan"), /1\. cli key rotate warm/);
    assertNo(await rotate("finish"), /Nothing was seen to work yet/);
  }));

Deno.test("the plan sends nobody to make a third key whose environment is not the instances'", () =>
  withStandby(async (service, kms, names) => {
    service.simulator.control.registerPublicKey(kms.publicKeyPem(names[1]));
    assertSays(await rotating(service, names)("switch"), /Versions\/2\. All/);
    const old = rotating(service, names, { KMS_STANDBY_KEY_VERSION: "" });
    const plan = await old("plan");
    assertSays(
      plan,
      /1\. The instances use .*Versions\/2, which is not in KMS_KEY_VERSION or KMS_/,
    );
    assert.doesNotMatch(plan.stdout, /make a key pair/);
    assert.match(plan.stdout, /make a client secret/, "of which nothing is amiss");
    const { key, secret } = JSON.parse((await old("plan", "--json")).stdout);
    assert.deepEqual([key.in_use_elsewhere, secret.in_use_elsewhere], [names[1], null]);
  }));

Deno.test("a client secret is changed by the same commands, and shown to nobody", () =>
  withStandby(async (service, _, names) => {
    const { control, clientId, clientSecret } = service.simulator;
    const rotate = rotating(service, names, {
      SUPEROFFICE_CLIENT_SECRET: clientSecret,
      SUPEROFFICE_CLIENT_SECRET_NEXT: NEXT_SECRET,
      KMS_STANDBY_KEY_VERSION: "",
    });
    const came = [await rotate("plan"), await rotate("switch")];
    assertSays(came[1]!, /still takes client_secret:/, 1);
    control.replaceClientSecret(clientId, NEXT_SECRET);
    came.push(await rotate("switch", "--json"), await rotate("plan", "--json"));
    assert.equal(came[2]!.code, 0, came[2]!.stderr);
    const { takes, answer } = JSON.parse(came[2]!.stdout);
    assert.deepEqual([takes, answer], [secretName(new Secret(NEXT_SECRET)), "issued"]);
    came.push(await rotate("finish", "--quiet-minutes", "1"));
    for (const { stdout, stderr } of came) {
      for (const secret of [clientSecret, NEXT_SECRET]) {
        assert.ok(!(stdout + stderr).includes(secret));
      }
    }
  }));

Deno.test("who has nothing that stands by, or no registration, is told so", () =>
  withStandby(async (service, _, names) => {
    const rotate = rotating(service, names, { KMS_STANDBY_KEY_VERSION: "" });
    assertNo(await rotate("switch"), /KMS_STANDBY_KEY_VERSION is not set/, 2);
    assertNo(await rotate("finish", "--secret"), /SUPEROFFICE_CLIENT_SECRET_NEXT is not set/, 2);
    assertSays(await rotate("plan"), /1\. To change it: make a key pair in the Developer Portal/);
    const both = rotating(service, names);
    assertNo(await both("finish"), /Nothing was seen to work yet/);
    assertNo(await both("switch", "--tenant", "Cust99999"), /no such tenant/, 2);
    await putOldTicket(service);
    service.simulator.control.revoke(TENANT);
    assertNo(await both("warm"), /SuperOffice refused Cust12345 .* nothing was renewed/, 2);
    const tenant = await withStore(service, ({ tenants }) => tenants.get(ContextId.parse(TENANT)!));
    assert.equal(tenant?.health, "connected");
    const named = await both("switch", "--tenant", TENANT);
    assertSays(named, /No ticket for Cust12345: refused\. Nothing was changed/, 1);
    const any = await both("switch");
    assertSays(any, /No ticket for Cust12345: refused\. Nothing was changed/, 1);
    assert.match(any.stderr, /name another with --tenant/);
  }));

Deno.test("keys in files are changed by the same commands", () =>
  withTenant(async (service) => {
    const names = [`${service.dataDir}/old.pem`, `${service.dataDir}/new.pem`] as const;
    await Deno.writeTextFile(names[0], testKeyPem("signing"));
    await Deno.writeTextFile(names[1], testKeyPem("rsa2048"));
    const env = { SIGNING_KEY_FILE: names[0], SIGNING_STANDBY_KEY_FILE: names[1] };
    const rotate: Rotate = (...args) => runCommand(service, ["key", "rotate", ...args], env);
    assertSays(await rotate("switch"), /still takes local:/, 1);
    service.simulator.control.registerPublicKey(testKeyPem("rsa2048"));
    assertSays(await rotate("switch"), /takes local:.* All instances/);
    assertSays(await rotate("plan"), /SIGNING_STANDBY_KEY_FILE +local:\S+ +in use since/);
    await Deno.writeTextFile(names[1], "no key");
    assertNo(await rotate("plan"), /\(SIGNING_STANDBY_KEY_FILE\)$/m, 2);
  }));
