/**
 * The main job, narrated: consent, ticket, company, ledger, against the simulated SuperOffice and
 * over real HTTP. Each line is printed after the thing happened and was looked at from outside; the
 * first that did not happen ends the demo with exit code 1. Leaves nothing behind.
 *
 * `--break signature` makes SuperOffice refuse every signature, to see the demo fail.
 */

import { Command, Option } from "commander";
import { openCheckpoint, parseVerifierKey } from "./domain/checkpoint.ts";
import { createLedgerWalk } from "./domain/ledger_verification.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import { parseConfig } from "./config.ts";
import { createBrowser } from "./demo_browser.ts";
import { type Running, start } from "./main.ts";
import { print } from "./print.ts";

const TENANT = "Cust12345";

type Json = Record<string, unknown>;

/** What the steps hand on. */
interface Story {
  readonly running: Running;
  ticket: Json;
}

class DemoFault extends Error {}

function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new DemoFault(what);
}

/** Runs the demo. @returns true if every step happened */
export async function runDemo(broken: "signature" | null): Promise<boolean> {
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-demo-" });
  const began = performance.now();
  try {
    const running = await startService(dataDir);
    if (broken === "signature") running.simulator!.control.set({ verifySignatures: "reject" });
    try {
      await tell({ running, ticket: {} });
    } finally {
      await running.stop();
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    print.line(`\nThe whole of it took ${seconds} s. Everything above happened; nothing is left.`);
    return true;
  } catch (error) {
    if (!(error instanceof DemoFault)) throw error;
    print.error(`  FAILED     ${error.message}`);
    return false;
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function startService(dataDir: string): Promise<Running> {
  const parsed = parseConfig({ PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "off" }, () => null);
  if (!parsed.ok) throw new Error("Cannot run the demo: its own configuration is refused");
  const running = await start(parsed.config);
  print.line(
    `Box Office at ${running.publicUrl.origin}, simulated SuperOffice at ` +
      `${running.simulator!.url}\n`,
  );
  return running;
}

async function tell(story: Story): Promise<void> {
  for (const [name, step] of Object.entries(STEPS)) {
    const began = performance.now();
    const said = await step(story);
    const took = `${(performance.now() - began).toFixed(0)} ms`;
    print.line(`${took.padStart(8)}  ${name.padEnd(9)} ${said}`);
  }
}

const STEPS: Readonly<Record<string, (story: Story) => Promise<string>>> = {
  async consent({ running }) {
    const browser = createBrowser();
    const landing = await browser.open(running.publicUrl);
    const signIn = await browser.press(landing, "Connect SuperOffice");
    const approval = await browser.press(signIn, "Sign in");
    const sent = await browser.press(approval, "I approve");
    const done = await browser.press(sent, "Continue");
    expect(done.status === 200, `the consent ended with status ${done.status}`);
    expect(done.url.pathname === "/consent/done", `the consent ended at ${done.url.pathname}`);
    expect(done.text.includes(TENANT), "the last page does not name the tenant");
    return `an administrator signed in, pressed "I approve" and sees that ${TENANT} is connected`;
  },

  async store({ running }) {
    const tenant = await ask(running, `/v1/tenants/${TENANT}`);
    expect(tenant.health === "connected", "the tenant is not stored as connected");
    const entry = (await entries(running)).find((known) => known.kind === "consent");
    expect(entry?.serial === tenant.serial, "the ledger does not hold the consent");
    return `the id token passed every check; ${tenant.company_name} is stored, the consent on record`;
  },

  async ticket(story) {
    const { body, source } = await askTicket(story.running);
    expect(source === "exchange", `the ticket came from ${source}, not from an exchange`);
    story.ticket = body;
    return `generation ${body.generation}, good until at least ${body.expires_at}`;
  },

  async sign({ running }) {
    const all = await entries(running);
    const intent = all.find((entry) => entry.kind === "sign_intent");
    const outcome = all.find((entry) => entry.kind === "sign_outcome");
    expect(intent !== undefined && outcome?.result === "signed", "no signature is on record");
    return `the system user token was signed once by ${intent.key_version}, intent before signature`;
  },

  async exchange({ running, ticket }) {
    const exchanges = running.simulator!.control.exchanges();
    expect(exchanges.length === 1, `SuperOffice saw ${exchanges.length} exchanges, not 1`);
    const entry = (await entries(running)).find((known) => known.kind === "exchange");
    expect(entry?.result === "issued", "no issued ticket is on record");
    expect(entry.ticket_sha256 === sha256Hex(String(ticket.ticket)), "the digest is another's");
    return "SuperOffice verified the signature; its answer passed every check; digest on record";
  },

  async again({ running, ticket }) {
    const { body, source } = await askTicket(running);
    expect(source === "memory", `the second ticket came from ${source}, not from memory`);
    expect(body.ticket === ticket.ticket, "the second ticket is another one");
    expect(running.simulator!.control.exchangeCount() === 1, "SuperOffice was asked again");
    return "the same ticket from memory; SuperOffice was not asked";
  },

  async company({ running, ticket }) {
    const headers = {
      "authorization": `SOTicket ${ticket.ticket}`,
      "so-apptoken": running.simulator!.clientSecret,
      "content-type": "application/json",
      "accept": "application/json",
    };
    const address = `${ticket.webapi_url}v1/Contact`;
    const name = "Founded by Box Office";
    const body = JSON.stringify({ Name: name });
    const created = await read(await fetch(address, { method: "POST", headers, body }));
    expect(created.status === 200, `creating the company was answered ${created.status}`);
    const id = created.body.ContactId;
    const seen = await read(await fetch(`${address}/${id}`, { headers }));
    expect(seen.body.Name === name, "the company cannot be read back");
    return `company ${id} "${name}" created in the tenant as the system user, and read back`;
  },

  async ledger({ running }) {
    const [note, keyText] = await Promise.all([
      askText(running, "/v1/ledger/checkpoint"),
      askText(running, "/v1/ledger/key"),
    ]);
    const key = parseVerifierKey(keyText);
    const checkpoint = key === null ? null : openCheckpoint(note, key);
    expect(checkpoint !== null, "the checkpoint's signature does not verify");
    const walk = createLedgerWalk();
    const lines = (await askText(running, "/v1/ledger/entries")).split("\n").slice(0, -1);
    for (const line of lines) walk.next(line);
    const verdict = walk.finish(checkpoint);
    expect(verdict.ok, verdict.ok ? "" : `entry ${verdict.index}: ${verdict.why}`);
    return `${verdict.size} entries, every hash and the checkpoint's signature verified`;
  },
};

async function read(response: Response): Promise<{ status: number; body: Json }> {
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: {} };
  }
}

function call(running: Running, path: string): Promise<Response> {
  const authorization = `Bearer ${running.apiKey!.reveal()}`;
  return fetch(new URL(path, running.publicUrl), { headers: { authorization } });
}

async function askText(running: Running, path: string): Promise<string> {
  const response = await call(running, path);
  const text = await response.text();
  expect(response.ok, `${path} was answered ${response.status}`);
  return text;
}

async function ask(running: Running, path: string): Promise<Json> {
  return JSON.parse(await askText(running, path));
}

async function entries(running: Running): Promise<Json[]> {
  const text = await askText(running, "/v1/ledger/entries");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

async function askTicket(running: Running): Promise<{ body: Json; source: string | null }> {
  const response = await call(running, `/v1/tenants/${TENANT}/ticket`);
  const { status, body } = await read(response);
  expect(status === 200, `the ticket was refused: ${body.code ?? status}`);
  return { body, source: response.headers.get("x-ticket-source") };
}

if (import.meta.main) {
  const { break: broken } = new Command("deno task demo")
    .description("The main job, unattended, against a simulated SuperOffice")
    .addOption(
      new Option("--break <what>", "let this fail, to see that the demo notices")
        .choices(["signature"]),
    )
    .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2))
    .parse(Deno.args, { from: "user" })
    .opts<{ break?: "signature" }>();
  Deno.exit(await runDemo(broken ?? null) ? 0 : 1);
}
