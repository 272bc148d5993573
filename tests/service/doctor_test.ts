/**
 * What the doctor finds: nothing in a healthy installation, and in one with a fault just that, whatever
 * else is checked. Each fault is planted in a copy of the environment, and taken out again.
 */

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { createThreadHost } from "../../src/adapters/signing/kms_host.ts";
import { examine } from "../../src/cli_doctor.ts";
import { openWard } from "../../src/cli_doctor_ward.ts";
import { parseConfig } from "../../src/config.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import type { CheckedFinding } from "../../src/usecases/doctor.ts";
import { takeBack } from "../adapters/storage/sqlite_versions.ts";
import { withService } from "../support/commands.ts";
import { startKms } from "../support/kms.ts";
import { environmentOf, TENANT, type TestService } from "../support/service.ts";
import { testKey, testKeyPem } from "../support/test_keys.ts";

type Env = Readonly<Record<string, string>>;

interface World {
  readonly service: TestService;
  readonly kms: CloudKmsSimulator;
  /** The healthy environment. */
  readonly env: Env;
  /** A folder of the test's own, gone afterwards. */
  readonly folder: string;
}

interface Planted {
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

const PROJECT = "projects/box-office-sandbox";
const RING = `${PROJECT}/locations/europe-west4/keyRings/box-office`;
const KEY = `${RING}/cryptoKeys/system-user`;
const OWN = "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com";

const host = { ...createThreadHost(), close: () => {} };

async function findings(
  env: Env,
  signers: readonly string[] = [],
): Promise<readonly CheckedFinding[]> {
  const parsed = parseConfig(env, (path) => Deno.readTextFileSync(path));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const ward = openWard(parsed.config, { tenant: null, signers }, host);
  try {
    return await examine(ward);
  } finally {
    ward.close();
  }
}

/** Everything that is not well, by check. */
function ills(found: readonly CheckedFinding[]): Record<string, string> {
  return Object.fromEntries(
    found.filter(({ level }) => level !== "ok").map(({ check, level }) => [check, level]),
  );
}

const signer = (...members: string[]) => ({
  bindings: [{ role: "roles/cloudkms.signer", members }],
});

const logging = (...exemptedMembers: string[]) => ({
  auditConfigs: [{
    service: "allServices",
    auditLogConfigs: [{ logType: "DATA_READ", exemptedMembers }],
  }],
});

const policy = (resource: string, value: Readonly<Record<string, unknown>> | null) => ({
  plant: ({ kms }: World) => kms.iamPolicy(resource, value),
  heal: ({ kms }: World) => {
    kms.iamPolicy(KEY, signer(OWN));
    kms.iamPolicy(RING, { etag: "ACAB" });
    kms.iamPolicy(PROJECT, logging());
  },
});

function versionIn(path: string): unknown {
  const file = new DatabaseSync(path, { readOnly: true });
  const found = file.prepare("PRAGMA user_version").get()?.["user_version"];
  file.close();
  return found;
}

/** A store that opening would change, and the doctor must not. */
function untouched(fault: string, spoil: (path: string) => void): Planted {
  let [path, before]: [string, unknown] = ["", null];
  return {
    fault,
    async plant(world) {
      const { DATA_DIR } = await database(() => {}).plant(world);
      path = `${DATA_DIR}/box-office.sqlite`;
      spoil(path);
      before = versionIn(path);
      return { DATA_DIR };
    },
    heal: () => assert.equal(versionIn(path), before),
    finds: Object.fromEntries(
      ["store", "sealing_keys", "tokens", "notices", "ledger_key", "ledger"].map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /it is empty or an older version's/,
  };
}

const version = (options: Parameters<CloudKmsSimulator["addKeyVersion"]>[0]) => ({
  plant: async ({ kms }: World) => ({ KMS_KEY_VERSION: await kms.addKeyVersion(options) }),
});

/** A copy of the data directory with something done to its database. */
const database = (work: (database: DatabaseSync) => void) => ({
  async plant({ service, folder }: World) {
    const copy = `${folder}/${crypto.randomUUID()}`;
    await Deno.mkdir(copy, { mode: 0o700 });
    const source = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    source.exec(`VACUUM INTO '${copy}/box-office.sqlite'`);
    source.close();
    await Deno.chmod(`${copy}/box-office.sqlite`, 0o600);
    for (const name of ["sealing.key", "ledger.key"]) {
      await Deno.copyFile(`${service.dataDir}/${name}`, `${copy}/${name}`);
    }
    const changed = new DatabaseSync(`${copy}/box-office.sqlite`);
    work(changed);
    changed.close();
    return { DATA_DIR: copy };
  },
});

const servers: Deno.HttpServer<Deno.NetAddr>[] = [];

/** Something else answers in SuperOffice's place. */
const stranger = (
  answer: (path: string, origin: string) => unknown,
  date = () => new Date().toUTCString(),
) => ({
  plant() {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request): Response => {
        const { pathname, origin } = new URL(request.url);
        return Response.json(answer(pathname, origin), {
          headers: { date: date() },
        });
      },
    );
    servers.push(server);
    return { SUPEROFFICE_URL: `http://127.0.0.1:${server.addr.port}` };
  },
});

