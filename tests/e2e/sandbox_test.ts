/**
 * `deno task start` with no environment at all, by somebody who has just cloned the repository: does
 * what is printed work when it is done as printed, and again after a restart?
 */

import assert from "node:assert/strict";
import { createBrowser, type Page } from "../../src/demo_browser.ts";
import { freePort, type Process, startTask } from "../support/processes.ts";

interface Printed {
  readonly service: string;
  readonly curl: string;
  /** The line that uses a ticket, which stands in it as `7T:…`. */
  readonly use: string;
}

async function readPrinted(process: Process): Promise<Printed> {
  const [, service] = await process.line(/^1\. Open (\S+), press "Connect SuperOffice"/);
  const [, curl] = await process.line(/^ {3}(curl .*Bearer .*)$/);
  const [, use] = await process.line(/^ {3}curl (.*SOTicket .*)$/);
  return { service: service!, curl: curl!, use: use! };
}

/** What the printed lines tell a person to do first. */
async function consent({ service }: Printed): Promise<Page> {
  const browser = createBrowser();
  let page = await browser.press(await browser.open(service), "Connect SuperOffice");
  page = await browser.press(page, "Sign in");
  if (page.text.includes("I approve")) page = await browser.press(page, "I approve");
  return await browser.press(page, "Continue");
}

interface Ticket {
  readonly ticket: string;
  readonly generation: number;
  readonly webapi_url: string;
}

/** Runs the very line that was printed, in a shell. */
async function runCurl({ curl }: Printed): Promise<Ticket> {
  const line = curl.replace(/^curl /, "curl --silent --show-error --fail ");
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Without curl: the same request, from the same printed line. */
async function runFetch({ curl }: Printed): Promise<Ticket> {
  const [, header, url] = /^curl -H "([^"]+)" (\S+)$/.exec(curl) ?? [];
  const [name, value] = header!.split(": ");
  const answer = await fetch(url!, { headers: { [name!]: value! } });
  assert.equal(answer.status, 200);
  return await answer.json();
}

/** What the last printed line does, with a ticket in it. */
async function useTicket({ use }: Printed, { ticket }: Ticket): Promise<number> {
  const headers = [...use.matchAll(/-H "([^:]+): ([^"]+)"/g)]
    .map(([, name, value]) => [name!, value!.replace("7T:…", ticket)] as [string, string]);
  const answer = await fetch(use.split(" ").at(-1)!, { headers });
  await answer.body?.cancel();
  return answer.status;
}

async function hasCurl(): Promise<boolean> {
  try {
    return (await new Deno.Command("curl", { args: ["-V"], stdout: "null" }).output()).success;
  } catch {
    return false;
  }
}

const keyOf = ({ curl }: Printed): string => /Bearer ([^"]+)/.exec(curl)![1]!;

async function withProcess<T>(process: Process, deed: (process: Process) => Promise<T>) {
  try {
    return await deed(process);
  } finally {
    await process.end();
  }
}

async function terminate(process: Process): Promise<void> {
  process.kill("SIGTERM");
  const { code, stderr } = await process.exit();
  assert.equal(code, 0, stderr);
  for (const line of stderr.trimEnd().split("\n")) JSON.parse(line);
}

Deno.test("the sandbox prints what to do, it works, and it still works after a restart", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "box-office-sandbox-" });
  const runPrinted = await hasCurl() ? runCurl : runFetch;
  // Of all that could be set only the port: 8000 may be somebody else's on this machine.
  const env = { PORT: String(freePort()) };
  const start = () => startTask("start", { cwd, env });
  try {
    const first = await withProcess(start(), async (process) => {
      const printed = await readPrinted(process);
      const done = await consent(printed);
      assert.equal(done.url.pathname, "/consent/done");
      assert.match(done.text, /Cust12345/);
      const ticket = await runPrinted(printed);
      assert.match(ticket.ticket, /^7T:/);
      assert.equal(await useTicket(printed, ticket), 200);
      await terminate(process);
      return { printed, ticket };
    });
    assert.deepEqual([...Deno.readDirSync(cwd)].map(({ name }) => name), ["data"]);

    await withProcess(start(), async (process) => {
      const printed = await readPrinted(process);
      assert.equal(printed.curl, first.printed.curl);
      const authorization = `Bearer ${keyOf(printed)}`;
      const at = (path: string) => new URL(path, printed.service);
      const known = await fetch(at("/v1/tenants"), { headers: { authorization } });
      const { tenants } = await known.json();
      assert.deepEqual(
        tenants.map((one: Record<string, unknown>) => [one.context_identifier, one.health]),
        [["Cust12345", "connected"]],
      );

      // The stored ticket is served, but SuperOffice has forgotten it: a caller reports that.
      const stored = await runPrinted(printed);
      assert.equal(stored.ticket, first.ticket.ticket);
      const answer = await fetch(at("/v1/tenants/Cust12345/ticket"), {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ rejected_generation: stored.generation }),
      });
      const renewed: Ticket = await answer.json();
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("x-ticket-source"), "exchange");
      assert.equal(renewed.generation, stored.generation + 1);
      assert.equal((await runPrinted(printed)).ticket, renewed.ticket);
      await terminate(process);
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("a port that is taken is said in one line, and the process ends with 2", async () => {
  const cwd = await Deno.makeTempDir({ prefix: "box-office-sandbox-" });
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const env = { PORT: String(taken.addr.port) };
    const exit = await withProcess(startTask("start", { cwd, env }), (process) => process.exit());
    assert.equal(exit.code, 2);
    assert.equal(exit.stdout, "");
    assert.match(exit.stderr, /^Cannot start: .*in use.*\n$/);
  } finally {
    taken.close();
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("a start that cannot be is refused in a sentence that names what is wrong", async () => {
  const starts = [
    { args: [], env: { DATA_DIR: "/proc/nowhere" }, says: /^Cannot start: .*\(DATA_DIR\)\n$/ },
    { args: ["--port", "1"], env: {}, says: /^Cannot start: arguments are not taken\n/ },
  ];
  for (const { args, env, says } of starts) {
    const main = new URL("../../src/main.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", main, ...args],
      env: { PORT: "0", NO_COLOR: "1", ...env },
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), says);
  }
});

Deno.test("a request to the simulated SuperOffice that never ends does not keep the sandbox alive", async () => {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const process = startTask("start", { cwd: folder, env: { PORT: String(port) } });
  try {
    const { use } = await readPrinted(process);
    const tenant = new URL(use.split(" ").at(-1)!);
    const half = await Deno.connect({ hostname: "127.0.0.1", port: Number(tenant.port) });
    const head =
      "POST /Cust12345/api/v1/Contact HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n";
    await half.write(new TextEncoder().encode(head));
    // Answered after it has come: then the half request was seen, too.
    await (await fetch(tenant)).body?.cancel();
    process.kill("SIGTERM");
    const { code, signal } = await process.exit();
    assert.deepEqual([code, signal], [0, null]);
    half.close();
  } finally {
    await process.end();
    await Deno.remove(folder, { recursive: true });
  }
});
