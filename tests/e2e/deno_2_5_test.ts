/**
 * The service on Deno 2.5, started as Deno Deploy does it: our entry with everything allowed, no flag
 * of ours, our own `deno.json` and lock. Everything around it runs on the pinned version.
 */

import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { openOlderDeno } from "../support/deno_2_5.ts";
import { fromFileUrl } from "../support/paths.ts";
import { type Process, runTask, startFile } from "../support/processes.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import { type SharedWorld, startSharedWorld } from "../support/shared_world.ts";

const LISTENS = /^Box Office listens at (\S+)$/;
const TICKET = `/v1/tenants/${TENANT}/ticket`;

/** What Deno Deploy sets: there is no disk then. */
const PLATFORM = { DENO_DEPLOYMENT_ID: "test" };

/** What is loaded by a request is only seen by the type checker if it is named. */
const SERVED = ["src/main.ts", "src/client/mod.ts", "src/adapters/signing/kms_worker.ts"];

const needs = { ignore: requires("deno-2.5").ignore || requires("redis-server").ignore };

Deno.test({
  name: "on Deno 2.5 the service goes from a consent to a ledger that verifies",
  ...needs,
  async fn() {
    const older = await openOlderDeno();
    const world = await startSharedWorld();
    const env = { ...world.env, ...PLATFORM, ...older.env };
    const service = startFile("src/main.ts", { program: older.program, env });
    try {
      const [, url] = await service.line(LISTENS);
      await takeTicket(world, url!);
      await refuseNonsense(world, url!);
      await verifyLedger(world, url!);
      await endInTime(service);
    } finally {
      await service.end();
      await world.close();
      await older.close();
    }
  },
});

async function takeTicket(world: SharedWorld, url: string): Promise<void> {
  equal((await world.consent(url)).url.pathname, "/consent/done");
  const sources: (string | null)[] = [];
  for (let times = 0; times < 2; times++) {
    const answer = await world.call(url, TICKET);
    match((await answer.json()).ticket, /^7T:/);
    sources.push(answer.headers.get("x-ticket-source"));
  }
  deepStrictEqual(sources, ["exchange", "memory"]);
  equal(world.kms.signatures(), 1);
  const relayed = await world.call(url, `/v1/tenants/${TENANT}/api/v1/Contact`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept": "application/json" },
    body: JSON.stringify({ Name: "By Deno 2.5" }),
  });
  equal((await relayed.json()).Name, "By Deno 2.5");
  deepStrictEqual((await (await fetch(new URL("/readyz", url))).json()).status, "ready");
}

/** Its decoder of base64 throws where later ones do not: what anybody may send must not be a fault. */
async function refuseNonsense({ call }: SharedWorld, url: string): Promise<void> {
  for (const token of ["abcde.abcde.abcde", "a.b.c", "aaaaa", "é.é.é"]) {
    const push = await fetch(new URL("/v1/state-changes", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ChangeType: "Suspend", ContextIdentifier: TENANT, Token: token }),
    });
    const { code } = await push.json();
    ok([400, 401].includes(push.status), `${token}: ${push.status} ${code}`);
    const caller = await fetch(new URL(TICKET, url), {
      headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
    });
    equal((await caller.json()).code, "caller_unknown", token);
  }
  const absent = await call(url, "/v1/tenants/Cust99999/ticket");
  equal((await absent.json()).code, "tenant_unknown");
}

/** By somebody who has files only. */
async function verifyLedger({ call }: SharedWorld, url: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  const save = async (name: string, path: string): Promise<string> => {
    const text = await (await call(url, path)).text();
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return text.trim();
  };
  try {
    await save("checkpoint", "/v1/ledger/checkpoint");
    await save("entries", "/v1/ledger/entries");
    const key = await save("key", "/v1/ledger/key");
    const args = ["ledger", "verify", "--file", "entries", "--checkpoint", "checkpoint"];
    const verdict = await runTask("cli", { cwd: folder, args: [...args, "--key", key] });
    equal(verdict.code, 0, verdict.stdout + verdict.stderr);
    const entries = (await Deno.readTextFile(`${folder}/entries`)).trim().split("\n");
    const kinds = entries.map((line) => JSON.parse(line).kind);
    deepStrictEqual(kinds, ["consent", "sign_intent", "sign_outcome", "exchange"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Deno Deploy sends SIGINT, and five seconds later what cannot be heeded. */
async function endInTime(service: Process): Promise<void> {
  const from = performance.now();
  service.kill("SIGINT");
  const { code, stdout, stderr } = await service.exit();
  equal(code, 0, stderr);
  ok(performance.now() - from < 5000);
  ok(!/http\.fault|renewal\.fault/.test(stdout + stderr), stdout);
}

Deno.test({
  name: "Deno 2.5 finds no fault with the types of what is served",
  ...requires("deno-2.5"),
  async fn() {
    const older = await openOlderDeno();
    try {
      const root = fromFileUrl(new URL("../..", import.meta.url));
      const { code, stderr } = await new Deno.Command(older.program, {
        args: ["check", "--config", older.config, ...SERVED],
        cwd: root,
        env: older.env,
      }).output();
      equal(code, 0, new TextDecoder().decode(stderr));
    } finally {
      await older.close();
    }
  },
});
