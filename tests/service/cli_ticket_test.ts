/** `ticket get` as a process, when there is a ticket to be had. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { runTask } from "../support/processes.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import {
  assertNo,
  assertSteps,
  assertVerified,
  getTicket,
  runCommand,
  shortly,
  SIGNED,
  STEPS,
  withTenant,
} from "../support/commands.ts";
import { TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

Deno.test("a ticket is exchanged once, goes on record as the operator's, and is every instance's", async () => {
  await withTenant(async (service) => {
    const [first, second] = [
      await getTicket(service, "--json"),
      await getTicket(service, "--json"),
    ];
    assert.deepEqual([first.code, first.stderr], [0, ""]);
    const { source, ticket_sha256, ticket, ...told } = JSON.parse(first.stdout);
    assert.equal(source, "exchange");
    assert.equal(ticket, null);
    assert.equal(JSON.parse(second.stdout).source, "store");
    const answer = await service.call(TICKET);
    assert.equal(answer.headers.get("x-ticket-source"), "store");
    const { ticket: given, ...same } = await answer.json();
    assert.deepEqual(told, same);
    assert.equal(ticket_sha256, sha256Hex(given));
    assert.equal(service.simulator.control.exchangeCount(), 1);
    const entries = await service.entries();
    assert.deepEqual(shortly(entries).slice(1), [...SIGNED, ["exchange", "issued", "cli"]]);
    assert.equal(entries.at(-1)!.ticket_sha256, ticket_sha256);
    await assertVerified(service);
  });
});

Deno.test("two commands at once exchange once", async () => {
  await withTenant(async (service) => {
    service.simulator.control.set({ exchangeDelayMs: 500 });
    const both = await Promise.all([getTicket(service, "--json"), getTicket(service, "--json")]);
    const [one, other] = both.map(({ stdout }) => JSON.parse(stdout));
    assert.equal(one.ticket_sha256, other.ticket_sha256);
    assert.deepEqual([one.source, other.source].sort(), ["exchange", "store"]);
    assert.equal(service.simulator.control.exchangeCount(), 1);
  });
});

Deno.test("--new replaces the stored ticket with one of the next generation", async () => {
  await withTenant(async (service) => {
    for (const generation of [1, 2]) {
      const { code, stdout, stderr } = await getTicket(service, "--new", "--json");
      assert.equal(code, 0, stderr);
      assert.deepEqual(
        [JSON.parse(stdout).generation, JSON.parse(stdout).source],
        [generation, "exchange"],
      );
    }
    assert.equal((await (await service.call(TICKET)).json()).generation, 2);
  });
});

Deno.test({
  name: "with the shared store it is the same ticket for the command and for the service",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const env = {
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
        SEALING_KEYS: `k1:${btoa("s".repeat(32))}`,
        LEDGER_KEY: btoa("l".repeat(32)),
      };
      await withTenant(async (service) => {
        const told = await runCommand(service, ["ticket", "get", TENANT, "--verbose"], env);
        assert.equal(told.code, 0, told.stderr);
        assertSteps(told.stderr, STEPS);
        for (const secret of Object.values(env).slice(1)) {
          assert.ok(!(told.stderr + told.stdout).includes(secret));
        }
        const { ticket } = await (await service.call(TICKET)).json();
        assert.ok(told.stdout.includes(sha256Hex(ticket)));
        assert.equal(service.simulator.control.exchangeCount(), 1);
        const removed = await runCommand(service, ["tenant", "remove", TENANT, "--yes"], env);
        assert.equal(removed.code, 0, removed.stderr);
        const none = await runCommand(service, ["ticket", "get", TENANT], env);
        assertNo(none, /^Cust12345 is not here: /);
      }, { env });
    }),
});

Deno.test("a key in Cloud KMS signs for the command as for the service, and its faults are ours", async () => {
  await withTenant(async (service) => {
    const kms = service.kms!;
    const env = { KMS_KEY_VERSION: kms.keyVersion, KMS_ENDPOINT: kms.url };
    const args = ["ticket", "get", TENANT, "--verbose"];
    const told = await runCommand(service, args, env);
    assert.equal(told.code, 0, told.stderr);
    assertSteps(told.stderr, STEPS);
    assert.ok(told.stderr.includes(`key ${kms.keyVersion} in Cloud KMS, HSM at least`));
    assert.equal(service.simulator.control.exchangeCount(), 1);
    const none = kms.keyVersion.replace(/\d+$/, "99");
    const failed = await runCommand(service, [...args, "--new"], { ...env, KMS_KEY_VERSION: none });
    assertNo(failed, /signature +none: not_found\n/, 2);
    assert.match(
      failed.stderr,
      /\nNothing was signed: there is no such key: look at KMS_KEY_VERSION\./,
    );
    assert.deepEqual(shortly(await service.entries()).at(-1), ["sign_outcome", "failed", "cli"]);
    await assertVerified(service);
  }, { kms: true });
});

Deno.test("the command makes no key and no store, and refuses a key file that is none", async () => {
  await withTenant(async (service) => {
    const bad = `${service.dataDir}/bad.pem`;
    Deno.writeTextFileSync(bad, "MARK of a key file");
    const args = ["ticket", "get", TENANT];
    const refused = await runCommand(service, args, { SIGNING_KEY_FILE: bad });
    assertNo(refused, /^Cannot [^\n]+ \(SIGNING_KEY_FILE\)\n$/, 2);
    assert.ok(!refused.stderr.includes("MARK"));
    Deno.removeSync(`${service.dataDir}/signing_key.pem`);
    assertNo(await getTicket(service), /^Cannot sign: no signing_key\.pem under DATA_DIR\n$/, 2);
    const folder = `${service.dataDir}/empty`;
    Deno.mkdirSync(folder);
    const none = await runCommand(service, args, { DATA_DIR: folder });
    assertNo(none, /^Cannot open the store: none under DATA_DIR yet\n$/, 2);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("under another name than the ledger's nothing is signed", async () => {
  await withTenant(async (service) => {
    await (await service.call("/v1/ledger/checkpoint")).text();
    const other = { PUBLIC_URL: "https://other.example.test" };
    const refused = await runCommand(service, ["ticket", "get", TENANT], other);
    assertNo(refused, /^Cannot use the ledger as other\.example\.test\/ledger: /, 2);
    assert.equal((await service.entries()).length, 1);
  });
});

Deno.test("the help of ticket get names what it takes", async () => {
  const { code, stdout } = await runTask("cli", { args: ["ticket", "get", "--help"] });
  assert.equal(code, 0);
  for (const option of ["<tenant>", "--verbose", "--new", "--reveal", "--json"]) {
    assert.ok(stdout.includes(option), option);
  }
});
