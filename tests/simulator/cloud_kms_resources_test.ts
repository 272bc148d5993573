import assert from "node:assert/strict";
import { call, errorOf, pull, sharedCloudKms } from "./cloud_kms_client.ts";
import { codes, LOCATION, once, refusalOf, sdkClient } from "./cloud_kms_sdk.ts";

let now = Date.parse("2026-11-22T12:00:00Z");
const kms = await sharedCloudKms({ clock: () => now });
const google = await sdkClient(kms);
const KEY_RING = `${LOCATION}/keyRings/office`;
const DAY = 24 * 3600;
/** The one valid crypto key, to be bent once per test. */
const cryptoKey = {
  purpose: "ASYMMETRIC_SIGN",
  versionTemplate: { algorithm: "EC_SIGN_ED25519", protectionLevel: "HSM" },
} as const;

await google.createKeyRing({ parent: LOCATION, keyRingId: "office", keyRing: {} }, once);

let count = 0;
/** A fresh crypto key. @returns its name, and what its creator was told */
async function createKey(bend: Readonly<Record<string, unknown>> = {}, skip = false) {
  const cryptoKeyId = `key-${++count}`;
  const [created] = await google.createCryptoKey({
    parent: KEY_RING,
    cryptoKeyId,
    cryptoKey: { ...cryptoKey, ...bend },
    skipInitialVersionCreation: skip,
  }, once);
  return { name: `${KEY_RING}/cryptoKeys/${cryptoKeyId}`, created };
}

async function stateOf(name: string): Promise<unknown> {
  return (await google.getCryptoKeyVersion({ name }, once))[0].state;
}

const setState = (name: string, state: "ENABLED" | "DISABLED" | "DESTROYED") =>
  google.updateCryptoKeyVersion({
    cryptoKeyVersion: { name, state },
    updateMask: { paths: ["state"] },
  }, once);

const enable = (name: string) => setState(name, "ENABLED");

Deno.test("key rings are created once, found by name, and listed within their location", async () => {
  const [ring] = await google.getKeyRing({ name: KEY_RING }, once);
  assert.equal(ring.name, KEY_RING);
  assert.equal(Number(ring.createTime?.seconds), now / 1000);
  assert.deepEqual(
    await refusalOf(google.createKeyRing({ parent: LOCATION, keyRingId: "office" }, once)),
    [codes.ALREADY_EXISTS, `KeyRing ${KEY_RING} already exists.`],
  );
  const [rings] = await google.listKeyRings({ parent: LOCATION }, once);
  assert.deepEqual(rings.map(({ name }) => name), [`${LOCATION}/keyRings/box-office`, KEY_RING]);
  const elsewhere = LOCATION.replace("europe-west4", "us-east1");
  assert.deepEqual((await google.listKeyRings({ parent: elsewhere }, once))[0], []);
});

Deno.test("a crypto key comes with its first version, and says what its versions are", async () => {
  const labels = { team: "crm" };
  const destroyScheduledDuration = { seconds: 2 * DAY };
  const { name } = await createKey({ labels, destroyScheduledDuration });
  const [key] = await google.getCryptoKey({ name }, once);
  assert.equal(key.purpose, "ASYMMETRIC_SIGN");
  assert.deepEqual(key.labels, labels);
  assert.equal(key.importOnly, false);
  assert.equal(key.primary ?? null, null, "only keys that encrypt have one");
  assert.equal(Number(key.destroyScheduledDuration?.seconds), 2 * DAY);
  assert.equal(key.versionTemplate?.algorithm, "EC_SIGN_ED25519");
  assert.equal(key.versionTemplate?.protectionLevel, "HSM");
  const [keys] = await google.listCryptoKeys({ parent: KEY_RING }, once);
  assert.deepEqual(keys.find((it) => it.name === name), key);
  const [versions] = await google.listCryptoKeyVersions({ parent: name }, once);
  assert.deepEqual(versions.map((it) => [it.name, it.state, it.algorithm, it.protectionLevel]), [
    [`${name}/cryptoKeyVersions/1`, "ENABLED", "EC_SIGN_ED25519", "HSM"],
  ]);
});

Deno.test("a crypto key may begin without a version, and is HSM only if it says so", async () => {
  const versionTemplate = { algorithm: "EC_SIGN_ED25519" };
  const { name, created } = await createKey({ versionTemplate }, true);
  assert.equal(created.versionTemplate?.protectionLevel, "SOFTWARE");
  assert.deepEqual((await google.listCryptoKeyVersions({ parent: name }, once))[0], []);
});

