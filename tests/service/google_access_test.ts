/** The service and its commands with Google credentials that they are given, as processes. */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createBrowser } from "../../src/demo_browser.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { ACCOUNT, AUDIENCE, startFakeGoogle, SUBJECT_TOKEN } from "../support/fake_google.ts";
import { eventually, runTask, startFile } from "../support/processes.ts";
import { API_KEY, TENANT } from "../support/service.ts";
import { testKeyPem } from "../support/test_keys.ts";
import { startVendor } from "../support/vendor.ts";

const LISTENS = /^Box Office listens at (http\S+)$/;
const PROVIDER = AUDIENCE.replace("//iam.googleapis.com/", "");
const PEM = testKeyPem("signing");

const keyFile = (pem = PEM) =>
  JSON.stringify({
    type: "service_account",
    client_email: ACCOUNT,
    private_key_id: "key-1",
    private_key: pem,
  });

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-google-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a service that is supplied with tokens hands out tickets, survives a supplier that fails, and prints no secret", () =>
  withFolder(async (folder) => {
    const google = await startFakeGoogle();
    const vendor = await startVendor({ publicKeyPem: google.kms.publicKeyPem() });
    const tokenFile = `${folder}/token`;
    const service = startFile("tests/support/federated_service.ts", {
      args: [google.tokenUrl, google.impersonationUrl, tokenFile],
      env: {
        PORT: "0",
        DATA_DIR: `${folder}/data`,
        LOG_LEVEL: "debug",
        SUPEROFFICE_URL: vendor.url,
        SUPEROFFICE_CLIENT_ID: vendor.clientId,
        SUPEROFFICE_CLIENT_SECRET: vendor.clientSecret,
        KMS_KEY_VERSION: google.kms.keyVersion,
        KMS_ENDPOINT: google.kms.url,
        GCP_WORKLOAD_PROVIDER_ID: PROVIDER,
        GCP_SERVICE_ACCOUNT_EMAIL: ACCOUNT,
        CALLERS: JSON.stringify({
          callers: [{
            id: "all",
            api_key_sha256: [sha256Hex(API_KEY)],
            tenants: ["*"],
            may: ["ticket"],
          }],
        }),
      },
    });
    try {
      const [, url] = await service.line(LISTENS);
      const headers = { authorization: `Bearer ${API_KEY}` };
      const ask = async (path: string) => {
        const answer = await fetch(new URL(path, url), { headers });
        return { status: answer.status, body: await answer.json() };
      };
      const browser = createBrowser();
      let page = await browser.press(await browser.open(url!), "Connect SuperOffice");
      page = await browser.press(page, "Sign in");
      page = await browser.press(page, "I approve");
      await browser.press(page, "Continue");
      const refused = await ask(`/v1/tenants/${TENANT}/ticket`);
      assert.deepEqual([refused.status, refused.body.code], [503, "signer_unavailable"]);
      assert.equal((await ask("/healthz")).status, 200);
      assert.equal(google.asked.sts, 0);
      await Deno.writeTextFile(tokenFile, SUBJECT_TOKEN);
      // A refusal is remembered for a moment.
      const issued = await eventually("a ticket", async () => {
        const answer = await ask(`/v1/tenants/${TENANT}/ticket`);
        return answer.status === 200 ? answer : null;
      });
      assert.deepEqual(google.asked, { source: 0, sts: 1, impersonation: 1 });
      service.kill("SIGTERM");
      const { code, stdout, stderr } = await service.exit();
      assert.equal(code, 0);
      const said = stdout + stderr + JSON.stringify([refused, issued]);
      assert.match(said, /unauthenticated/);
      for (const secret of google.secrets()) assert.ok(!said.includes(secret));
    } finally {
      await service.end();
      await vendor.close();
      await google.close();
    }
  }));

Deno.test("a command uses the key in the environment, without asking anybody for a token", async () => {
  const google = await startFakeGoogle(PEM);
  try {
    const { url, keyVersion, publicKeyPem } = google.kms;
    const show = (env: Readonly<Record<string, string>>) =>
      runTask("cli", {
        env: { KMS_ENDPOINT: url, KMS_KEY_VERSION: keyVersion, ...env },
        args: ["key", "show", "--format", "pem"],
      });
    const shown = await show({ GOOGLE_CREDENTIALS: keyFile() });
    assert.deepEqual([shown.code, shown.stdout.trim()], [0, publicKeyPem().trim()], shown.stderr);
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
      .export({ type: "pkcs8", format: "pem" }).toString();
    for (const env of [{}, { GOOGLE_CREDENTIALS: keyFile(other) }]) {
      const { code, stdout, stderr } = await show(env);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /Google knows nobody here/);
    }
  } finally {
    await google.close();
  }
});

const KMS = {
  PORT: "0",
  KMS_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
};
const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey
  .export({ type: "pkcs8", format: "pem" }).toString();
const damaged = PEM.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
const unsourced = {
  type: "external_account",
  audience: AUDIENCE,
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
};

/** Credentials that only show what is wrong with them when they are opened. */
const UNUSABLE: readonly (readonly [string, RegExp])[] = [
  [keyFile(small), /private_key is no RSA key of 2048 bits or more/],
  [keyFile(damaged), /private_key is no RSA key of 2048 bits or more/],
  [JSON.stringify(unsourced), /it has no credential_source, and no identity token is supplied/],
];

Deno.test("credentials that cannot be used end service and command at once, by the variable's name", () =>
  withFolder(async (folder) => {
    for (const [GOOGLE_CREDENTIALS, told] of UNUSABLE) {
      const env = { ...KMS, DATA_DIR: folder, GOOGLE_CREDENTIALS };
      const served = await runTask("start", { env });
      const shown = await runTask("cli", { env, args: ["key", "show"] });
      for (const { code, stderr } of [served, shown]) {
        assert.equal(code, 2, stderr);
        assert.match(stderr, /Cannot use GOOGLE_CREDENTIALS: /);
        assert.match(stderr, told);
        assert.ok(!stderr.includes("AAAAAAAA"), stderr);
      }
    }
  }));

Deno.test("a supplier without anybody to take its tokens is refused where keys are in Cloud KMS", () =>
  withFolder(async (folder) => {
    const entry = startFile("tests/support/deploy_entry.ts", { env: { ...KMS, DATA_DIR: folder } });
    try {
      const { code, stderr } = await entry.exit();
      assert.equal(code, 2);
      assert.match(stderr, /Cannot start: Cannot use identityToken: GCP_WORKLOAD_PROVIDER_ID or /);
    } finally {
      await entry.end();
    }
  }));

Deno.test("an entry of one's own serves as the service itself does, the sandbox too", () =>
  withFolder(async (folder) => {
    for (const env of [{}, { ...KMS, GCP_WORKLOAD_PROVIDER_ID: PROVIDER }]) {
      const entry = startFile("tests/support/deploy_entry.ts", {
        env: { PORT: "0", DATA_DIR: folder, ...env },
      });
      try {
        const [, url] = await entry.line(LISTENS);
        assert.equal((await (await fetch(new URL("/healthz", url))).json()).status, "alive");
        entry.kill("SIGTERM");
        assert.equal((await entry.exit()).code, 0);
      } finally {
        await entry.end();
      }
    }
  }));
