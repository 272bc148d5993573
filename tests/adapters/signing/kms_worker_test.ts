/** Google's client in a worker: the same answers and faults, and none of its weight in this thread. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { createThreadHost, type KmsHost } from "../../../src/adapters/signing/kms_host.ts";
import {
  createWorkerHost,
  type WorkerLike,
} from "../../../src/adapters/signing/kms_worker_host.ts";
import type { KmsFault } from "../../../src/simulator/cloud_kms/faults.ts";
import { faultIn, faultOf, sharedCloudKms, signerFor, text } from "./fixtures.ts";

const kms = await sharedCloudKms();
const place = { endpoint: null, projectId: "p" };
const options = { timeoutMs: 1000, headers: {} };

/** Files of Google's package that this thread has loaded. */
const loadedHere = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((file) => /google-cloud.kms/.test(file));

async function withWorker(work: (host: KmsHost) => Promise<void>): Promise<void> {
  const host = createWorkerHost();
  try {
    await work(host);
  } finally {
    host.close();
  }
}

Deno.test("a worker signs, keeps its keys apart, and this thread loads nothing of Google's", () =>
  withWorker(async (host) => {
    const other = await kms.addKeyVersion({});
    const signers = [signerFor(kms, { host }), signerFor(kms, { host, keyVersion: other })];
    const signed = await Promise.all(signers.map((it) => it.sign(text, { attempt: "a" })));
    assert.deepEqual(signed.map((it) => it.keyVersion), [kms.keyVersion, other]);
    assert.deepEqual(loadedHere(), []);
  }));

Deno.test("a thread that loads the package itself would show it", async () => {
  await createThreadHost().ready();
  assert.ok(loadedHere().length > 0);
});

const faults: readonly KmsFault[] = [
  { kind: "status", status: "RESOURCE_EXHAUSTED" },
  { kind: "status", status: "PERMISSION_DENIED" },
  { kind: "corrupt_signature_crc32c" },
  { kind: "missing_verified_digest_crc32c" },
  { kind: "wrong_name" },
];

Deno.test("faults are the same through a worker as in this thread", () =>
  withWorker(async (host) => {
    const here = signerFor(kms);
    const there = signerFor(kms, { host });
    for (const fault of faults) {
      kms.fault(fault);
      const [expected, got] = [await faultOf(here), await faultOf(there)];
      const members = (
        { reason, retryable, retryAfterMs }: typeof got,
      ) => [reason, retryable, retryAfterMs];
      assert.deepEqual(members(got), members(expected), JSON.stringify(fault));
      kms.fault(null);
    }
  }));

Deno.test("a worker that is closed fails what is under way, and its thread is gone", async () => {
  const host = createWorkerHost();
  const signing = faultIn(host.getPublicKey({ ...place, endpoint: kms.url }, "n", options));
  host.close();
  assert.equal((await signing).reason, "aborted");
});

/** A worker that does as told; says how many were started. */
function actors(act: (worker: WorkerLike, call: { readonly id: number }) => void) {
  const started: WorkerLike[] = [];
  const start = (): WorkerLike => {
    const worker: WorkerLike = {
      onmessage: null,
      onerror: null,
      onmessageerror: null,
      postMessage: (call: { readonly id: number }) => queueMicrotask(() => act(worker, call)),
      terminate: () => {},
    };
    started.push(worker);
    return worker;
  };
  return { started, start };
}

const fails = ({ onerror }: WorkerLike) =>
  onerror?.call(null as never, new ErrorEvent("error", { cancelable: true }));

Deno.test("a worker that ends by itself fails its calls, and the next call starts another", async () => {
  let healthy = true;
  const { started, start } = actors((worker, { id }) => {
    if (!healthy) return fails(worker);
    worker.onmessage?.call(
      null as never,
      new MessageEvent("message", { data: { id, answer: id } }),
    );
  });
  const host = createWorkerHost(null, start, () => assert.fail("this thread is not needed"));
  await host.ready();
  healthy = false;
  const [one, two] = await Promise.all([faultIn(host.ready()), faultIn(host.ready())]);
  assert.deepEqual([one.reason, one.retryable, two.reason], ["internal", true, "internal"]);
  healthy = true;
  await host.ready();
  assert.equal(started.length, 2);
});

Deno.test("a worker that is started early is asked nothing, and answers the first call", async () => {
  let calls = 0;
  const { started, start } = actors((worker, { id }) => {
    calls++;
    worker.onmessage?.call(
      null as never,
      new MessageEvent("message", { data: { id, answer: id } }),
    );
  });
  const host = createWorkerHost(null, start);
  assert.equal(started.length, 0);
  host.start();
  host.start();
  assert.deepEqual([started.length, calls], [1, 0]);
  await host.ready();
  assert.deepEqual([started.length, calls], [1, 1]);
});

/** A host that counts what it is asked. */
function counting() {
  let asked = 0;
  const host = { ready: () => Promise.resolve(void asked++), close: () => {} };
  return { host: () => host as unknown as KmsHost, asked: () => asked };
}

Deno.test("where no worker can be started, Google's client runs in this thread", async () => {
  const thread = counting();
  const host = createWorkerHost(null, () => {
    throw new ReferenceError("Worker is not defined");
  }, thread.host);
  await host.ready();
  await host.ready();
  assert.equal(thread.asked(), 2);
  host.close();
});

Deno.test("a worker that fails before its first answer is not started again", async () => {
  const thread = counting();
  const { started, start } = actors(fails);
  const host = createWorkerHost(null, start, thread.host);
  assert.deepEqual((await faultIn(host.ready())).retryable, true);
  await host.ready();
  assert.deepEqual([started.length, thread.asked()], [1, 1]);
});
