/** What `ticket get` tells of its steps, searched for every secret that it used. */

import assert from "node:assert/strict";
import { openStores } from "../../src/parts_stores.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { signedText, textToSign } from "../../src/domain/signed_text.ts";
import { createLocalKeySigner } from "../../src/adapters/signing/local_key.ts";
import { createMarks } from "../support/marks.ts";
import { testKeyPem } from "../support/test_keys.ts";
import {
  assertNo,
  assertSteps,
  assertVerified,
  getTicket,
  runCommand,
  STEPS,
  withTenant,
} from "../support/commands.ts";
import { TENANT, type TestService } from "../support/service.ts";

const CONTEXT = ContextId.parse(TENANT)!;

/** Everything that must not be seen, as far as it is known before. */
async function marksOf(service: TestService) {
  const marks = createMarks();
  const stores = await openStores(service.config);
  const { systemUserToken } = (await stores.tenants.get(CONTEXT))!;
  stores.close();
  marks.add("token", systemUserToken.reveal());
  marks.add("client secret", service.simulator.clientSecret);
  const pem = testKeyPem("signing");
  for (const line of pem.split("\n").filter((line) => /^[A-Za-z0-9+/=]{8,}$/.test(line))) {
    marks.add("private key", line);
  }
  for (const file of ["sealing.key", "ledger.key"]) {
    marks.add(file, Deno.readTextFileSync(`${service.dataDir}/${file}`).trim());
  }
  // Signatures of this kind are the same every time: those of these minutes can be known.
  const signer = createLocalKeySigner({ pem });
  for (let minute = -1; minute <= 2; minute++) {
    const text = textToSign(systemUserToken, Date.now() + minute * 60_000);
    const { signature } = await signer.sign(text.reveal(), { attempt: "" });
    marks.add("signed text", signedText(text, signature).reveal());
    marks.add("signature", signature.toBase64());
  }
  return { marks, token: systemUserToken.reveal() };
}

Deno.test("every step is told as it happens, and no secret is in any of it", async () => {
  for (const SUPEROFFICE_EXCHANGE of ["rest", "soap"]) {
    await withTenant(async (service) => {
      const { marks } = await marksOf(service);
      const ticket = "7T:MARKofTheTicketThatNobodyMaySeeMQA=";
      const jwt = service.simulator.control.mintExchangeToken({ ctx: TENANT, ticket });
      service.simulator.control.set({ exchangeJwt: { raw: jwt } });
      marks.add("ticket", ticket);
      marks.addToken("JWT", jwt);
      marks.add("JWT's header", jwt.split(".")[0]!);
      const args = ["ticket", "get", TENANT, "--verbose"];
      const told = await runCommand(service, args, { SUPEROFFICE_EXCHANGE });
      assert.equal(told.code, 0, told.stderr);
      assertSteps(told.stderr, STEPS);
      assert.match(told.stderr, /text to sign {2}Box Office-\*{4}\.\d{12}\n/);
      assert.match(told.stderr, /SignedSystemToken {2}Box Office-\*{4}\.\d{12}\.\*{4}\n/);
      assert.match(told.stderr, /IsSuccessful true/);
      assert.match(told.stderr, /iss +SuperOffice AS\n/);
      assert.match(told.stderr, /ticket +7T:…MQA=\n/);
      assert.equal(told.stderr.match(/✓/g)?.length, 10);
      assert.match(told.stdout, /^ticket +7T:…MQA=$/m);
      assert.deepEqual(marks.find(told.stdout + told.stderr), []);
      const stored = await runCommand(service, [...args, "--reveal"], { SUPEROFFICE_EXCHANGE });
      assert.match(stored.stdout, new RegExp(`^ticket +${ticket}$`, "m"));
      assert.deepEqual(marks.find(stored.stderr), []);
      assert.deepEqual(marks.find(stored.stdout, ["ticket"]), []);
      const json = await runCommand(service, [...args, "--reveal", "--json"], {
        SUPEROFFICE_EXCHANGE,
      });
      assert.equal(JSON.parse(json.stdout).ticket, ticket);
      await assertVerified(service);
    });
  }
});

Deno.test("what SuperOffice sends back of our secrets is not told either", async () => {
  await withTenant(async (service) => {
    const { marks, token } = await marksOf(service);
    const { control, clientSecret } = service.simulator;
    const ticket = "7T:MARKofTheTicketThatNobodyMaySeeMQA=";
    const claims = {
      iss: token,
      aud: [clientSecret, "another"],
      [`a claim named ${token}`]: token,
      unlisted: "MARK of what nobody knows to be secret",
      "http://schemes.superoffice.net/identity/system_token": token,
      "http://schemes.superoffice.net/identity/company_name": `\u001b[2J${ticket}`,
    };
    control.set({
      exchangeJwt: {
        raw: control.mintExchangeToken({ ctx: TENANT, ticket, claims, header: { kid: token } }),
      },
    });
    marks.add("ticket", ticket);
    marks.add("unlisted claim", "MARK of what nobody knows to be secret");
    const bent = await getTicket(service, "--verbose");
    assertNo(bent, /token claims/);
    assert.match(bent.stderr, /✗ by a key that SuperOffice publishes[^\n]*: unknown_key\n/);
    assert.deepEqual(marks.find(bent.stderr), []);
    assert.ok(!bent.stderr.includes("\u001b"));
    const echo = JSON.stringify({
      IsSuccessful: false,
      ErrorMessage: `no ${token} ${clientSecret}`,
    });
    for (const status of [200, 400, 401, 500]) {
      const headers = { "content-type": `application/${token}` };
      control.set({ exchangeFailure: { status, body: echo, headers } });
      const refused = await getTicket(service, "--verbose", "--new");
      assert.notEqual(refused.code, 0);
      assert.deepEqual(marks.find(refused.stderr + refused.stdout), []);
    }
  });
});
