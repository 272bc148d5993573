/** The client secret is replaced in the portal while its successor stands by: relay, consent, exchange. */

import assert from "node:assert/strict";
import { secretName, withWork } from "../../src/domain/credential_record.ts";
import { Secret } from "../../src/domain/secret.ts";
import { openStores } from "../../src/parts_stores.ts";
import { withService, withTenant } from "../support/commands.ts";
import { createWaitingClock } from "../support/waiting_clock.ts";
import { TENANT, type TestService } from "../support/service.ts";

const NEXT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const OPTIONS = { env: { SUPEROFFICE_CLIENT_SECRET_NEXT: NEXT } };
const TICKET = `/v1/tenants/${TENANT}/ticket`;
const CONTACT = `/v1/tenants/${TENANT}/api/v1/Contact`;

function replaceSecret({ simulator: { control, clientId } }: TestService, secret = NEXT): void {
  control.replaceClientSecret(clientId, secret);
}

async function statusOf(answering: Promise<Response>): Promise<number> {
  const answer = await answering;
  await answer.body?.cancel();
  return answer.status;
}

const save = (service: TestService, body: BodyInit) =>
  statusOf(
    service.call(CONTACT, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
  );

/** Has the first ticket replaced. */
const reject = (service: TestService) =>
  statusOf(
    service.call(TICKET, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rejected_generation: 1 }),
    }),
  );

const changesOf = async (service: TestService) =>
  (await service.entries()).filter(({ kind }) => kind === "key_changed").length;

Deno.test("a relayed call meets the new client secret without another ticket", () =>
  withTenant(async (service) => {
    const { control } = service.simulator;
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    replaceSecret(service);
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    assert.equal(await save(service, JSON.stringify({ Name: "Saved" })), 200);
    assert.equal(control.exchangeCount(), 1);
    assert.equal(await changesOf(service), 0, "that is for an exchange to prove");
    assert.equal(await reject(service), 200);
    assert.equal(control.exchangeCount(), 3);
    assert.equal(await changesOf(service), 1);
  }, OPTIONS));

Deno.test("what another instance found is known within a minute, without a call that meets it", async () => {
  const clock = createWaitingClock(Date.now());
  await withTenant(async (service) => {
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    replaceSecret(service);
    const { credentials, close } = await openStores(service.config);
    const before = (await credentials.get())!;
    const found = withWork(before, { secret: secretName(new Secret(NEXT)) }, clock.now(), true);
    assert.ok(await credentials.swap(before, found));
    await clock.pass(45_000);
    // Who asks the store only now finds that nobody knows, and has a change to tell.
    assert.ok(await credentials.swap(found, before));
    close();
    assert.equal(await reject(service), 200);
    const verdicts = service.simulator.control.exchanges().map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ["issued", "issued"]);
    assert.equal(await changesOf(service), 0);
  }, { ...OPTIONS, clock });
});

Deno.test("a ticket that was deleted is still told from a client secret that is refused", () =>
  withTenant(async (service) => {
    const { control } = service.simulator;
    assert.equal(await statusOf(service.call(TICKET)), 200);
    control.deleteTickets(TENANT);
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    assert.equal(control.exchangeCount(), 2);
    assert.equal(await changesOf(service), 0);
  }, OPTIONS));

Deno.test("a change just after a try that was in vain is met by the renewal, at two exchanges", () =>
  withTenant(async (service) => {
    const { control } = service.simulator;
    assert.equal(await statusOf(service.call(TICKET)), 200);
    control.deleteTickets(TENANT);
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    replaceSecret(service);
    assert.equal(await statusOf(service.call(`${CONTACT}/default`)), 200);
    const verdicts = control.exchanges().map(({ verdict }) => verdict === "issued");
    assert.deepEqual(verdicts, [true, true, false, true]);
    assert.equal(await changesOf(service), 1);
  }, OPTIONS));

Deno.test("a consent is finished with the new client secret, and a code works once all the same", () =>
  withService(async (service) => {
    replaceSecret(service);
    const done = await service.consent();
    assert.equal(done.url.pathname, "/consent/done");
    assert.equal(await changesOf(service), 1);
    assert.equal(await statusOf(service.call(TICKET)), 200);
    assert.equal(service.simulator.control.exchangeCount(), 1, "the exchange knows it, too");
  }, OPTIONS));

Deno.test("with neither of the two a consent is refused, and nothing is taken for a change", () =>
  withService(async (service) => {
    replaceSecret(service, "ffffffffffffffffffffffffffffffff");
    const page = await service.consent();
    assert.equal(page.url.pathname, "/consent/callback");
    assert.equal(await changesOf(service), 0);
    replaceSecret(service, service.config.superoffice!.clientSecret.reveal());
    assert.equal((await service.consent()).url.pathname, "/consent/done");
  }, OPTIONS));
