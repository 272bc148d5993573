/** The ledger for auditors over HTTP, and by the operator's commands as processes beside the service. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { createLedger } from "../../src/usecases/ledger.ts";
import { openStores } from "../../src/parts_stores.ts";
import { systemClock, systemIds } from "../../src/system.ts";
import { leafHash } from "../../src/domain/merkle.ts";
import { decodeBundle, decodeTile } from "../../src/domain/tiles.ts";
import { isConsistent } from "../../src/domain/tree_proofs.ts";
import { type Exit, runTask } from "../support/processes.ts";
import { assertProblem } from "../support/problems.ts";
import { API_KEY, environmentOf, startService, type TestService } from "../support/service.ts";

const line = sharedCommandLine();

const LEDGER = "/v1/ledger";

/** So many entries, written by another process's hand into the same store. */
async function fill({ config, log }: TestService, count: number): Promise<void> {
  const stores = await openStores(config);
  const ledger = createLedger({ store: stores.ledger, clock: systemClock, ids: systemIds, log });
  const context = { requestId: "r", caller: "c", contextIdentifier: "Cust777" };
  const deed = { kind: "tenant_removed", reason: "requested" } as const;
  await Promise.all(Array.from({ length: count }, () => ledger.record(context, deed)));
  stores.close();
}

