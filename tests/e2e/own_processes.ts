/**
 * The service with the whole environment set, against a SuperOffice, a Cloud KMS and an Upstash that are
 * processes of their own: two instances on one store, an operator, an auditor with nothing but files,
 * and ends both polite and rude.
 */

import assert from "node:assert/strict";
import { createBrowser } from "../../src/demo_browser.ts";
import { generateApiKey } from "../../src/adapters/callers/api_keys.ts";
import {
  eventually,
  freePort,
  type Process,
  runTask,
  startFile,
  startTask,
} from "../support/processes.ts";
import { AT_ONCE } from "../support/at_once.ts";

const TENANT = "Cust12345";
const OTHER_TENANT = "Cust22222";
const TICKET = `/v1/tenants/${TENANT}/ticket`;

type Env = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

interface Simulator {
  readonly superoffice: string;
  readonly kms: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly key_version: string;
  readonly system_user_token: string;
}

/** Everything outside the service, and what there is to know about it. */
interface World {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly env: Env;
  readonly apiKey: string;
  /** Every process of the service that was started: their words are searched for secrets. */
  readonly services: Process[];
  /** Tickets that were handed out. */
  readonly tickets: Set<string>;
  /** To be called when nothing is left to do but to wait for the lease of the dead. */
  readonly nowWaiting: () => void;
}

const randomBase64 = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

async function buildWorld(
  folder: string,
  helpers: Process[],
  nowWaiting: () => void,
): Promise<World> {
  const began = startTask("simulator");
  helpers.push(began);
  const bridging = startFile("tests/support/upstash_bridge.ts", { args: ["--token", TOKEN] });
  helpers.push(bridging);
  const simulator: Simulator = JSON.parse((await began.line(/^\{.*\}$/))[0]);
  const upstash: { url: string; token: string } = JSON.parse((await bridging.line(/^\{.*\}$/))[0]);
  const standby = await post(`${simulator.kms}/_control/kms_add_key_version`, {});
  const { key, digest } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
  const callers = [{ id: "orders", api_key_sha256: [digest], tenants: ["*"], may: PERMISSIONS }];
  await Deno.writeTextFile(`${folder}/callers.json`, JSON.stringify({ callers }));
  await Deno.mkdir(`${folder}/data`);
  const port = freePort();
  return {
    folder,
    simulator,
    apiKey: key.reveal(),
    services: [],
    tickets: new Set(),
    nowWaiting,
    env: {
      PORT: String(port),
      HOST: "127.0.0.1",
      PUBLIC_URL: `http://localhost:${port}`,
      SUPEROFFICE_ENVIRONMENT: "simulator",
      SUPEROFFICE_URL: simulator.superoffice,
      SUPEROFFICE_CLIENT_ID: simulator.client_id,
      SUPEROFFICE_CLIENT_SECRET: simulator.client_secret,
      SUPEROFFICE_EXCHANGE: "rest",
      SUPEROFFICE_LEGACY_LOGIN: "off",
      KMS_KEY_VERSION: simulator.key_version,
      KMS_STANDBY_KEY_VERSION: String(standby.key_version),
      KMS_ENDPOINT: simulator.kms,
      KMS_PROTECTION_LEVEL: "HSM",
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: upstash.token,
      DATA_DIR: `${folder}/data`,
      SEALING_KEYS: `new:${randomBase64()},old:${randomBase64()}`,
      CALLERS_FILE: `${folder}/callers.json`,
      LEDGER_KEY: randomBase64(),
      LEDGER_ORIGIN: "tickets.example.com/ledger",
      TICKET_LIFETIME_SECONDS: "21600",
      EXCHANGE_TIMEOUT_MS: "3000",
      LOG_LEVEL: "debug",
      // Half a day ahead of UTC: a minute in local time would be refused by SuperOffice.
      TZ: "Pacific/Auckland",
    },
  };
}