const LOGIN_KEY = createPublicKey(testKey("login")).export({ format: "jwk" });

/** A sign-in with these keys. */
const signIn = (keys: readonly unknown[]) => (path: string, origin: string) =>
  path.endsWith("/jwks") ? { keys } : {
    issuer: origin,
    authorization_endpoint: `${origin}/a`,
    token_endpoint: `${origin}/t`,
    jwks_uri: `${origin}/jwks`,
  };

/** @returns the name of a version in a ring and key of its own, which nobody has a role on */
async function keyIn({ url }: CloudKmsSimulator, project: string): Promise<string> {
  const make = async (path: string, body: unknown) => {
    const answer = await fetch(`${url}/v1/${path}`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  const location = `${project}/locations/europe-west4`;
  const template = { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "HSM" };
  await make(`${location}/keyRings?keyRingId=r`, {});
  await make(`${location}/keyRings/r/cryptoKeys?cryptoKeyId=k`, {
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: template,
  });
  return `${location}/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1`;
}

const PLANTED: readonly Planted[] = [
  {
    fault: "a key that is not in an HSM",
    ...version({ protectionLevel: "SOFTWARE" }),
    finds: { signing_key: "problem" },
    says: /protected less than KMS_PROTECTION_LEVEL/,
  },
  {
    fault: "a key of another algorithm",
    ...version({ algorithm: "RSA_SIGN_PSS_2048_SHA256" }),
    finds: { signing_key: "problem" },
    says: /algorithm is not RSA_SIGN_PKCS1/,
  },
  {
    fault: "a key version that is disabled",
    ...version({ state: "DISABLED" }),
    finds: { signing_key: "problem" },
    says: /not enabled/,
  },
  {
    fault: "a key version that there is not",
    plant: () => ({ KMS_KEY_VERSION: `${KEY}/cryptoKeyVersions/99` }),
    finds: { signing_key: "problem" },
    says: /no such version/,
  },
  {
    fault: "a public key that may not be read",
    plant: ({ kms }) =>
      kms.fault({ kind: "status", status: "PERMISSION_DENIED", method: "getPublicKey" }),
    heal: ({ kms }) => kms.fault(null),
    finds: { signing_key: "problem" },
    says: /may not read/,
  },
  {
    fault: "a standby that is destroyed",
    plant: async ({ kms }) => ({
      KMS_STANDBY_KEY_VERSION: await kms.addKeyVersion({ state: "DESTROYED" }),
    }),
    finds: { standby_key: "problem" },
  },
  {
    fault: "another signer, on the key",
    ...policy(KEY, signer(OWN, "user:eve@example.com")),
    signers: [OWN],
    finds: { signers: "problem" },
    says: /user:eve@example.com \(roles\/cloudkms.signer on cryptoKeys system-user\)/,
  },
  {
    fault: "another signer, on the project",
    ...policy(PROJECT, {
      ...logging(),
      bindings: [{ role: "roles/owner", members: ["user:eve@example.com"] }],
    }),
    signers: [OWN],
    finds: { signers: "problem" },
    says: /roles\/owner on project box-office-sandbox/,
  },
  {
    fault: "anybody as a signer, on the key ring",
    ...policy(RING, signer("allAuthenticatedUsers")),
    finds: { signers: "problem" },
    says: /anybody may sign/,
  },
  {
    fault: "two signers, of which nobody said who we are",
    ...policy(KEY, signer(OWN, "user:eve@example.com")),
    finds: { signers: "warning" },
    says: /2 may sign/,
  },
  {
    fault: "nobody who may sign",
    ...policy(KEY, { etag: "ACAB" }),
    finds: { signers: "warning" },
    says: /nobody may sign.*\. Grant roles\/cloudkms\.signer on the key to the service/,
  },
  {
    fault: "no Cloud KMS",
    plant: () => ({ KMS_ENDPOINT: "http://127.0.0.1:1" }),
    finds: { signing_key: "problem", signers: "problem", key_use_logging: "problem" },
    says: /the policies cannot be read: Google does not answer\. Look at the way there/,
  },
  {
    fault: "a signer of ours who may not sign",
    ...policy(KEY, { etag: "ACAB" }),
    signers: [OWN],
    finds: { signers: "warning" },
    says: /no --signer may sign/,
  },
  {
    fault: "a role of somebody's own",
    ...policy(RING, {
      bindings: [{ role: `${PROJECT}/roles/x`, members: ["user:eve@example.com"] }],
    }),
    finds: { signers: "warning" },
  },
  {
    fault: "a policy that may not be read",
    ...policy(PROJECT, null),
    finds: { signers: "warning", key_use_logging: "warning" },
    says: /securityReviewer/,
  },
  {
    fault: "no logging of uses",
    ...policy(PROJECT, {
      auditConfigs: [{
        service: "cloudkms.googleapis.com",
        auditLogConfigs: [{ logType: "DATA_WRITE" }],
      }],
    }),
    finds: { key_use_logging: "problem" },
    says: /are not logged in project/,
  },
  {
    fault: "somebody who is not logged",
    ...policy(PROJECT, logging("user:eve@example.com")),
    finds: { key_use_logging: "problem" },
    says: /user:eve@example.com/,
  },
  {
    fault: "a standby in another project, that others may sign with unseen",
    plant: async ({ kms }) => {
      const standby = await keyIn(kms, "projects/elsewhere");
      kms.iamPolicy(
        standby.slice(0, standby.indexOf("/cryptoKeyVersions/")),
        signer("user:eve@x.com"),
      );
      return { KMS_STANDBY_KEY_VERSION: standby };
    },
    signers: [OWN],
    finds: { signers: "problem", key_use_logging: "problem" },
    says: /user:eve@x\.com[\s\S]*not logged in project elsewhere/,
  },
  {
    fault: "a `Date` that is none",
    ...stranger(signIn([{ ...LOGIN_KEY, kid: "1", use: "sig", alg: "RS256" }]), () => "soon"),
    finds: { clock: "warning" },
    says: /does not say its time/,
  },
  {
    fault: "a clock that is two minutes behind",
    plant: ({ service }) => service.simulator.control.clockOffsetMs(120_000),
    heal: ({ service }) => service.simulator.control.clockOffsetMs(0),
    finds: { clock: "problem" },
    says: /1[12]\d s behind/,
  },
  {
    fault: "a clock that is half a minute ahead",
    plant: ({ service }) => service.simulator.control.clockOffsetMs(-30_000),
    heal: ({ service }) => service.simulator.control.clockOffsetMs(0),
    finds: { clock: "warning" },
    says: /(29|30) s ahead of/,
  },
  {
    fault: "another sign-in than that of the origin",
    ...stranger(() => ({ issuer: "https://elsewhere.example.com" })),
    finds: { discovery: "problem", login_keys: "problem" },
    says: /not the sign-in of this origin/,
  },
  {
    fault: "login keys without a key",
    ...stranger(signIn([])),
    finds: { login_keys: "problem" },
  },
  {
    fault: "no SuperOffice",
    plant: () => ({ SUPEROFFICE_URL: "http://127.0.0.1:1" }),
    finds: { discovery: "problem", login_keys: "problem", clock: "problem" },
    says: /network/,
  },
  {
    fault: "a key file that others may read",
    plant: ({ service }) => Deno.chmodSync(`${service.dataDir}/sealing.key`, 0o640),
    heal: ({ service }) => Deno.chmodSync(`${service.dataDir}/sealing.key`, 0o600),
    finds: { files: "problem" },
    says: /sealing\.key/,
  },
  {
    fault: "a folder that others may write to",
    plant: ({ service }) => Deno.chmodSync(service.dataDir, 0o770),
    heal: ({ service }) => Deno.chmodSync(service.dataDir, 0o700),
    finds: { files: "problem" },
    says: /may put files under DATA_DIR/,
  },
  {
    fault: "a sealing key that is gone",
    plant: () => ({ SEALING_KEYS: `other:${new Uint8Array(32).fill(9).toBase64()}` }),
    finds: { sealing_keys: "problem", tokens: "problem" },
    says: /1 × system user token under generated/,
  },
  {
    fault: "another sealing key of the same name",
    plant: () => ({ SEALING_KEYS: `generated:${new Uint8Array(32).fill(9).toBase64()}` }),
    finds: { tokens: "problem" },
    says: new RegExp(TENANT),
  },
  {
    fault: "values under an older key",
    plant: ({ service }) => {
      const generated = Deno.readTextFileSync(`${service.dataDir}/sealing.key`).trim();
      const newer = new Uint8Array(32).fill(9).toBase64();
      return { SEALING_KEYS: `newer:${newer},generated:${generated}` };
    },
    finds: { sealing_keys: "warning" },
    says: /cli store reseal/,
  },
  {
    fault: "a ledger entry that was changed",
    ...database((it) => {
      it.exec("DROP TRIGGER ledger_leaves_keep");
      it.exec(
        `UPDATE ledger_leaves SET leaf = replace(leaf, 'consent', 'assent') WHERE position = 0`,
      );
    }),
    finds: { ledger: "problem" },
    says: /entry 0/,
  },
  {
    fault: "a ledger whose end is gone",
    ...database((it) => {
      it.exec("DROP TRIGGER ledger_leaves_stay");
      it.exec("DELETE FROM ledger_leaves WHERE position > 1");
    }),
    finds: { ledger: "problem" },
  },
  {
    fault: "another ledger key",
    plant: () => ({ LEDGER_KEY: new Uint8Array(32).fill(9).toBase64() }),
    finds: { ledger_key: "problem" },
    says: /not signed by this key/,
  },
  {
    fault: "another name of the log",
    plant: () => ({ LEDGER_ORIGIN: "elsewhere.example.com/ledger" }),
    finds: { ledger_key: "problem" },
    says: /elsewhere\.example\.com/,
  },
  {
    fault: "a message that was given up",
    ...database((it) =>
      it.exec(
        "INSERT INTO notices (id, body, at, error, buried_at) VALUES ('msg_1', 'v1.generated.x', 1, 'x', 1)",
      )
    ),
    finds: { notices: "warning" },
    says: /1 messages/,
  },
  {
    fault: "a database of another application",
    plant: () => ({ SUPEROFFICE_CLIENT_ID: "another" }),
    finds: Object.fromEntries(
      ["store", "sealing_keys", "tokens", "notices", "ledger_key", "ledger"].map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /belongs to another environment or application\. Look at DATA_DIR, SUPEROFFICE_ENV/,
  },
  untouched("an empty file for a store", (path) => Deno.writeFileSync(path, new Uint8Array())),
  untouched("a store that an older version wrote", (path) => takeBack(path, 3)),
  {
    fault: "a store that was never opened",
    plant: ({ folder }) => ({ DATA_DIR: `${folder}/nothing` }),
    finds: Object.fromEntries(
      ["store", "sealing_keys", "tokens", "notices", "ledger_key", "ledger"].map((name) => [
        name,
        "problem",
      ]),
    ),
    says: /no store under DATA_DIR yet\. Start the service once/,
  },
];

Deno.test("the doctor finds nothing in a healthy installation, and in another what is wrong", async (test) => {
  const kms = await startKms();
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  await withService(async (service) => {
    const env: Env = {
      ...environmentOf(service),
      KMS_KEY_VERSION: kms.keyVersion,
      KMS_ENDPOINT: kms.url,
    };
    const world: World = { service, kms, env, folder };
    await service.consent();
    for (const path of [`/v1/tenants/${TENANT}/ticket`, "/v1/ledger/checkpoint"]) {
      const answer = await service.call(path);
      assert.equal(answer.status, 200, await answer.text());
    }
    await test.step("nothing", async () => {
      for (const signers of [[], [OWN]]) {
        const found = await findings(env, signers);
        assert.deepEqual(ills(found), {}, JSON.stringify(found));
        assert.ok(found.length >= 13);
        assert.ok(found.every(({ remedy }) => remedy === null));
      }
    });
    for (const { fault, plant, heal, finds, says, signers = [] } of PLANTED) {
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
    assert.equal(kms.signatures(), 1);
  }, { kms });
  await Promise.all(servers.map((server) => server.shutdown()));
  await kms.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("key files are read, each is named by its variable, and looking signs nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  const key = write("key", testKeyPem("rsa2048"));
  const publicKey = createPublicKey(testKey("rsa2048")).export({ type: "spki", format: "pem" });
  const env: Env = {
    SUPEROFFICE_ENVIRONMENT: "sod",
    SUPEROFFICE_URL: "http://127.0.0.1:1",
    SUPEROFFICE_CLIENT_ID: "id",
    SUPEROFFICE_CLIENT_SECRET: "secret",
    CALLERS: '{"callers":[]}',
    DATA_DIR: folder,
    SIGNING_KEY_FILE: key,
  };
  const keys = async (more: Env = {}) =>
    (await findings({ ...env, ...more })).filter(({ check }) => check.endsWith("_key"))
      .filter(({ check }) => check !== "ledger_key");
  try {
    const standby = write("standby", testKeyPem("rsa3072"));
    const both = await keys({ SIGNING_STANDBY_KEY_FILE: standby });
    assert.deepEqual(both.map(({ check, level }) => [check, level]), [
      ["signing_key", "ok"],
      ["standby_key", "ok"],
    ]);
    const bad = write("public", publicKey.toString());
    const [first, second] = await keys({ SIGNING_STANDBY_KEY_FILE: bad });
    assert.deepEqual([first?.level, second?.level], ["ok", "problem"]);
    assert.match(second!.text, /it is a public key$/);
    assert.match(second!.remedy!, /SIGNING_STANDBY_KEY_FILE/);
    const [cut] = await keys({
      SIGNING_KEY_FILE: write("cut", testKeyPem("rsa2048").slice(0, 90)),
    });
    assert.deepEqual([cut?.level, cut?.remedy], [
      "problem",
      "Look at the key file of SIGNING_KEY_FILE",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  // What signs leaves no trace in a process, so it is looked for in what is run.
  const source = (path: string) =>
    Deno.readTextFileSync(new URL(`../../src/${path}`, import.meta.url));
  assert.doesNotMatch(source("cli_doctor_key.ts"), /\.sign\(/);
  assert.doesNotMatch(source("adapters/signing/key_file.ts"), /\bsign\b/);
});

Deno.test("where live tenants are served, browsers need an https address, and a key an HSM", async () => {
  const kms = await startKms();
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  const env: Env = {
    SUPEROFFICE_ENVIRONMENT: "stage",
    SUPEROFFICE_URL: "http://127.0.0.1:1",
    SUPEROFFICE_CLIENT_ID: "id",
    SUPEROFFICE_CLIENT_SECRET: "secret",
    CALLERS: '{"callers":[]}',
    KMS_KEY_VERSION: kms.keyVersion,
    KMS_ENDPOINT: kms.url,
    DATA_DIR: folder,
  };
  const levels = async (more: Env) => {
    const found = await findings({ ...env, ...more });
    return ["public_url", "signing_key"].map((name) =>
      found.find(({ check }) => check === name)?.level
    );
  };
  try {
    assert.deepEqual(await levels({ PUBLIC_URL: "https://tickets.example.com" }), ["ok", "ok"]);
    assert.deepEqual(await levels({}), ["problem", "ok"]);
    assert.deepEqual(await levels({ PUBLIC_URL: "http://localhost" }), ["problem", "ok"]);
    const software = { PUBLIC_URL: "https://a.example.com", KMS_PROTECTION_LEVEL: "SOFTWARE" };
    assert.deepEqual(await levels(software), ["ok", "warning"]);
  } finally {
    await kms.close();
    await Deno.remove(folder, { recursive: true });
  }
});