Deno.test("versions get the next number, and are pending when they are created", async () => {
  const { name: parent } = await createKey();
  await pull(kms, "kms_pending", { milliseconds: 5000 });
  const [made] = await google.createCryptoKeyVersion({ parent, cryptoKeyVersion: {} }, once);
  await pull(kms, "kms_pending", { milliseconds: 0 });
  const name = `${parent}/cryptoKeyVersions/2`;
  assert.deepEqual([made.name, made.state], [name, "PENDING_GENERATION"]);
  assert.deepEqual(await refusalOf(google.getPublicKey({ name }, once)), [
    codes.FAILED_PRECONDITION,
    `${name} is not enabled, current state is: PENDING_GENERATION.`,
  ]);
  now += 5000;
  const [ready] = await google.getCryptoKeyVersion({ name }, once);
  assert.deepEqual([ready.state, Number(ready.generateTime?.seconds)], ["ENABLED", now / 1000]);
});

Deno.test("a version is disabled and enabled, destroyed after its time, restored before it", async () => {
  const { name: parent } = await createKey({ destroyScheduledDuration: { seconds: DAY } });
  const name = `${parent}/cryptoKeyVersions/1`;
  const [disabled] = await setState(name, "DISABLED");
  assert.equal(disabled.state, "DISABLED");
  const [scheduled] = await google.destroyCryptoKeyVersion({ name }, once);
  assert.equal(scheduled.state, "DESTROY_SCHEDULED");
  assert.equal(Number(scheduled.destroyTime?.seconds), now / 1000 + DAY);
  const [code, message] = await refusalOf(enable(name));
  assert.equal(code, codes.FAILED_PRECONDITION);
  assert.match(message, /must be ENABLED or DISABLED, current state is: DESTROY_SCHEDULED\.$/);
  const [restored] = await google.restoreCryptoKeyVersion({ name }, once);
  assert.equal(restored.state, "DISABLED");
  assert.equal(restored.destroyTime ?? null, null);
  await enable(name);
  assert.equal(await stateOf(name), "ENABLED");
  await google.destroyCryptoKeyVersion({ name }, once);
  now += DAY * 1000 - 1;
  assert.equal(await stateOf(name), "DESTROY_SCHEDULED");
  now += 1;
  const [destroyed] = await google.getCryptoKeyVersion({ name }, once);
  assert.equal(destroyed.state, "DESTROYED");
  assert.equal(Number(destroyed.destroyEventTime?.seconds), now / 1000);
  for (const back of [() => google.restoreCryptoKeyVersion({ name }, once), () => enable(name)]) {
    assert.equal((await refusalOf(back()))[0], codes.FAILED_PRECONDITION);
  }
});

Deno.test("lists come in pages, and Google's client follows them", async () => {
  const { name: parent } = await createKey();
  for (let i = 0; i < 4; i++) {
    await google.createCryptoKeyVersion({ parent, cryptoKeyVersion: {} }, once);
  }
  const url = `${kms.url}/v1/${parent}/cryptoKeyVersions?pageSize=2`;
  const page = async (token: string) => (await call(`${url}&pageToken=${token}`)).body;
  const first = await page("");
  assert.equal((first["cryptoKeyVersions"] as unknown[]).length, 2);
  assert.equal(first["totalSize"], 5);
  const second = await page(String(first["nextPageToken"]));
  const third = await page(String(second["nextPageToken"]));
  assert.equal((third["cryptoKeyVersions"] as unknown[]).length, 1);
  assert.ok(!("nextPageToken" in third));
  const [all] = await google.listCryptoKeyVersions({ parent, pageSize: 2 }, once);
  assert.deepEqual(
    all.map(({ name }) => name),
    [1, 2, 3, 4, 5].map((number) => `${parent}/cryptoKeyVersions/${number}`),
  );
  for (const query of ["pageSize=-1", "pageToken=x"]) {
    const answer = await call(`${kms.url}/v1/${parent}/cryptoKeyVersions?${query}`);
    assert.equal(errorOf(answer).status, "INVALID_ARGUMENT");
  }
});

Deno.test("import jobs are listed within their ring", async () => {
  const importJob = {
    importMethod: "RSA_OAEP_3072_SHA256_AES_256",
    protectionLevel: "HSM",
  } as const;
  const request = { parent: KEY_RING, importJobId: "job", importJob };
  await google.createImportJob(request, once);
  const [jobs] = await google.listImportJobs({ parent: KEY_RING }, once);
  assert.deepEqual(jobs.map(({ name, state }) => [name, state]), [
    [`${KEY_RING}/importJobs/job`, "ACTIVE"],
  ]);
  assert.equal((await refusalOf(google.createImportJob(request, once)))[0], codes.ALREADY_EXISTS);
  await pull(kms, "kms_expire_import_job", { import_job: `${KEY_RING}/importJobs/job` });
  const [[expired]] = await google.listImportJobs({ parent: KEY_RING }, once);
  assert.equal(expired?.state, "EXPIRED");
});

