/** `doctor` as a command: its lines, its exit codes, and the exchange it makes when it is told to. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { secretName } from "../../src/domain/credential_record.ts";
import { Secret } from "../../src/domain/secret.ts";
import { assertNo, runCommand, shortly, withTenant } from "../support/commands.ts";
import { TENANT, type TestService } from "../support/service.ts";
import { testKeyPem } from "../support/test_keys.ts";

type Env = Readonly<Record<string, string>>;

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

async function doctor(service: TestService, args: readonly string[], more: Env = {}) {
  const { code, stdout, stderr } = await runCommand(service, ["doctor", "--json", ...args], more);
  assert.notEqual(stdout, "", stderr);
  const report = JSON.parse(stdout) as Report;
  const ills = report.checks.filter(({ level }) => level !== "ok").map(({ check }) => check);
  return { code, report, ills, stdout, exchange: report.checks.at(-1)! };
}

/** Everything that is stored but the ledger. */
function storedIn({ dataDir }: TestService): Readonly<Record<string, unknown>> {
  const file = new DatabaseSync(`${dataDir}/box-office.sqlite`, { readOnly: true });
  const names = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    .map(({ name }) => String(name))
    // The note of what works is one of the ledger's neighbours.
    .filter((name) => !name.startsWith("ledger_") || name === "ledger_notes");
  const rows = names.map((name) => [name, file.prepare(`SELECT * FROM ${name}`).all()]);
  file.close();
  assert.ok(names.includes("tenants") && names.includes("tickets"));
  return Object.fromEntries(rows);
}

const EXCHANGED = (result: string) => [
  ["sign_intent", null, "cli"],
  ["sign_outcome", "signed", "cli"],
  ["exchange", result, "cli"],
];

Deno.test("a healthy service is all right, and the exchange for a tenant that is named is a dry one", () =>
  withTenant(async (service) => {
    const ticket = async () => await (await service.call(`/v1/tenants/${TENANT}/ticket`)).json();
    const before = await ticket();
    const entries = (await service.entries()).length;
    const stored = storedIn(service);
    const { code, report, ills, exchange } = await doctor(service, ["--tenant", TENANT]);
    assert.deepEqual([code, report.ok, ills], [0, true, []], JSON.stringify(report));
    assert.equal(exchange.check, "exchange");
    assert.match(exchange.text, /gives Cust12345 a ticket; it was handed to nobody/);
    const made = (await service.entries()).slice(entries);
    assert.deepEqual(shortly(made), EXCHANGED("issued"));
    assert.match(String(made[0]!["request_id"]), /^doctor-/);
    assert.deepEqual(storedIn(service), stored);
    assert.deepEqual(await ticket(), before);

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

Deno.test("with a wrong client secret the doctor says so, and nobody but the ledger notices", () =>
  withTenant(async (service) => {
    await (await service.call(`/v1/tenants/${TENANT}/ticket`)).body?.cancel();
    const entries = (await service.entries()).length;
    const wrong = { SUPEROFFICE_CLIENT_SECRET: "of another environment" };
    const stored = storedIn(service);
    for (
      const more of [wrong, { ...wrong, SUPEROFFICE_CLIENT_SECRET_NEXT: "of yet another one" }]
    ) {
      const refused = await doctor(service, ["--tenant", TENANT], more);
      assert.deepEqual([refused.code, refused.ills], [1, ["exchange"]], refused.stdout);
      assert.match(refused.exchange.remedy ?? "", /client secret.*must consent again/);
      assert.deepEqual(storedIn(service), stored, "health, ticket, refusals, what works");
    }
    assert.deepEqual(
      shortly((await service.entries()).slice(entries)),
      [EXCHANGED("refused"), EXCHANGED("refused"), EXCHANGED("refused")].flat(),
    );
    const health = async () => (await (await service.call(`/v1/tenants/${TENANT}`)).json()).health;
    assert.equal(await health(), "connected");

    // Of a tenant that is refused anyway instances note when they tried what is not in use.
    service.simulator.control.revoke(TENANT);
    await runCommand(service, ["ticket", "get", TENANT, "--new"]);
    assert.equal(await health(), "consent_withdrawn");
    const withdrawn = storedIn(service);
    const next = { SUPEROFFICE_CLIENT_SECRET_NEXT: "of yet another one" };
    const asked = await doctor(service, ["--tenant", TENANT], next);
    assert.match(asked.exchange.remedy ?? "", /The service is refused, too/);
    assert.deepEqual(storedIn(service), withdrawn);
  }));

Deno.test("credentials that no instance uses are named where they would end a tenant's ticket", () =>
  withTenant(async (service) => {
    const path = `/v1/tenants/${TENANT}/ticket`;
    await (await service.call(path)).body?.cancel();
    const { clientSecret } = service.simulator;
    const next = { SUPEROFFICE_CLIENT_SECRET_NEXT: "0f1e2d3c4b5a69788796a5b4c3d2e1f0" };
    const proved = await doctor(service, ["--tenant", TENANT], next);
    assert.equal(proved.code, 0, proved.stdout);
    const stored = storedIn(service);
    const wrong = { SUPEROFFICE_CLIENT_SECRET: "of another environment" };
    const name = new RegExp(`use ${secretName(new Secret(clientSecret))}, which is not in `);
    const refused = await doctor(service, ["--tenant", TENANT], wrong);
    assert.match(refused.exchange.remedy ?? "", name);
    for (const args of [["ticket", "get", TENANT, "--new"], ["key", "rotate", "warm"]]) {
      assertNo(await runCommand(service, args, wrong), name, 2);
    }
    assert.deepEqual(storedIn(service), stored);
    const got = await runCommand(service, ["ticket", "get", TENANT, "--new"]);
    assert.equal(got.code, 0, got.stderr);
  }));

Deno.test("an exchange that SuperOffice refuses is a problem, and what to do is said", () =>
  withTenant(async (service) => {
    const { control } = service.simulator;
    control.registerPublicKey(testKeyPem("login"));
    const key = await doctor(service, ["--tenant", TENANT]);
    assert.deepEqual([key.code, key.ills], [1, ["exchange"]], key.stdout);
    assert.match(key.exchange.remedy ?? "", /consent again|app's key/);
    const unknown = await doctor(service, ["--tenant", "Cust99999"]);
    assert.deepEqual([unknown.code, unknown.ills], [1, ["exchange"]]);
    assert.match(unknown.stdout, /never consented/);
    await Deno.writeTextFile(`${service.dataDir}/signing_key.pem`, "no key");
    const spoilt = await doctor(service, ["--tenant", TENANT, "--skip", "signing_key"]);
    assert.deepEqual(spoilt.ills, ["exchange"]);
  }));
