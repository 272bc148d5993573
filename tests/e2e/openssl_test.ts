/**
 * The signed text of a real exchange, taken from the wire and verified by OpenSSL, which shares no code
 * with us. SuperOffice verifies by the same rule: RSASSA-PKCS1-v1_5 with SHA-256 over token and minute.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { requires } from "../support/requirement.ts";
import { createTestClock, startService, TENANT, type TestService } from "../support/service.ts";

interface Exchanged {
  readonly signedSystemToken: string;
  readonly systemUserToken: string;
}

/** Listens in on the one request that carries the signed text; it still goes to SuperOffice. */
async function exchangeOf(service: TestService): Promise<Exchanged> {
  const bodies: string[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname.endsWith("/PartnerSystemUser/Authenticate")) bodies.push(String(init?.body));
    return real(input, init);
  };
  try {
    await service.consent();
    const answer = await service.call(`/v1/tenants/${TENANT}/ticket`);
    assert.equal(answer.status, 200, await answer.text());
  } finally {
    globalThis.fetch = real;
  }
  assert.equal(bodies.length, 1);
  const { SignedSystemToken } = JSON.parse(bodies[0]!) as { SignedSystemToken: string };
  const { system_user_token } = service.simulator.control.approve(TENANT);
  return { signedSystemToken: SignedSystemToken, systemUserToken: system_user_token };
}

/** @returns what OpenSSL says, and its exit code */
async function openssl(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout).trim(), complaint: decoder.decode(stderr) };
}

async function inFolder(deed: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-openssl-" });
  try {
    await deed(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The last "." parts text and signature: a token may hold dots itself, base64 does not. */
function partsOf(signed: string): { text: string; signature: Uint8Array } {
  const at = signed.lastIndexOf(".");
  return { text: signed.slice(0, at), signature: Buffer.from(signed.slice(at + 1), "base64") };
}

async function assertVerifies(signed: string, folder: string): Promise<void> {
  const { text, signature } = partsOf(signed);
  await Deno.writeTextFile(`${folder}/text`, text);
  await Deno.writeFile(`${folder}/signature`, signature);
  const args = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"];
  assert.deepEqual(await openssl([...args, "text"], folder), {
    code: 0,
    said: "Verified OK",
    complaint: "",
  });
  // The same command says no when one minute differs, so its yes means something.
  await Deno.writeTextFile(
    `${folder}/text`,
    text.replace(/.$/, (last) => last === "0" ? "1" : "0"),
  );
  assert.equal((await openssl([...args, "text"], folder)).said, "Verification failure");
}

/** 31 December, 23:59 in UTC: another day, month and year to the east of Greenwich. */
const LAST_MINUTE = Date.UTC(2026, 11, 31, 23, 59, 58);

Deno.test({
  name: "what is signed is the token, a dot, the minute in UTC, a dot and plain base64",
  ...requires("openssl"),
  async fn() {
    const service = await startService({ clock: createTestClock(LAST_MINUTE) });
    try {
      const { signedSystemToken, systemUserToken } = await exchangeOf(service);
      const { signature } = partsOf(signedSystemToken);
      const base64 = Buffer.from(signature).toString("base64");
      assert.equal(signedSystemToken, `${systemUserToken}.202612312359.${base64}`);
      assert.equal(signature.length % 128, 0);
    } finally {
      await service.close();
    }
  },
});

Deno.test({
  name: "OpenSSL verifies what the local key signed for an exchange",
  ...requires("openssl"),
  async fn() {
    const service = await startService();
    try {
      const { signedSystemToken } = await exchangeOf(service);
      await inFolder(async (folder) => {
        const key = `${service.dataDir}/signing_key.pem`;
        const made = await openssl(["pkey", "-in", key, "-pubout", "-out", "public.pem"], folder);
        assert.equal(made.code, 0, made.complaint);
        await assertVerifies(signedSystemToken, folder);
      });
    } finally {
      await service.close();
    }
  },
});

Deno.test({
  name: "OpenSSL verifies what Cloud KMS signed for an exchange",
  ...requires("openssl"),
  async fn() {
    const service = await startService({ kms: true });
    try {
      const { signedSystemToken } = await exchangeOf(service);
      await inFolder(async (folder) => {
        await Deno.writeTextFile(`${folder}/public.pem`, service.kms!.publicKeyPem());
        await assertVerifies(signedSystemToken, folder);
      });
      assert.equal(service.kms!.signatures(), 1);
    } finally {
      await service.close();
    }
  },
});

Deno.test({
  name: "OpenSSL makes the digest that the ledger holds of the signed text",
  ...requires("openssl"),
  async fn() {
    const service = await startService();
    try {
      const { signedSystemToken } = await exchangeOf(service);
      const { text, signature } = partsOf(signedSystemToken);
      const entries = await service.entries();
      await inFolder(async (folder) => {
        await Deno.writeTextFile(`${folder}/text`, text);
        await Deno.writeFile(`${folder}/signature`, signature);
        const { said } = await openssl(["dgst", "-sha256", "-r", "text", "signature"], folder);
        const [ofText, ofSignature] = said.split("\n").map((line) => line.slice(0, 64));
        const intent = entries.find(({ kind }) => kind === "sign_intent");
        const outcome = entries.find(({ kind }) => kind === "sign_outcome");
        assert.equal(intent?.digest_sha256, ofText);
        assert.equal(outcome?.signature_sha256, ofSignature);
      });
    } finally {
      await service.close();
    }
  },
});
