/** The operator's commands about tenants, on the store of a service that runs. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { openStores } from "../../src/parts_stores.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createMarks } from "../support/marks.ts";
import { withService } from "../support/commands.ts";
import { createTestClock, environmentOf, TENANT, type TestService } from "../support/service.ts";

const line = sharedCommandLine();

const TICKET = `/v1/tenants/${TENANT}/ticket`;

const cli = (service: TestService, ...args: string[]) =>
  line.run({ env: environmentOf(service), args });

/** Tenants as if they had consented, without a browser. */
async function putTenants(
  service: TestService,
  companies: Readonly<Record<string, string>>,
): Promise<void> {
  const stores = await openStores(service.config);
  for (const [name, companyName] of Object.entries(companies)) {
    const put = await stores.tenants.put({
      contextIdentifier: ContextId.parse(name)!,
      companyName,
      consentedBy: "admin@example.test",
      consentedAt: Date.UTC(2026, 10, 28, 10, 30),
      serial: name.slice(4).padStart(10, "1"),
      systemUserToken: new Secret(`Box Office-Token0${name}`),
      webapiUrl: null,
      netserverUrl: null,
    }, null);
    assert.equal(put.kind, "stored");
  }
  stores.close();
}

Deno.test("tenants are listed in the order of consent, all or page by page, as the API has them", async () => {
  await withService(async (service) => {
    await putTenants(service, { Cust3: "Third AS", Cust1: "First AS", Cust2: "Second AS" });
    const all = await cli(service, "tenant", "list", "--json");
    assert.equal(all.code, 0, all.stderr);
    const { tenants, next } = JSON.parse(all.stdout);
    assert.equal(next, null);
    const api = (await (await service.call("/v1/tenants")).json()).tenants;
    assert.equal(api.length, 3);
    api.forEach((expected: Record<string, unknown>, place: number) => {
      for (const [name, value] of Object.entries(expected)) {
        assert.deepEqual(tenants[place][name], value, name);
      }
    });
    assert.deepEqual(
      [tenants[0].health_reason, tenants[0].health_since],
      ["consent", "2026-11-28T10:30:00.000Z"],
    );
    const page = await cli(service, "tenant", "list", "--limit", "2", "--json");
    const first = JSON.parse(page.stdout);
    assert.deepEqual(first.tenants, tenants.slice(0, 2));
    assert.equal(first.next, tenants[1].sequence);
    const rest = await cli(service, "tenant", "list", "--after", String(first.next), "--json");
    assert.deepEqual(JSON.parse(rest.stdout), { tenants: tenants.slice(2), next: null });
  });
});

Deno.test("more tenants than are read at a time are listed, each once", async () => {
  await withService(async (service) => {
    const names = Array.from({ length: 501 }, (_, place) => `Cust${place + 1000}`);
    await putTenants(service, Object.fromEntries(names.map((name) => [name, name])));
    const { stdout } = await cli(service, "tenant", "list", "--json");
    const listed = JSON.parse(stdout).tenants.map((tenant: Record<string, unknown>) =>
      tenant.context_identifier
    );
    assert.deepEqual(listed, names);
  });
});

Deno.test("columns stay straight, and a company's name moves no cursor", async () => {
  await withService(async (service) => {
    await putTenants(service, { Cust1: "株式会社", Cust22: "Evil\u001b[2J\u202eAS", Cust3: "x" });
    const { code, stdout, stderr } = await cli(service, "tenant", "list");
    assert.deepEqual([code, stderr], [0, ""]);
    const rest = "connected since 2026-11-28T10:30:00Z  Running  2026-11-28T10:30:00Z";
    // An ideograph is as wide as two letters.
    const table = [
      [
        "TENANT",
        "COMPANY                ",
        "HEALTH                                STATE    CONSENTED",
      ],
      ["Cust1 ", "株式会社               ", rest],
      ["Cust22", "Evil\\u{1b}[2J\\u{202e}AS", rest],
      ["Cust3 ", "x                      ", rest],
    ];
    assert.equal(stdout, table.map((row) => `${row.join("  ")}\n`).join(""));
  });
});

Deno.test("everything about a tenant is shown but its token and its ticket", async () => {
  await withService(async (service) => {
    await service.consent();
    const before = await cli(service, "tenant", "show", TENANT.toLowerCase());
    assert.equal(before.code, 0, before.stderr);
    assert.match(before.stdout, /^ticket +none stored: /m);
    const ticket = await (await service.call(TICKET)).json();
    const [text, json] = await Promise.all([
      cli(service, "tenant", "show", TENANT),
      cli(service, "tenant", "show", TENANT, "--json"),
    ]);
    assert.match(text.stdout, /^health +connected since \S+Z: consent$/m);
    assert.match(text.stdout, /^ticket +generation 1, issued \S+Z, good until \S+Z at least$/m);
    const shown = JSON.parse(json.stdout);
    const api = await (await service.call(`/v1/tenants/${TENANT}`)).json();
    for (const [name, value] of Object.entries(api)) assert.deepEqual(shown[name], value, name);
    const { addresses_until, ...stored } = shown.ticket;
    const { ticket: _, context_identifier: __, ...given } = ticket;
    assert.deepEqual(stored, given);
    assert.ok(Date.parse(addresses_until) > Date.parse(given.issued_at));
    assert.equal(shown.consent_addresses.webapi_url, ticket.webapi_url);
    const marks = createMarks();
    marks.add("ticket", ticket.ticket);
    marks.add("token", service.simulator.control.approve(TENANT).system_user_token);
    for (const { stdout, stderr } of [before, text, json]) {
      assert.deepEqual(marks.find(stdout + stderr), []);
    }
  });
});