Deno.test("what is missing is NOT_FOUND by its kind and name", async () => {
  const name = `${KEY_RING}/cryptoKeys/none`;
  const missing: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => google.getKeyRing({ name: `${LOCATION}/keyRings/none` }, once), "KeyRing"],
    [() => google.listCryptoKeys({ parent: `${LOCATION}/keyRings/none` }, once), "KeyRing"],
    [() => google.listImportJobs({ parent: `${LOCATION}/keyRings/none` }, once), "KeyRing"],
    [() => google.getCryptoKey({ name }, once), "CryptoKey"],
    [() => google.createCryptoKeyVersion({ parent: name }, once), "CryptoKey"],
    [() => google.listCryptoKeyVersions({ parent: name }, once), "CryptoKey"],
    [
      () => google.getCryptoKeyVersion({ name: `${name}/cryptoKeyVersions/1` }, once),
      "CryptoKeyVersion",
    ],
    [
      () => google.destroyCryptoKeyVersion({ name: `${name}/cryptoKeyVersions/1` }, once),
      "CryptoKeyVer",
    ],
    [() => google.getImportJob({ name: `${KEY_RING}/importJobs/none` }, once), "ImportJob"],
  ];
  for (const [asked, kind] of missing) {
    const [code, message] = await refusalOf(asked());
    assert.equal(code, codes.NOT_FOUND, kind);
    assert.match(message, new RegExp(`^${kind}.* not found\\.$`));
  }
});

Deno.test("an import-only key has no version made, and begins without one", async () => {
  const [code, message] = await refusalOf(createKey({ importOnly: true }));
  assert.equal(code, codes.INVALID_ARGUMENT);
  assert.match(message, /skip_initial_version_creation must be set/);
  const { name: parent, created } = await createKey({ importOnly: true }, true);
  assert.equal(created.importOnly, true);
  const made = google.createCryptoKeyVersion({ parent, cryptoKeyVersion: {} }, once);
  assert.deepEqual(await refusalOf(made), [
    codes.FAILED_PRECONDITION,
    `${parent} may contain imported versions only.`,
  ]);
});

const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
  ["no purpose", { purpose: 0 }, /crypto_key\.purpose is required/],
  ["a purpose that is none", { purpose: "SING" }, /'crypto_key\.purpose'/],
  ["no algorithm", { versionTemplate: {} }, /algorithm is required/],
  ["another purpose's algorithm", { purpose: "ENCRYPT_DECRYPT" }, /not one for the purpose/],
  ["an hour until destruction", { destroyScheduledDuration: "3600s" }, /24 hours and 120 days/],
  ["a duration in days", { destroyScheduledDuration: "2d" }, /protobuf\.Duration/],
  ["labels that are numbers", { labels: { team: 7 } }, /crypto_key\.labels/],
  ["a member that it does not have", { secret: "x" }, /Unknown name "secret"/],
];

for (const [title, bend, message] of wrong) {
  Deno.test(`a crypto key with ${title} is refused as INVALID_ARGUMENT, and not made`, async () => {
    const cryptoKeyId = `key-${++count}`;
    const url = `${kms.url}/v1/${KEY_RING}/cryptoKeys`;
    const body = JSON.stringify({ ...cryptoKey, ...bend });
    const error = errorOf(
      await call(`${url}?cryptoKeyId=${cryptoKeyId}`, { method: "POST", body }),
    );
    assert.equal(error.status, "INVALID_ARGUMENT");
    assert.match(error.message, message);
    assert.equal((await call(`${url}/${cryptoKeyId}`)).status, 404);
  });
}

Deno.test("an id that no resource may have is refused, and so are other changes of a version", async () => {
  for (const keyRingId of ["", "box.office", "x".repeat(64)]) {
    const asked = google.createKeyRing({ parent: LOCATION, keyRingId }, once);
    assert.equal((await refusalOf(asked))[0], codes.INVALID_ARGUMENT, keyRingId);
  }
  const { name: parent } = await createKey();
  const name = `${parent}/cryptoKeyVersions/1`;
  assert.equal((await refusalOf(setState(name, "DESTROYED")))[0], codes.INVALID_ARGUMENT);
  const cryptoKeyVersion = { name, state: "DISABLED" } as const;
  const unmasked = google.updateCryptoKeyVersion(
    { cryptoKeyVersion, updateMask: { paths: [] } },
    once,
  );
  assert.equal((await refusalOf(unmasked))[0], codes.INVALID_ARGUMENT);
  assert.equal(await stateOf(name), "ENABLED");
});