const TOKEN = "bridge-token-of-the-processes-test";
const PERMISSIONS = ["ticket", "relay", "tenants", "ledger"];

async function post(url: string, body: Json): Promise<Json> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return JSON.parse(text) ?? {};
}

const control = (world: World, verb: string, body: Json = {}) =>
  post(`${world.simulator.superoffice}/_control/${verb}`, body);

async function kmsFault({ simulator }: World, fault: Json | null): Promise<void> {
  const verb = fault === null ? "kms_clear_fault" : "kms_fault";
  await post(`${simulator.kms}/_control/${verb}`, fault ?? {});
}

async function exchangeCount(world: World): Promise<number> {
  return Number((await control(world, "exchanges")).count);
}

async function signatureCount({ simulator }: World): Promise<number> {
  return (await (await fetch(`${simulator.kms}/_control/kms_signatures`)).json()).signatures;
}

/** Starts an instance and waits until it says that it listens. */
async function serve(world: World, bend: Env = {}): Promise<Process & { readonly url: string }> {
  const env = { ...world.env, ...bend };
  const process = startTask("start", { cwd: world.folder, env });
  world.services.push(process);
  await process.line(/^Box Office listens at /);
  return { ...process, url: `http://localhost:${env.PORT}` };
}

function call({ apiKey }: World, url: string, path: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${apiKey}`);
  return fetch(new URL(path, url), { ...init, headers });
}

async function ticketOf(world: World, answering: Promise<Response>) {
  const answer = await answering;
  const text = await answer.text();
  const body: Json = JSON.parse(text);
  if (answer.ok) world.tickets.add(String(body.ticket));
  return { status: answer.status, source: answer.headers.get("x-ticket-source"), body };
}

/** Says that SuperOffice refused this generation: what makes the service exchange. */
function renew(world: World, url: string, generation: unknown) {
  return ticketOf(
    world,
    call(world, url, TICKET, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rejected_generation: generation }),
    }),
  );
}

const cli = (world: World, ...args: string[]) =>
  runTask("cli", { cwd: world.folder, env: world.env, args });

/** What somebody can do who has files and a program, and no environment at all. */
const audit = (folder: string, ...args: string[]) => runTask("cli", { cwd: folder, args });

/** Does something that is interrupted while SuperOffice ponders on an exchange. */
async function duringExchange<T>(world: World, url: string, generation: unknown, deed: () => T) {
  const before = await exchangeCount(world);
  await control(world, "set", { exchangeDelayMs: 800 });
  const asked = renew(world, url, generation).catch(() => null);
  await eventually(
    "an exchange under way",
    async () => await exchangeCount(world) > before ? true : null,
  );
  deed();
  const answer = await asked;
  await control(world, "reset_switches");
  return answer;
}

async function entriesOf(world: World): Promise<Json[]> {
  const { code, stdout, stderr } = await cli(world, "ledger", "export");
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Attempts at the key that have an intent but no outcome. */
function openAttempts(entries: readonly Json[]): unknown[] {
  const closed = new Set(
    entries.filter(({ kind }) => kind === "sign_outcome").map(({ attempt }) => attempt),
  );
  return entries.filter(({ kind, attempt }) => kind === "sign_intent" && !closed.has(attempt));
}

const STEPS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  async "a consent, a ticket from an exchange, then from memory, then from the store"(world) {
    await control(world, "revoke", { context_identifier: TENANT });
    const first = await serve(world);
    try {
      const browser = createBrowser();
      const landing = await browser.open(first.url);
      const signIn = await browser.press(landing, "Connect SuperOffice");
      const approval = await browser.press(signIn, "Sign in");
      const back = await browser.press(approval, "I approve");
      const done = await browser.press(back, "Continue");
      assert.equal(done.url.href, `${first.url}/consent/done`);
      assert.match(done.text, new RegExp(TENANT));

      const fresh = await ticketOf(world, call(world, first.url, TICKET));
      assert.deepEqual([fresh.status, fresh.source], [200, "exchange"], JSON.stringify(fresh.body));
      const again = await ticketOf(world, call(world, first.url, TICKET));
      assert.equal(again.source, "memory");
      assert.deepEqual(again.body, fresh.body);

      const second = await serve(world, { PORT: String(freePort()) });
      try {
        const elsewhere = await ticketOf(world, call(world, second.url, TICKET));
        assert.equal(elsewhere.source, "store");
        assert.deepEqual(elsewhere.body, fresh.body);
      } finally {
        await second.end();
      }
      assert.equal(await exchangeCount(world), 1);
      assert.equal(await signatureCount(world), 1);
      const contact = await fetch(`${fresh.body.webapi_url}v1/Contact`, {
        method: "POST",
        headers: {
          "authorization": `SOTicket ${fresh.body.ticket}`,
          "so-apptoken": world.simulator.client_secret,
          "content-type": "application/json",
          "accept": "application/json",
        },
        body: JSON.stringify({ Name: "By two processes" }),
      });
      assert.equal((await contact.json()).Name, "By two processes");
      const ready = await fetch(`${first.url}/readyz`);
      assert.equal((await ready.json()).status, "ready");
    } finally {
      await first.end();
    }
  },

  "with every key in the environment nothing is written to the disk"({ folder }) {
    assert.deepEqual([...Deno.readDirSync(`${folder}/data`)], []);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["callers.json", "data"]);
    return Promise.resolve();
  },

  async "SIGTERM lets a request in flight be answered, and ends with 0"(world) {
    const service = await serve(world);
    try {
      const { body } = await ticketOf(world, call(world, service.url, TICKET));
      const answer = await duringExchange(
        world,
        service.url,
        body.generation,
        () => service.kill("SIGTERM"),
      );
      assert.equal(answer?.status, 200);
      assert.equal(answer?.body.generation, Number(body.generation) + 1);
      assert.equal((await service.exit()).code, 0);
      const entries = await entriesOf(world);
      assert.equal(entries.at(-1)?.result, "issued");
      assert.deepEqual(openAttempts(entries), []);
    } finally {
      await service.end();
    }
  },

  async "SIGKILL amid a signature leaves its intent on record, and a ledger that verifies"(world) {
    await control(world, "add_tenant", { context_identifier: OTHER_TENANT });
    const service = await serve(world);
    try {
      const browser = createBrowser();
      const signIn = await browser.open(`${service.url}/consent?tenant=${OTHER_TENANT}`);
      const approval = await browser.press(signIn, "Sign in");
      const back = await browser.press(approval, "I approve");
      const done = await browser.press(back, "Continue");
      assert.match(done.text, new RegExp(OTHER_TENANT));

      const before = await signatureCount(world);
      await kmsFault(world, { kind: "silent", happened: true });
      const asked = call(world, service.url, `/v1/tenants/${OTHER_TENANT}/ticket`)
        .then(async (answer) => void await answer.body?.cancel(), () => {});
      await eventually(
        "a signature",
        async () => await signatureCount(world) > before ? true : null,
      );
      service.kill("SIGKILL");
      await asked;
      assert.equal((await service.exit()).signal, "SIGKILL");
    } finally {
      await kmsFault(world, null);
      await service.end();
    }
    const verdict = await cli(world, "ledger", "verify", "--json");
    assert.equal(verdict.code, 0, verdict.stdout);
    const entries = await entriesOf(world);
    assert.equal(openAttempts(entries).length, 1);
    // Each use of the key has its intent. Where the kill came late there is one intent more: of the
    // attempt after the silent one, which had not reached the key.
    const intents = entries.filter(({ kind }) => kind === "sign_intent").length;
    const uses = await signatureCount(world);
    assert.ok(uses === intents || uses === intents - 1, `${uses} uses, ${intents} intents`);
  },

  async "SIGKILL amid an exchange leaves a ledger that verifies and a tenant that recovers"(world) {
    // Without a standby the lease of the dead is over sooner.
    const { KMS_STANDBY_KEY_VERSION: _, ...env } = world.env;
    const single: World = { ...world, env };
    const openBefore = openAttempts(await entriesOf(world)).length;
    const killed = await serve(single);
    const before = await ticketOf(world, call(single, killed.url, TICKET));
    const answer = await duringExchange(
      world,
      killed.url,
      before.body.generation,
      () => killed.kill("SIGKILL"),
    );
    assert.equal(answer, null);
    assert.equal((await killed.exit()).signal, "SIGKILL");

    const service = await serve(single);
    try {
      const verdict = await cli(world, "ledger", "verify", "--json");
      assert.equal(verdict.code, 0, verdict.stdout);
      const entries = await entriesOf(world);
      assert.equal(openAttempts(entries).length, openBefore, "the signature's outcome is lost");
      const last = entries.at(-1);
      assert.deepEqual([last?.kind, last?.result], ["sign_outcome", "signed"]);

      const recovering = renew(world, service.url, before.body.generation);
      await refuseBadEnvironments(world);
      world.nowWaiting();
      const recovered = await recovering;
      assert.deepEqual([recovered.status, recovered.source], [200, "exchange"]);
      assert.ok(Number(recovered.body.generation) > Number(before.body.generation));
    } finally {
      await service.end();
    }
  },

  async "the operator's verification and the auditor's agree, and both notice"(world) {
    const own = await cli(world, "ledger", "verify", "--json");
    assert.equal(own.code, 0, own.stdout + own.stderr);
    const [exported, checkpoint, key] = await Promise.all([
      cli(world, "ledger", "export"),
      cli(world, "ledger", "checkpoint"),
      cli(world, "ledger", "key"),
    ]);
    const lines = exported.stdout.trimEnd().split("\n");
    assert.match(checkpoint.stdout, /^tickets\.example\.com\/ledger\n\d+\n/);

    const folder = await Deno.makeTempDir({ prefix: "box-office-auditor-" });
    try {
      await Deno.writeTextFile(`${folder}/checkpoint`, checkpoint.stdout);
      const verify = async (name: string, text: string) => {
        await Deno.writeTextFile(`${folder}/${name}`, text);
        const files = ["--file", name, "--checkpoint", "checkpoint", "--key", key.stdout.trim()];
        const { code, stdout } = await audit(folder, "ledger", "verify", ...files, "--json");
        return { code, verdict: JSON.parse(stdout) as Json };
      };
      const right = await verify("export", exported.stdout);
      assert.equal(right.code, 0);
      assert.deepEqual(right.verdict, JSON.parse(own.stdout));
      assert.equal(right.verdict.size, lines.length);

      for (const { name, index, tampered } of tamperings(lines)) {
        const { code, verdict } = await verify(name, tampered.map((line) => `${line}\n`).join(""));
        assert.equal(code, 1, name);
        assert.deepEqual([verdict.ok, verdict.index], [false, index], name);
      }
      const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert.ok(!left.includes("data"), "an auditor's folder got a data directory");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },

  async "no process of the service said a secret, and all log lines are JSON"(world) {
    const { env, simulator, apiKey, services, tickets } = world;
    const secrets = [
      simulator.client_secret,
      simulator.system_user_token,
      apiKey,
      env.UPSTASH_REDIS_REST_TOKEN!,
      env.LEDGER_KEY!,
      ...env.SEALING_KEYS!.split(",").map((pair) => pair.split(":")[1]!),
      ...tickets,
    ];
    assert.ok(services.length >= 5 && tickets.size >= 3);
    for (const service of services) {
      const { stdout, stderr } = await service.exit();
      for (const secret of secrets) assert.ok(!(stdout + stderr).includes(secret));
      for (const line of stderr.trimEnd().split("\n")) JSON.parse(line);
    }
  },
};

/** What somebody might do to an export, and the first index that is bad then. */
function tamperings(lines: readonly string[]) {
  const bent = lines[2]!.replace(/"result":"signed"/, '"result":"failed"');
  assert.notEqual(bent, lines[2]);
  return [
    { name: "an-entry-left-out", index: 1, tampered: lines.toSpliced(1, 1) },
    { name: "an-outcome-turned-round", index: 2, tampered: lines.with(2, bent) },
    { name: "the-last-entry-cut-off", index: lines.length - 1, tampered: lines.slice(0, -1) },
  ];
}

/** Each with two problems at least; what the values are must not be said. */
const BAD: readonly { readonly bend: Env; readonly names: readonly string[] }[] = [
  {
    bend: {
      PUBLIC_URL: "http://marked-1.example.com",
      LOG_LEVEL: "marked-2",
      LEDGER_KEY: "marked-3",
    },
    names: ["PUBLIC_URL", "LEDGER_KEY", "LOG_LEVEL"],
  },
  {
    bend: {
      SUPEROFFICE_ENVIRONMENT: "online",
      SUPEROFFICE_CLIENT_SECRET: "",
      KMS_KEY_VERSION: "marked-4",
      SEALING_KEYS: "marked-5",
      CALLERS: "marked-6",
    },
    names: ["SUPEROFFICE_CLIENT_SECRET", "KMS_KEY_VERSION", "SEALING_KEYS", "CALLERS"],
  },
  {
    bend: {
      DENO_DEPLOYMENT_ID: "marked-7",
      UPSTASH_REDIS_REST_URL: "",
      UPSTASH_REDIS_REST_TOKEN: "",
      CALLERS_FILE: "/marked-8",
    },
    names: ["UPSTASH_REDIS_REST_URL", "CALLERS_FILE"],
  },
];

async function refuseBadEnvironments(world: World): Promise<void> {
  for (const { bend, names } of BAD) {
    const env = { ...world.env, PORT: String(freePort()), ...bend };
    const { code, stdout, stderr } = await runTask("start", { cwd: world.folder, env });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    const [title, ...lines] = stderr.trimEnd().split("\n");
    assert.equal(title, `Cannot start: ${names.length} problems in the environment`);
    assert.deepEqual(lines.map((line) => line.trim().split(" ")[0]).sort(), [...names].sort());
    for (const name of SECRETS) {
      const value = (env as Env)[name] ?? "";
      assert.ok(value === "" || !stderr.includes(value), `${name} is printed`);
    }
    assert.ok(!stderr.includes("marked-"), stderr);
    const attempt = Deno.connect({ hostname: "127.0.0.1", port: Number(env.PORT) });
    await assert.rejects(attempt, Deno.errors.ConnectionRefused);
  }
  const cliToo = await runTask("cli", { env: { PORT: "marked-9" }, args: ["ledger", "verify"] });
  assert.equal(cliToo.code, 2);
  assert.match(cliToo.stderr, /PORT is not a whole number/);
}

const SECRETS = [
  "SUPEROFFICE_CLIENT_SECRET",
  "UPSTASH_REDIS_REST_TOKEN",
  "SEALING_KEYS",
  "LEDGER_KEY",
  "CALLERS",
];

/** @param nowWaiting called when there is nothing to do but to wait for the lease of the dead */
export async function useProcesses(t: Deno.TestContext, nowWaiting: () => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-processes-" });
  const helpers: Process[] = [];
  let world: World | null = null;
  try {
    world = await buildWorld(folder, helpers, nowWaiting);
    for (const [name, deed] of Object.entries(STEPS)) {
      const went = await t.step({ name, fn: () => deed(world!), ...AT_ONCE });
      if (!went) break;
    }
  } finally {
    await Promise.all([...world?.services ?? [], ...helpers].map((process) => process.end()));
    await Deno.remove(folder, { recursive: true });
  }
}