Deno.test("a removal that is not confirmed says what it would do, and does nothing", async () => {
  await withService(async (service) => {
    await service.consent();
    const refused = await cli(service, "tenant", "remove", TENANT);
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /^This would remove Cust12345 \(Example Tenant AS\):/);
    assert.match(refused.stderr, /Nothing was removed\. To do it, add --yes\.\n$/);
    const { generation } = await (await service.call(TICKET)).json();
    assert.equal(generation, 1);
    assert.ok((await service.entries()).every(({ kind }) => kind !== "tenant_removed"));
  });
});

Deno.test("a removed tenant is gone from the store at once and from every memory within a minute", async () => {
  const clock = createTestClock(Date.now());
  await withService(async (service) => {
    await service.consent();
    const { ticket } = await (await service.call(TICKET)).json();
    const removed = await cli(service, "tenant", "remove", TENANT, "--yes");
    assert.equal(removed.code, 0, removed.stderr);
    assert.match(removed.stdout, /^Removed Cust12345: /);
    const stores = await openStores(service.config);
    const tenant = ContextId.parse(TENANT)!;
    assert.equal(await stores.tenants.get(tenant), null);
    assert.equal(await stores.tickets.get(tenant, clock.now()), null);
    stores.close();
    clock.advance(60_000);
    const answer = await service.call(TICKET);
    assert.equal((await answer.json()).code, "tenant_unknown");
    const entries = await service.entries();
    const entry = entries.find(({ kind }) => kind === "tenant_removed");
    assert.deepEqual([entry?.caller, entry?.context_identifier], ["cli", TENANT]);
    const marks = createMarks();
    marks.add("ticket", ticket);
    marks.add("token", service.simulator.control.approve(TENANT).system_user_token);
    assert.deepEqual(marks.find(JSON.stringify(entries)), []);
    const verified = await cli(service, "ledger", "verify");
    assert.equal(verified.code, 0, verified.stderr);
  }, { clock });
});

Deno.test("a removal leaves a notice for the operator's webhook", async () => {
  await withService(async (service) => {
    await service.consent();
    const env = {
      ...environmentOf(service),
      WEBHOOK_URL: "https://hooks.example.test/box-office",
      WEBHOOK_SECRET: `whsec_${btoa("w".repeat(32))}`,
    };
    const run = (...args: string[]) => line.run({ env, args });
    assert.equal((await run("tenant", "remove", TENANT, "--yes")).code, 0);
    const { stdout } = await run("webhook", "list", "--json");
    assert.equal(JSON.parse(stdout).waiting, 1);
  });
});

Deno.test("a tenant that is not here is a no, and what is no tenant is a wrong command", async () => {
  await withService(async (service) => {
    for (const args of [["show", "Cust1"], ["remove", "Cust1"], ["remove", "Cust1", "--yes"]]) {
      const { code, stdout, stderr } = await cli(service, "tenant", ...args);
      const said = "Cust1 is not here: it never consented, or was removed.\n";
      assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: "", stderr: said });
    }
    for (
      const args of [["show", "Kunde1"], ["remove", "../1", "--yes"], ["list", "--limit", "0"]]
    ) {
      const { code, stderr } = await cli(service, "tenant", ...args);
      assert.equal(code, 2);
      assert.match(stderr, /^Cannot [^\n]+: [^\n]+\n$/);
    }
    const none = await cli(service, "tenant", "list");
    assert.deepEqual([none.code, none.stdout], [0, ""]);
    assert.deepEqual((await service.entries()).map(({ kind }) => kind), []);
  });
});

Deno.test("commands about tenants make nothing in a folder that has no store", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const args of [["list"], ["show", TENANT], ["remove", TENANT, "--yes"]]) {
      const exit = await line.run({ env: { DATA_DIR: folder }, args: ["tenant", ...args] });
      assert.deepEqual([exit.code, exit.stdout], [2, ""]);
      assert.equal(exit.stderr, "Cannot open the store: none under DATA_DIR yet\n");
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the help of each command about tenants names what it takes", async () => {
  const help = async (...args: string[]) => {
    const { code, stdout } = await line.run({ args: [...args, "--help"] });
    assert.equal(code, 0);
    return stdout;
  };
  const [all, list, show, remove] = await Promise.all([
    help("tenant"),
    help("tenant", "list"),
    help("tenant", "show"),
    help("tenant", "remove"),
  ]);
  for (const verb of ["list", "show", "remove"]) {
    assert.match(all, new RegExp(`^ {2}${verb} `, "m"));
  }
  for (const option of ["--after", "--limit", "--json"]) assert.ok(list.includes(option));
  assert.ok(show.includes("--json"));
  assert.ok(remove.includes("--yes"));
});
