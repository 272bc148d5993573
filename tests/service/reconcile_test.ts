/**
 * `cli ledger reconcile` on what really happened: a service that signs through Google's client at the
 * Cloud KMS stand-in, that stand-in's audit log, and somebody else with the same credential.
 */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { crc32c } from "../../src/adapters/signing/crc32c.ts";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import { sign } from "../simulator/cloud_kms_client.ts";
import { jsonLines } from "../support/audit_entries.ts";
import { startKms } from "../support/kms.ts";
import {
  createTestClock,
  environmentOf,
  startService,
  TENANT,
  type TestService,
} from "../support/service.ts";

const line = sharedCommandLine();

interface LogEntry {
  readonly timestamp: string;
  readonly insertId: string;
  readonly protoPayload: {
    readonly methodName: string;
    readonly resourceName: string;
    readonly status: { readonly code?: number };
    readonly requestMetadata: {
      readonly callerSuppliedUserAgent: string;
      readonly requestAttributes: { readonly reason?: string };
    };
    readonly request: { readonly digest?: { readonly sha256?: string } };
  };
}

interface Finding {
  readonly time: string;
  readonly why: string;
  readonly principal: string | null;
  readonly caller_ip: string | null;
  readonly user_agent: string | null;
  readonly key_version: string;
  readonly insert_id: string;
  readonly attempt: string;
  readonly result: string;
  readonly digest_sha256: string;
  readonly matched_by: string;
}

interface Json {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly unexplained: readonly Finding[];
  readonly unwitnessed: readonly Finding[];
  readonly indeterminate: readonly Finding[];
  readonly matched: readonly (Finding & { readonly intent: Finding })[];
  readonly log: Readonly<Record<string, unknown>>;
  readonly logging: Readonly<Record<string, unknown>>;
}