async function readAnswer(response: Response) {
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

async function bytesOf(service: TestService, path: string): Promise<Uint8Array> {
  const answer = await service.call(`${LEDGER}/${path}`);
  assert.equal(answer.status, 200, path);
  assert.equal(answer.headers.get("content-type"), "application/octet-stream");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  return new Uint8Array(await answer.arrayBuffer());
}

Deno.test("tiles, bundles and consistency proofs over HTTP", async (test) => {
  const service = await startService();
  await fill(service, 300);
  const lines = (await (await service.call(`${LEDGER}/entries`)).text()).split("\n").slice(0, -1);

  await test.step("a tile holds the hashes of what the bundle of its number holds", async () => {
    const bundle = decodeBundle(await bytesOf(service, "tile/entries/000"));
    assert.deepEqual(bundle, lines.slice(0, 256));
    const tile = decodeTile(await bytesOf(service, "tile/0/001.p/44"));
    assert.deepEqual(tile, lines.slice(256).map(leafHash));
    assert.equal(decodeTile(await bytesOf(service, "tile/1/000.p/1"))?.length, 1);
  });

  await test.step("a tile that is not there yet, or in another spelling, is not found", async () => {
    for (
      const path of [
        "tile/0/001",
        "tile/0/001.p/45",
        "tile/0/1",
        "tile/entries/002",
        "tile/",
        "tile",
      ]
    ) {
      assertProblem(await readAnswer(await service.call(`${LEDGER}/${path}`)), "not_found");
    }
    const posted = await service.call(`${LEDGER}/tile/0/000`, { method: "POST" });
    assertProblem(await readAnswer(posted), "method_not_allowed");
    assert.equal(posted.headers.get("allow"), "GET, HEAD");
  });

  await test.step("two sizes are consistent, and the later one is the log's if none is named", async () => {
    const proof = await (await service.call(`${LEDGER}/consistency?first=200`)).json();
    const { first, second, first_root_hash, second_root_hash } = proof;
    assert.deepEqual(Object.keys(proof).sort(), [
      "first",
      "first_root_hash",
      "proof",
      "second",
      "second_root_hash",
    ]);
    assert.deepEqual([first, second], [200, 300]);
    const earlier = { size: first, rootHash: first_root_hash };
    assert.ok(isConsistent(earlier, { size: 300, rootHash: second_root_hash }, proof.proof));
    const other = await (await service.call(`${LEDGER}/consistency?first=100&second=200`)).json();
    assert.equal(other.second_root_hash, first_root_hash);
    assert.ok(
      isConsistent({ size: 100, rootHash: other.first_root_hash }, earlier, other.proof),
    );
  });

  await test.step("sizes in the wrong order, or none at all, are said to be that", async () => {
    for (const query of ["", "?first=0", "?first=3&second=2", "?first=x", "?first=1&second=-1"]) {
      const answer = await service.call(`${LEDGER}/consistency${query}`);
      assertProblem(await readAnswer(answer), "invalid_request");
    }
    const beyond = await service.call(`${LEDGER}/consistency?first=1&second=301`);
    assertProblem(await readAnswer(beyond), "not_found");
  });

  await test.step("nobody without the permission reads any of it", async () => {
    for (const path of ["tile/0/000", "tile/entries/000", "consistency?first=1", "tile/nothing"]) {
      const headers = { authorization: "Bearer bo_nobodys" };
      const answer = await readAnswer(await service.call(`${LEDGER}/${path}`, { headers }));
      assertProblem(answer, "caller_unknown");
    }
  });

  await service.close();
});

Deno.test("the operator's and the auditor's commands", async (test) => {
  const service = await startService();
  const folder = await Deno.makeTempDir();
  const own = environmentOf(service);
  const operator = (...args: string[]) => line.run({ env: own, args: ["ledger", ...args] });
  /** Without any configuration. */
  const auditor = (args: readonly string[], input?: string) =>
    runTask("cli", { args: ["ledger", ...args], ...(input === undefined ? {} : { input }) });
  await service.consent();
  await (await service.call("/v1/tenants/Cust12345/ticket")).text();
  await fill(service, 600);
  const save = async (name: string, text: Promise<string>) => {
    await Deno.writeTextFile(`${folder}/${name}`, await text);
    return `${folder}/${name}`;
  };
  const get = async (path: string) => await (await service.call(`${LEDGER}/${path}`)).text();
  const key = (await get("key")).trim();
  const kept = await save("kept.txt", get("checkpoint"));
  await fill(service, 30);
  const ok = ({ code, stdout, stderr }: Exit) => {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^OK: 634 entries, root hash [0-9a-f]{64}\n$/);
  };

  await test.step("a running service is verified with its key, a credential and a kept checkpoint", async () => {
    const where = ["verify", "--service", service.url.origin, "--key", key, "--kept", kept];
    ok(await auditor(where, API_KEY));
    const stranger = await auditor(where, "bo_nobodys");
    assert.equal(stranger.code, 2);
    assert.match(stranger.stderr, /^Cannot read the service: the credential is not one of its/);
    const keyless = await auditor(["verify", "--service", service.url.origin], API_KEY);
    assert.equal(keyless.code, 2);
    assert.match(keyless.stderr, /give its key with --key/);
  });

  await test.step("a service under another key is refused", async () => {
    const other = "log.example+3a2b1c0d+AUTPEi2kEQY4Ebj9UNbf00AyE6ZerzFLMik9IxXJ9StF";
    const malformed = await auditor(
      ["verify", "--service", service.url.origin, "--key", other],
      API_KEY,
    );
    assert.equal(malformed.code, 2);
    const another = await startService();
    const foreign = (await (await another.call(`${LEDGER}/key`)).text()).trim();
    await another.close();
    const exit = await auditor(
      ["verify", "--service", service.url.origin, "--key", foreign],
      API_KEY,
    );
    assert.equal(exit.code, 1);
    assert.match(exit.stdout, /^BAD: the checkpoint is malformed or not signed by this key/);
  });

  await test.step("a copy as tiles verifies alone, and names what is bent in it", async () => {
    const tiles = `${folder}/tiles`;
    assert.equal((await operator("export", "--tiles", tiles)).code, 0);
    ok(await auditor(["verify", "--tiles", tiles, "--key", key]));
    const path = `${tiles}/tile/entries/001`;
    const bytes = await Deno.readFile(path);
    const leaves = decodeBundle(bytes)!;
    const at = new TextDecoder().decode(bytes).indexOf(leaves[100]!);
    bytes[at + leaves[100]!.indexOf("Cust777") + 4] = 0x38;
    await Deno.writeFile(path, bytes);
    const bent = await auditor(["verify", "--tiles", tiles, "--key", key]);
    assert.equal(bent.code, 1);
    assert.match(bent.stdout, /^BAD: entry 356: /);
  });

  await test.step("a receipt shows one tenant's entries and verifies alone", async () => {
    const { stdout, code } = await operator("receipt", "--tenant", "cust12345");
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /Cust777/);
    const receipt = await save("receipt.json", Promise.resolve(stdout));
    const exit = await auditor(["verify", "--receipt", receipt, "--key", key]);
    assert.match(exit.stdout, /^OK: 4 entries of Cust12345, each in the log of 634, root hash/);
    const none = await operator("receipt", "--tenant", "Cust1");
    assert.deepEqual([none.code, none.stderr], [1, "The ledger has no entry of Cust1.\n"]);
  });

  await test.step("an export and the checkpoint that it was cut at fit, while the log grows", async () => {
    const checkpoint = `${folder}/cut.txt`;
    const { stdout, code } = await operator("export", "--checkpoint", checkpoint);
    assert.equal(code, 0);
    const file = await save("cut.jsonl", Promise.resolve(stdout));
    await Deno.writeTextFile(`${folder}/key.txt`, `${key}\n`);
    const files = ["--file", file, "--checkpoint", checkpoint, "--key", `${folder}/key.txt`];
    ok(await auditor(["verify", ...files]));
  });

  await test.step("an option that would say nothing is refused, not passed over", async () => {
    for (
      const args of [
        ["--receipt", kept, "--kept", kept],
        ["--service", service.url.origin, "--tiles", folder],
        ["--file", kept, "--tiles", folder],
      ]
    ) {
      const { code, stderr } = await auditor(["verify", ...args, "--key", key], API_KEY);
      assert.equal(code, 2);
      assert.match(stderr, /^Cannot verify: /);
    }
  });

  await test.step("in a shell with another address nothing is signed under another name", async () => {
    const env = { ...own, PUBLIC_URL: "http://localhost:1" };
    for (const verb of ["checkpoint", "verify"]) {
      const { code, stdout, stderr } = await runTask("cli", { env, args: ["ledger", verb] });
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^Cannot use the ledger as localhost:1\/ledger: /);
    }
  });

  await test.step("what was archived is in the folder only, and the log verifies with it", async () => {
    const archive = `${folder}/archive`;
    const moved = await operator("archive", "--to", archive, "--keep-days", "0");
    assert.equal(moved.code, 0, moved.stderr);
    assert.match(moved.stdout, /Moved 512\. Entries 0 to 511 are now there only/);
    const without = await operator("verify");
    assert.equal(without.code, 2);
    assert.match(without.stderr, /LEDGER_ARCHIVE must name its archive's folder/);
    const env = { ...own, LEDGER_ARCHIVE: archive };
    ok(await runTask("cli", { env, args: ["ledger", "verify", "--kept", kept] }));
    ok(await auditor(["verify", "--tiles", archive, "--key", key]));
    const copied = await runTask("cli", {
      env,
      args: ["ledger", "export", "--tiles", `${folder}/new`],
    });
    assert.equal(copied.code, 0, copied.stderr);
    ok(await auditor(["verify", "--tiles", `${folder}/new`, "--key", key]));
    const remote = await auditor(
      ["verify", "--service", service.url.origin, "--key", key],
      API_KEY,
    );
    assert.equal(remote.code, 2, remote.stdout);
    assert.match(remote.stderr, /does not have the first entries any more\. They were archived/);
    assertProblem(await readAnswer(await service.call(`${LEDGER}/entries`)), "not_found");
    for (const path of [`${LEDGER}/entries?after=511`, "/v1/tenants/Cust12345/ticket"]) {
      assert.equal((await readAnswer(await service.call(path))).status, 200, path);
    }
  });

  await service.close();
  await Deno.remove(folder, { recursive: true });
});
