/** `key rotate switch`: whom it asks for, and what it looks at before anything is published. */

import assert from "node:assert/strict";
import { planLines, sideOf } from "../../src/cli/rotation_words.ts";
import { openStores } from "../../src/parts_stores.ts";
import { assertNo, runCommand, withTenant } from "../support/commands.ts";
import { TENANT, type TestService } from "../support/service.ts";
import { addTenant } from "../support/stored_tenants.ts";

const switching = (service: TestService, standby: string, ...args: string[]) =>
  runCommand(service, ["key", "rotate", "switch", ...args], {
    KMS_ENDPOINT: service.kms!.url,
    KMS_KEY_VERSION: service.kms!.keyVersion,
    KMS_STANDBY_KEY_VERSION: standby,
  });

Deno.test("a tenant that withdrew does not hide what SuperOffice takes", () =>
  withTenant(async (service) => {
    const kms = service.kms!;
    const { control } = service.simulator;
    const standby = await kms.addKeyVersion({});
    const stores = await openStores(service.config);
    const others = [];
    for (let count = 0; count < 3; count++) {
      others.push(await addTenant({ superoffice: service.simulator, stores }));
    }
    stores.close();
    control.registerPublicKey(kms.publicKeyPem(standby));
    control.revoke(TENANT);
    control.revoke(others[0]!);
    const found = await switching(service, standby);
    assert.equal(found.code, 0, found.stderr);
    assert.match(found.stdout, /Versions\/2\. All instances/);

    control.revoke(others[1]!);
    const before = control.exchangeCount();
    const refused = await switching(service, standby);
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /: (refused|doubtful)\. Nothing was changed/);
    assert.match(refused.stderr, /name another with --tenant/);
    assert.equal(control.exchangeCount() - before, 6, "three tenants, with either key");
    const named = await switching(service, standby, "--tenant", others[2]!);
    assert.equal(named.code, 0, named.stderr);
  }, { kms: true }));

Deno.test("in a gap in the portal, where no tenant is connected any more, switch asks all the same", () =>
  withTenant(async (service) => {
    const kms = service.kms!;
    const standby = await kms.addKeyVersion({});
    const stores = await openStores(service.config);
    const [tenant] = await stores.tenants.list(0, 1);
    const { contextIdentifier, consentedAt } = tenant!;
    const doubtful = { health: "unreachable", healthReason: "credentials_doubtful" } as const;
    await stores.tenants.mark(contextIdentifier, consentedAt, { ...tenant!, ...doubtful }, null);
    stores.close();
    service.simulator.control.registerPublicKey(kms.publicKeyPem(standby));
    const found = await switching(service, standby);
    assert.equal(found.code, 0, found.stderr);
    assert.match(found.stdout, /Versions\/2\. All instances/);
  }, { kms: true }));

Deno.test("a standby that cannot sign is named before anybody is told to publish it", () =>
  withTenant(async (service) => {
    const kms = service.kms!;
    const disabled = await kms.addKeyVersion({ state: "DISABLED" });
    const software = await kms.addKeyVersion({ protectionLevel: "SOFTWARE" });
    for (const [version, why] of [[disabled, "not enabled"], [software, "protected less"]]) {
      const exit = await switching(service, version!);
      assertNo(exit, new RegExp(`^Cannot switch, publish nothing yet: .*${why}`), 2);
      assert.doesNotMatch(exit.stderr, /In the Developer Portal, let/);
    }
    assert.equal(service.simulator.control.exchangeCount(), 0);
  }, { kms: true }));

Deno.test("on SOD nothing waits to be published, and the plan says so", () => {
  const variables = ["SIGNING_KEY_FILE", "SIGNING_STANDBY_KEY_FILE"] as const;
  const plan = (names: string[], isAtOnce: boolean) =>
    planLines(sideOf("key", { names, variables }, null, { elsewhere: null, isAtOnce })).join("\n");
  assert.match(plan(["local:1"], false), /publish nothing yet/);
  const alone = plan(["local:1"], true);
  assert.match(alone, /On SOD a new one ends the old one at once\.[^]*put it into a file/);
  assert.doesNotMatch(alone, /publish/);
  const both = plan(["local:1", "local:2"], true);
  assert.match(both, /SIGNING_STANDBY_KEY_FILE; on SOD that counts at once\./);
  assert.match(both, /Look that every instance has both/);
  assert.doesNotMatch(both, /publish/);
});
