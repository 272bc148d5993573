/** Who we are at Google, by each way that we can be given it: a real signature comes out of it. */

import assert from "node:assert/strict";
import { openAccess } from "../../../src/adapters/signing/google_access.ts";
import { createWorkerHost } from "../../../src/adapters/signing/kms_worker_host.ts";
import type { GoogleAccess, WorkloadFederation } from "../../../src/domain/google_identity.ts";
import { Secret } from "../../../src/domain/secret.ts";
import {
  ACCOUNT,
  type FakeGoogle,
  REQUEST_TOKEN,
  startFakeGoogle,
  SUBJECT_TOKEN,
} from "../../support/fake_google.ts";
import { testKeyPem } from "../../support/test_keys.ts";
import { faultIn, faultOf, judged, signerFor, text } from "./fixtures.ts";
import { federation, signs, supplied, supplier, withGoogle } from "./google_worlds.ts";

const key: GoogleAccess = {
  identity: {
    kind: "service_account",
    email: ACCOUNT,
    keyId: "key-1",
    privateKey: new Secret(testKeyPem("signing")),
  },
  identityToken: null,
};

Deno.test("a token that the key signed is kept, and made anew after Google has refused it", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status: 401 }),
  );
  const clock = Date.now;
  try {
    const client = await openAccess(key, "https://www.googleapis.com/auth/cloudkms");
    const token = async () => (await client.getRequestHeaders()).get("authorization");
    const first = await token();
    // What is signed later is another text.
    Date.now = () => clock() + 5000;
    assert.equal(await token(), first);
    const fault = await faultIn(client.request({ url: `http://127.0.0.1:${server.addr.port}` }));
    assert.deepEqual(judged(fault), ["unauthenticated", true, 0]);
    assert.notEqual(await token(), first);
  } finally {
    Date.now = clock;
    await server.shutdown();
  }
});

const always = (google: FakeGoogle) => supplied(google, supplier().identityToken);

for (const where of ["thread", "worker"] as const) {
  Deno.test(
    `in a ${where}, a key in the environment signs its own tokens, and nobody is asked for one`,
    withGoogle(where, () => key, async (google, host) => {
      await signs(google, host);
      assert.deepEqual(google.asked, { source: 0, sts: 0, impersonation: 0 });
    }),
  );

  const give = supplier();
  Deno.test(
    `in a ${where}, fifty first calls ask the supplier once, and Google once`,
    withGoogle(where, (google) => supplied(google, give.identityToken), async (google, host) => {
      const signers = Array.from({ length: 50 }, () => signerFor(google.kms, { host }));
      await Promise.all(signers.map((signer) => signer.sign(text, { attempt: "a" })));
      assert.equal(give.calls(), 1);
      assert.deepEqual(google.asked, { source: 0, sts: 1, impersonation: 1 });
    }),
  );
}

Deno.test(
  "a token of a file is changed for one of Google's; a file that is not there is no credential",
  async () => {
    const path = await Deno.makeTempFile();
    const source = { kind: "file", path, field: null } as const;
    await Deno.writeTextFile(path, SUBJECT_TOKEN);
    const accessOf = (google: FakeGoogle) => ({
      identity: federation(google, source),
      identityToken: null,
    });
    await withGoogle("worker", accessOf, async (google, host) => {
      await signs(google, host);
      assert.deepEqual(google.asked, { source: 0, sts: 1, impersonation: 1 });
    })();
    await Deno.remove(path);
    await withGoogle("worker", accessOf, async (google, host) => {
      const fault = await faultOf(signerFor(google.kms, { host }));
      assert.deepEqual(judged(fault), ["unauthenticated", false, 0]);
      assert.ok(!Deno.inspect(fault).includes(path));
    })();
  },
);

const githubs = (google: FakeGoogle): GoogleAccess => ({
  identity: federation(google, {
    kind: "url",
    url: new Secret(google.sourceUrl),
    headers: new Secret(JSON.stringify({ authorization: `Bearer ${REQUEST_TOKEN}` })),
    field: "value",
  }),
  identityToken: null,
});

Deno.test(
  "a token of an address is asked for as GitHub wants it, and changed for one of Google's",
  withGoogle("thread", githubs, async (google, host) => {
    await signs(google, host);
    assert.deepEqual(google.asked, { source: 1, sts: 1, impersonation: 1 });
  }),
);

Deno.test(
  "without a service account the first token is the one that is used",
  withGoogle("thread", (google) => {
    const { identity, identityToken } = always(google);
    return { identity: { ...identity as WorkloadFederation, impersonation: null }, identityToken };
  }, async (google, host) => {
    await signs(google, host);
    assert.deepEqual(google.asked, { source: 0, sts: 1, impersonation: 0 });
  }),
);

Deno.test(
  "a token at its end is replaced once, however many need it, and one that is good is not",
  withGoogle("thread", always, async (google, host) => {
    // Less than a token needs to be sent with.
    google.lifetime(5);
    const signer = signerFor(google.kms, { host });
    await signer.sign(text, { attempt: "a" });
    const before = google.asked.sts;
    google.lifetime(3600);
    await Promise.all(Array.from({ length: 20 }, () => signer.sign(text, { attempt: "b" })));
    assert.equal(google.asked.sts, before + 1);
    google.down(500);
    await signer.sign(text, { attempt: "c" });
    assert.equal(google.asked.sts, before + 1);
  }),
);

Deno.test(
  "a token that Cloud KMS refuses is not used again: the next attempt brings another",
  withGoogle("worker", always, async (google, host) => {
    const signer = signerFor(google.kms, { host });
    await signer.sign(text, { attempt: "a" });
    google.revoke();
    assert.deepEqual(judged(await faultOf(signer)), ["unauthenticated", true, 0]);
    await signer.sign(text, { attempt: "b" });
    assert.deepEqual(google.asked, { source: 0, sts: 2, impersonation: 2 });
  }),
);

Deno.test("a supplier that answers when nobody waits any more does no harm", async () => {
  const google = await startFakeGoogle();
  const asked = Promise.withResolvers<void>();
  const late = Promise.withResolvers<string>();
  const { identityToken } = supplier(() => {
    asked.resolve();
    return late.promise;
  });
  const host = createWorkerHost(supplied(google, identityToken));
  try {
    const signing = faultOf(signerFor(google.kms, { host }));
    await asked.promise;
    host.close();
    late.resolve(SUBJECT_TOKEN);
    assert.equal((await signing).reason, "aborted");
    await late.promise;
  } finally {
    host.close();
    await google.close();
  }
});
