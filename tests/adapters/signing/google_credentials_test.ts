/** Google's own library finds the credentials; only what says who asks is handed on. */

import assert from "node:assert/strict";
import { createGoogleCredentials } from "../../../src/adapters/signing/google_credentials.ts";
import {
  type KmsSdk,
  loadKmsSdk,
  openKmsClient,
} from "../../../src/adapters/signing/kms_client.ts";
import type { GoogleAccess } from "../../../src/domain/google_identity.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { testKeyPem } from "../../support/test_keys.ts";
import { faultIn } from "./fixtures.ts";

const ASKED = {
  projectId: "acme",
  access: null,
  scope: "https://www.googleapis.com/auth/logging.read",
};

/** Does something with Google's variable set, and sets it back. */
async function withKeyFile(deed: () => Promise<void>): Promise<void> {
  const name = "GOOGLE_APPLICATION_CREDENTIALS";
  const before = Deno.env.get(name);
  const path = await Deno.makeTempFile();
  const key = {
    type: "service_account",
    project_id: "acme",
    private_key: testKeyPem("signing"),
    client_email: "auditor@acme.iam.gserviceaccount.com",
    client_id: "1",
    token_uri: "http://127.0.0.1:9/token",
  };
  try {
    await Deno.writeTextFile(path, JSON.stringify(key));
    Deno.env.set(name, path);
    await deed();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
    await Deno.remove(path);
  }
}

Deno.test("a key file becomes a token that Google's services take, without a call to anybody", async () => {
  await withKeyFile(async () => {
    const headers = await createGoogleCredentials(ASKED)();
    assert.deepEqual(Object.keys(headers), ["authorization"]);
    const [, payload] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(headers["authorization"]!)!;
    const claims = JSON.parse(atob(payload!.replaceAll("-", "+").replaceAll("_", "/")));
    assert.equal(claims.iss, "auditor@acme.iam.gserviceaccount.com");
    assert.deepEqual([claims.scope, claims.aud], [ASKED.scope, undefined]);
  });
});

Deno.test("what Google's library finds is asked for a token of Cloud KMS and of nothing else, at every endpoint", async () => {
  await withKeyFile(async () => {
    for (const endpoint of [null, new URL("https://kms.example")]) {
      const { auth } = await openKmsClient(await loadKmsSdk(), endpoint, "acme");
      const headers = await auth.getRequestHeaders("https://kms.example/v1/projects/acme");
      const [, payload = ""] = headers.get("authorization")!.split(".");
      const { scope } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
      assert.equal(scope, "https://www.googleapis.com/auth/cloudkms");
    }
  });
});

Deno.test("a key that is given is used with the scope asked for, without Cloud KMS's client", async () => {
  const access: GoogleAccess = {
    identity: {
      kind: "service_account",
      email: "auditor@acme.iam.gserviceaccount.com",
      keyId: null,
      privateKey: new Secret(testKeyPem("signing")),
    },
    identityToken: null,
  };
  const loadSdk = () => assert.fail("the client is not needed");
  const headers = await createGoogleCredentials({ ...ASKED, access, loadSdk })();
  assert.deepEqual(Object.keys(headers), ["authorization"]);
  const [, payload] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(headers["authorization"]!)!;
  const claims = JSON.parse(atob(payload!.replaceAll("-", "+").replaceAll("_", "/")));
  assert.deepEqual([claims.sub, claims.scope], [
    "auditor@acme.iam.gserviceaccount.com",
    ASKED.scope,
  ]);
});

/** Google's client with other credentials. */
function sdkWith(getRequestHeaders: () => Promise<Headers>) {
  let made = 0;
  class Client {
    auth = { getRequestHeaders };
    constructor(options: { readonly scopes: readonly string[] }) {
      assert.deepEqual(options.scopes, [ASKED.scope]);
      made++;
    }
  }
  const sdk = { KeyManagementServiceClient: Client } as unknown as KmsSdk;
  return { load: () => Promise.resolve(sdk), made: () => made };
}

Deno.test("headers are asked for each time, of one client, and others than those of who asks are not sent", async () => {
  let asked = 0;
  const sdk = sdkWith(() =>
    Promise.resolve(
      new Headers({
        Authorization: `Bearer ${++asked}`,
        "X-Goog-User-Project": "acme",
        "x-other": "y",
      }),
    )
  );
  const credentials = createGoogleCredentials({ ...ASKED, loadSdk: sdk.load });
  assert.equal(sdk.made(), 0);
  for (const number of [1, 2]) {
    const headers = { authorization: `Bearer ${number}`, "x-goog-user-project": "acme" };
    assert.deepEqual(await credentials(), headers);
  }
  assert.equal(sdk.made(), 1);
});

Deno.test("without credentials the fault says so and repeats nothing", async () => {
  const secret = () => Promise.reject(new Error("refresh_token=secret"));
  const fault = await faultIn(
    createGoogleCredentials({ ...ASKED, loadSdk: sdkWith(secret).load })(),
  );
  assert.equal(fault.reason, "unauthenticated");
  assert.ok(!Deno.inspect(fault).includes("secret"));
});
