/** `doctor` as a command: its lines, its exit codes, and the exchange it makes when it is told to. */

import assert from "node:assert/strict";
import { runCommand, shortly, withTenant } from "../support/commands.ts";
import { TENANT, type TestService } from "../support/service.ts";
import { testKeyPem } from "../support/test_keys.ts";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly check: string;
    readonly level: string;
    readonly text: string;
    readonly remedy: string | null;
    readonly ms: number;
  }[];
}

async function doctor(service: TestService, ...args: string[]) {
  const { code, stdout, stderr } = await runCommand(service, ["doctor", "--json", ...args]);
  assert.notEqual(stdout, "", stderr);
  const report = JSON.parse(stdout) as Report;
  const ills = report.checks.filter(({ level }) => level !== "ok").map(({ check }) => check);
  return { code, report, ills, stdout };
}

Deno.test("a healthy service is all right, and a tenant that is named gets a new ticket", () =>
  withTenant(async (service) => {
    const before = await (await service.call(`/v1/tenants/${TENANT}/ticket`)).json();
    const entries = (await service.entries()).length;
    const { code, report, ills } = await doctor(service, "--tenant", TENANT);
    assert.deepEqual([code, report.ok, ills], [0, true, []], JSON.stringify(report));
    assert.equal(report.checks.at(-1)?.check, "exchange");
    const made = (await service.entries()).slice(entries);
    assert.deepEqual(shortly(made), [
      ["sign_intent", null, "cli"],
      ["sign_outcome", "signed", "cli"],
      ["exchange", "issued", "cli"],
    ]);
    const body = JSON.stringify({ rejected_generation: before.generation });
    const headers = { "content-type": "application/json" };
    const path = `/v1/tenants/${TENANT}/ticket`;
    const answer = await service.call(path, { method: "POST", body, headers });
    assert.equal(answer.headers.get("x-ticket-source"), "store");
    await answer.body?.cancel();

    const { code: plain, stdout } = await runCommand(service, ["doctor", "--skip", "discovery"]);
    assert.equal(plain, 0);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, report.checks.length - 2);
    for (const line of lines) assert.match(line, /^ok {2,}[a-z_]+ {2,}.*\.$/);
    assert.doesNotMatch(stdout, /discovery/);
    const unknown = await runCommand(service, ["doctor", "--skip", "everything"]);
    assert.equal(unknown.code, 2);
    assert.equal(unknown.stdout, "");
  }));

Deno.test("an exchange that SuperOffice refuses is a problem, and what to do is said", () =>
  withTenant(async (service) => {
    const { control } = service.simulator;
    control.registerPublicKey(testKeyPem("login"));
    const key = await doctor(service, "--tenant", TENANT);
    assert.deepEqual([key.code, key.ills], [1, ["exchange"]], key.stdout);
    assert.match(key.report.checks.at(-1)?.remedy ?? "", /consent again|app's key/);
    const unknown = await doctor(service, "--tenant", "Cust99999");
    assert.deepEqual([unknown.code, unknown.ills], [1, ["exchange"]]);
    assert.match(unknown.stdout, /never consented/);
  }));
