/** `ticket get` as a process, when there is no ticket: who says no, and what is left on record. */

import assert from "node:assert/strict";
import {
  assertNo,
  assertVerified,
  getTicket,
  runCommand,
  shortly,
  SIGNED,
  withTenant,
} from "../support/commands.ts";
import { TENANT } from "../support/service.ts";

Deno.test("a tenant that SuperOffice refuses is a no that says where to consent, and is remembered", async () => {
  await withTenant(async (service) => {
    service.simulator.control.revoke(TENANT);
    const where = new URL(`/?tenant=${TENANT}`, service.url).href;
    const refused = await getTicket(service);
    assertNo(refused, /^SuperOffice refuses the token of Cust12345 /);
    assert.ok(refused.stderr.includes(where));
    const again = await getTicket(service);
    assertNo(again, /still remembered: nobody was asked now\.\n$/);
    assert.equal(service.simulator.control.exchangeCount(), 1);
    assert.deepEqual(shortly(await service.entries()).slice(1), [
      ...SIGNED,
      ["exchange", "refused", "cli"],
    ]);
    const { health } = await (await service.call(`/v1/tenants/${TENANT}`)).json();
    assert.equal(health, "consent_withdrawn");
    await assertVerified(service);
  });
});

Deno.test("for a tenant that does not run nothing is signed, and the state is told", async () => {
  await withTenant(async (service) => {
    service.simulator.control.suspend(TENANT);
    const refused = await getTicket(service, "--verbose");
    assertNo(refused, /state +Suspended: it does not run\n/);
    assert.match(refused.stderr, /\nCust12345 is not running: SuperOffice suspended it\. /);
    assert.ok((await service.entries()).every(({ kind }) => kind !== "sign_intent"));
  });
});

Deno.test("an answer that fails a check names the check and what came before it", async () => {
  await withTenant(async (service) => {
    const claims = { aud: "spn:1" };
    service.simulator.control.set({ exchangeJwt: { claims } });
    const refused = await getTicket(service, "--verbose");
    assertNo(refused, /✗ the audience is the tenant, by the serial stored at consent: audience\n/);
    assert.equal(refused.stderr.match(/✓/g)?.length, 6);
    assert.match(
      refused.stderr,
      /\nSuperOffice answered, but with no ticket [^\n]*\(its audience\)\.\n$/,
    );
    assert.equal((await service.entries()).at(-1)!.error, "audience");
  });
});

Deno.test("a tenant that never consented is a no, and a wrong identifier a wrong command", async () => {
  await withTenant(async (service) => {
    const unknown = await runCommand(service, ["ticket", "get", "Cust1"]);
    assertNo(unknown, /^Cust1 is not here: [^\n]*\/\?tenant=Cust1\n$/);
    assertNo(await runCommand(service, ["ticket", "get", "Kunde1"]), /^Cannot use the tenant: /, 2);
    assertNo(await runCommand(service, ["ticket", "get"]), /missing required argument/, 2);
    assert.equal((await service.entries()).length, 1);
  });
});

Deno.test("SuperOffice's silence is a fault, not a no", async () => {
  await withTenant(async (service) => {
    service.simulator.control.set({ exchangeSilent: true });
    const args = ["ticket", "get", TENANT, "--verbose"];
    const silent = await runCommand(service, args, { EXCHANGE_TIMEOUT_MS: "300" });
    assertNo(silent, /no answer +timeout\n/, 2);
    assert.match(silent.stderr, /\nSuperOffice does not answer in time\. Try again /);
    assert.equal((await service.entries()).at(-1)!.error, "timeout");
  });
});