/** A ticket that is exchanged anew. */
async function exchangeAgain(service: TestService): Promise<void> {
  const path = `/v1/tenants/${TENANT}/ticket`;
  const { generation } = await (await service.call(path)).json();
  const body = JSON.stringify({ rejected_generation: generation });
  const headers = { "content-type": "application/json" };
  const answer = await service.call(path, { method: "POST", headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

/** Everything that can happen to an attempt, each in a minute of its own, and so with its own digest. */
async function haveALife(service: TestService, advance: () => void): Promise<void> {
  const kms = service.kms!;
  await service.consent();
  const faults = [
    null,
    { kind: "status", status: "UNAVAILABLE", calls: 1 },
    { kind: "reset", calls: 1 },
    { kind: "reset", calls: 1, happened: true },
  ] as const;
  for (const fault of faults) {
    advance();
    kms.fault(fault);
    await exchangeAgain(service);
  }
  advance();
}

/** A crypto key that is none of the app's. @returns its first version */
async function addForeignKey(url: string, keyVersion: string): Promise<string> {
  const ring = keyVersion.replace(/\/cryptoKeys\/.*/, "");
  const body = JSON.stringify({
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "HSM" },
  });
  const made = await fetch(`${url}/v1/${ring}/cryptoKeys?cryptoKeyId=other`, {
    method: "POST",
    body,
  });
  assert.equal(made.status, 200, await made.text());
  return `${ring}/cryptoKeys/other/cryptoKeyVersions/1`;
}

/** The same log as another export would have it: out of order, repeated, in other spellings. */
function garble(entries: readonly LogEntry[]): unknown[] {
  const spelled = entries.map((entry, place) => {
    const { protoPayload } = entry;
    const sha256 = protoPayload.request.digest?.sha256;
    if (place % 2 === 0 || sha256 === undefined) return entry;
    const digest = { sha256: Uint8Array.fromHex(sha256).toBase64() };
    const methodName = `google.cloud.kms.v1.KeyManagementService.${protoPayload.methodName}`;
    const request = { ...protoPayload.request, digest };
    return { ...entry, protoPayload: { ...protoPayload, methodName, request } };
  });
  return [...spelled.toReversed(), ...spelled.filter((_, place) => place % 3 === 0)];
}

const environmentWithKms = (service: TestService): Record<string, string> => ({
  ...environmentOf(service),
  KMS_KEY_VERSION: service.kms!.keyVersion,
  KMS_ENDPOINT: service.kms!.url,
});

/** Long enough ago for everything to have settled. */
const HOUR_MS = 3_600_000;

/** What happened an hour ago is still open. */
const UNSETTLED = ["--settling-minutes", "90"];

const AGENT = "curl/8.5.0,gzip(gfe)";

/** Somebody with our credential and a program of their own. */
function createThief(kms: CloudKmsSimulator) {
  return {
    async sign(digest: string, keyVersion = kms.keyVersion) {
      const bytes = Uint8Array.fromHex(digest);
      const body = { digest: { sha256: bytes.toBase64() }, digestCrc32c: String(crc32c(bytes)) };
      const headers = { "user-agent": "curl/8.5.0" };
      assert.equal((await sign(kms, body, { keyVersion, headers })).status, 200);
    },
  };
}

const digestIn = ({ protoPayload }: LogEntry) => protoPayload.request.digest!.sha256!;

/** The digest of a failed attempt of which the log has nothing. */
async function digestOfUnarrived(service: TestService, log: readonly LogEntry[]) {
  const reasons = log.map((it) => it.protoPayload.requestMetadata.requestAttributes.reason);
  const entries = await service.entries();
  const [lost, ...others] = entries.filter(({ kind, attempt }) =>
    kind === "sign_intent" && !reasons.includes(String(attempt))
  );
  assert.deepEqual(others, []);
  return String(lost!.digest_sha256);
}

Deno.test("a real log is told apart from a real ledger, entry by entry", async (t) => {
  const clock = createTestClock(Math.floor(Date.now() / 60_000) * 60_000 - HOUR_MS);
  const kms = await startKms({ clock: clock.now });
  const service = await startService({ kms, clock });
  const folder = await Deno.makeTempDir();
  const env = environmentWithKms(service);
  const reconcile = (args: readonly string[], environment: Record<string, string> = env) =>
    line.run({ env: environment, args: ["ledger", "reconcile", ...args] });
  const json = async (args: readonly string[], environment = env) => {
    const { code, stdout, stderr } = await reconcile([...args, "--json"], environment);
    return { code, stderr, found: JSON.parse(stdout) as Json };
  };
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  const logged = () => kms.auditEntries() as readonly LogEntry[];
  try {
    await haveALife(service, () => clock.advance(60_000));
    const honest = write("honest.jsonl", jsonLines(logged()));

    await t.step(
      "all of it is explained: retries, refused calls, calls that never came",
      async () => {
        const { code, found, stderr } = await json(["--cloud-audit-logs", honest]);
        assert.deepEqual([code, found.ok, stderr], [0, true, ""]);
        assert.deepEqual(found.counts, {
          matched: 6,
          unwitnessed: 2,
          unexplained: 0,
          indeterminate: 0,
        });
        // The call that was made, but whose answer was lost, is in the log, and so it is matched.
        assert.deepEqual(found.matched.map(({ intent }) => intent.result), [
          "signed",
          "signed",
          "signed",
          "signed",
          "failed",
          "signed",
        ]);
        assert.deepEqual(found.unwitnessed.map(({ why }) => why), ["refused", "failed"]);
        assert.ok(Number(found.log["refused"]) === 1 && Number(found.log["other_methods"]) >= 1);
      },
    );

    await t.step("what has not settled is left open, and does no harm", async () => {
      const { code, found } = await json(["--cloud-audit-logs", honest, ...UNSETTLED]);
      assert.equal(code, 0);
      assert.deepEqual(found.indeterminate.map(({ why }) => why), ["too_recent"]);
      assert.deepEqual(found.unwitnessed.map(({ why }) => why), ["refused"]);
    });

    const own = logged().filter(({ protoPayload: { methodName, status } }) =>
      methodName === "AsymmetricSign" && status.code === undefined
    );
    const thief = createThief(kms);
    await thief.sign("ab".repeat(32));
    await thief.sign(digestIn(own[0]!));
    const refused = logged().find((it) => it.protoPayload.status.code === 14)!;
    await thief.sign(digestIn(refused));
    // The one theft that counting cannot find: in place of a call of ours that never arrived.
    const unarrived = await digestOfUnarrived(service, logged());
    await thief.sign(unarrived);
    await thief.sign("ab".repeat(32), await kms.addKeyVersion({}));
    const foreign = await addForeignKey(kms.url, kms.keyVersion);
    await thief.sign("ab".repeat(32), foreign);
    const stolen = logged().filter((it) =>
      it.protoPayload.requestMetadata.callerSuppliedUserAgent === AGENT
    );
    assert.equal(stolen.length, 6);

    /** What every form of the log must say of the theft. */
    const assertFound = ({ code, found }: { readonly code: number; readonly found: Json }) => {
      assert.deepEqual([code, found.ok], [1, false]);
      const whys = ["no_intent", "too_many", "too_many", "unknown_version"];
      assert.deepEqual(found.unexplained.map(({ why }) => why), whys);
      const insertIds = [0, 1, 2, 4].map((place) => stolen[place]!.insertId);
      assert.deepEqual(found.unexplained.map((it) => it.insert_id), insertIds);
      for (const finding of found.unexplained) {
        assert.match(finding.principal!, /^box-office@/, "the credential was our own");
        assert.deepEqual([finding.caller_ip, finding.user_agent], ["203.0.113.7", AGENT]);
        assert.match(finding.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      }
      assert.equal(found.matched.length, 7);
      for (const { intent, ...signature } of found.matched) {
        const entry = own.find((it) => it.insertId === signature.insert_id);
        const isCounted = signature.digest_sha256 === unarrived && entry === undefined;
        assert.equal(signature.matched_by, isCounted ? "count" : "attempt");
        const { reason } = entry?.protoPayload.requestMetadata.requestAttributes ?? {};
        if (!isCounted) assert.equal(reason, intent.attempt);
      }
    };

    await t.step(
      "a forged signature, one too many, and one by a new version are found",
      async () => {
        const path = write("log.jsonl", jsonLines(logged()));
        const told = await json(["--cloud-audit-logs", path]);
        assertFound(told);
        assert.deepEqual(told.found.log["other_keys"], [{ key_version: foreign, count: 1 }]);
        // The store was read after the log: no intent can be still to come.
        const { found } = await json(["--cloud-audit-logs", path, ...UNSETTLED]);
        assert.equal(found.counts["unexplained"], 4);
      },
    );

    await t.step(
      "out of order, repeated, in base64, with long names: the same is found",
      async () => {
        const path = write("garbled.json", JSON.stringify(garble(logged()), null, 2));
        assertFound(await json(["--cloud-audit-logs", path, "--cloud-audit-logs", path]));
      },
    );

    await t.step("asked live, the same is found", async () => {
      const live = ["--live", "--logging-endpoint", kms.url];
      assertFound(await json(live));
      const { host } = new URL(kms.url);
      const elsewhere = ["--live", "--logging-endpoint", `http://${host}/`, "--project", "none"];
      assert.equal((await json(elsewhere)).found.counts["unwitnessed"], 8);
    });

    await t.step(
      "an auditor needs no configuration: two exports, a checkpoint and a key",
      async () => {
        const cli = async (...args: string[]) => {
          const { code, stdout, stderr } = await line.run({ env, args: ["ledger", ...args] });
          assert.equal(code, 0, stderr);
          return stdout;
        };
        const ledger = write("ledger.jsonl", await cli("export"));
        const checkpoint = write("checkpoint.txt", await cli("checkpoint"));
        const key = (await cli("key")).trim();
        const path = write("log.jsonl", jsonLines(logged()));
        const files = ["--file", ledger, "--cloud-audit-logs", path];
        const signed = [...files, "--checkpoint", checkpoint, "--key", key];
        assertFound(await json(signed, {}));
        const kept = ["--checkpoint", checkpoint, "--key", key];
        assertFound(await json([...kept, "--cloud-audit-logs", path]));

        // What was stolen after the export is not to be told from what the export does not have yet.
        const early = await json([...files, ...UNSETTLED], {});
        assert.equal(early.code, 0);
        const whys = early.found.indeterminate.map(({ why }) => why);
        assert.deepEqual(whys, new Array(4).fill("after_ledger"));

        const lines = Deno.readTextFileSync(ledger);
        const bad = write("bad.jsonl", lines.replace('"result":"signed"', '"result":"fine"'));
        const found = await reconcile(["--file", bad, "--cloud-audit-logs", path], {});
        assert.equal(found.code, 1);
        assert.match(found.stdout, /^BAD: entry \d+: its result is not one of its kind\n$/);
        const short = write("short.jsonl", lines.slice(0, lines.lastIndexOf("{")));
        const cut = await reconcile([...signed.with(1, short), "--json"], {});
        assert.equal(cut.code, 1);
        assert.deepEqual(JSON.parse(cut.stdout).ok, false);
      },
    );

    await t.step("for people: the verdict first, who it was, and what cannot be seen", async () => {
      const path = write("log.jsonl", jsonLines(logged()));
      const { code, stdout, stderr } = await reconcile(["--cloud-audit-logs", path]);
      assert.deepEqual([code, stderr], [1, ""]);
      const lines = stdout.split("\n");
      assert.match(lines[0]!, /^UNEXPLAINED: 4 signatures in the cloud's log were not asked for/);
      assert.ok(lines.includes("Unexplained") && lines.includes("What this cannot see"));
      const thefts = lines.filter((line) =>
        /^ {2}\S+Z {2}box-office@\S+ {2}203\.0\.113\.7 {2}curl\/8\.5\.0/.test(line)
      );
      assert.equal(thefts.length, 5);
      assert.match(stdout, /^Matched by count alone: [^]+? curl\/8[^]+?: failed$/m);
      assert.match(stdout, /Logging is not confirmed: there is no canary here/);
      assert.match(stdout, /^ +6 {2}box-office@\S+ {2}203\.0\.113\.7 {2}box-office\//m);
      assert.match(stdout, new RegExp(`Signatures by another key: 1, ${foreign}`));
    });

    await t.step("a window tells only of what lies in it", async () => {
      const path = write("log.jsonl", jsonLines(logged()));
      const from = stolen[0]!.timestamp;
      const args = ["--cloud-audit-logs", path];
      assert.equal(
        (await json([...args, "--to", own[0]!.timestamp])).found.counts["unexplained"],
        0,
      );
      const { found } = await json([...args, "--from", from]);
      assert.deepEqual([found.counts["matched"], found.counts["unexplained"]], [1, 4]);
      const [day] = from.split("T");
      const whole = await json([...args, "--from", day!, "--to", day!]);
      assert.equal(whole.found.counts["unexplained"], 4);
    });

    await t.step("what is signed while the log is being read is explained, too", async () => {
      const busy = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        async (it) => {
          const body = await it.text();
          await exchangeAgain(service);
          return await fetch(`${kms.url}/v2/entries:list`, { method: "POST", body });
        },
      );
      const { found } = await json([
        "--live",
        "--logging-endpoint",
        `http://127.0.0.1:${busy.addr.port}`,
      ]);
      await busy.shutdown();
      assert.deepEqual([found.counts["matched"], found.counts["unexplained"]], [8, 4]);
    });
  } finally {
    await service.close();
    await kms.close();
    await Deno.remove(folder, { recursive: true });
  }
});
