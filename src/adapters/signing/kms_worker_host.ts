/**
 * Google's Cloud KMS client in a worker: loading it would stop every caller of this process for a
 * quarter of a second. Where there are no workers, it runs in this thread.
 */

import type { GoogleAccess } from "../../domain/google_identity.ts";
import { SignerFault, type SignerFaultReason } from "../../domain/signer_fault.ts";
import { toWire, type WiredAccess } from "./google_access_wire.ts";
import { createThreadHost, type KmsHost } from "./kms_host.ts";

type Method = "ready" | "getPublicKey" | "asymmetricSign";

/** From this thread to the worker. */
export interface KmsCall {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
  /** Where telemetry is on: the W3C `traceparent` of the asker, or nothing. */
  readonly traceparent?: string;
}

/** Before the first call: who we are at Google. */
export interface KmsIntroduction {
  readonly access: WiredAccess;
}

/** The answer to a question of the worker's. Null: there is no token. */
export interface KmsToken {
  readonly question: number;
  readonly token: string | null;
}

/** Asks this thread for the supplier's token. */
export interface KmsQuestion {
  readonly question: number;
  readonly audience: string;
}

/** From the worker to this thread. */
export type KmsReply =
  | { readonly id: number; readonly answer: unknown }
  | {
    readonly id: number;
    readonly fault: {
      readonly reason: SignerFaultReason;
      readonly retryable: boolean;
      readonly retryAfterMs: number;
    };
  };

/** What is used of a worker. */
export type WorkerLike = Pick<
  Worker,
  "postMessage" | "terminate" | "onmessage" | "onerror" | "onmessageerror"
>;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: SignerFault) => void;
}

/**
 * Starts the worker with the first call, if not before. One that ends by itself fails its calls (`internal`,
 * retryable), and the next call starts another one, or none if that one had never answered.
 *
 * @param access who we are at Google; null: its library is to find out
 * @param startWorker for tests
 * @param otherwise for a runtime that starts no workers
 * @param traceparent of whoever asks; null: telemetry is off
 */
export function createWorkerHost(
  access: GoogleAccess | null = null,
  startWorker: () => WorkerLike = startKmsWorker,
  otherwise: () => KmsHost = () => createThreadHost(access),
  traceparent: (() => string) | null = null,
): KmsHost {
  const waiting = new Map<number, Waiting>();
  let worker: WorkerLike | null = null;
  let instead: KmsHost | null = null;
  let hasAnswered = false;
  let lastId = 0;

  const end = (fault: SignerFault): void => {
    worker?.terminate();
    worker = null;
    const lost = [...waiting.values()];
    waiting.clear();
    for (const { reject } of lost) reject(fault);
  };

  const open = (): WorkerLike => {
    const opened = startWorker();
    opened.onmessage = ({ data }: MessageEvent<KmsReply | KmsQuestion>) => {
      hasAnswered = true;
      if ("question" in data) return void answer(opened, data, access);
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("answer" in data) asked?.resolve(data.answer);
      else asked?.reject(new SignerFault(data.fault.reason, data.fault));
    };
    opened.onerror = (event) => {
      // Otherwise it would be this process's own unhandled error.
      event.preventDefault();
      if (worker !== opened) return;
      if (!hasAnswered) instead = otherwise();
      end(new SignerFault("internal", { retryable: true }));
    };
    opened.onmessageerror = () => {
      if (worker === opened) end(new SignerFault("internal", { retryable: true }));
    };
    if (access !== null) opened.postMessage({ access: toWire(access) } satisfies KmsIntroduction);
    return opened;
  };

  const call = <T>(method: Method, args: readonly unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      const trace = traceparent === null ? {} : { traceparent: traceparent() };
      worker!.postMessage({ id, method, args, ...trace } satisfies KmsCall);
    });

  const start = (): void => {
    if (instead !== null || worker !== null) return;
    try {
      worker = open();
    } catch {
      instead = otherwise();
    }
  };

  /** @returns the worker's answer; that of this thread where no worker can be started */
  const ask = <T>(method: Method, ...args: readonly unknown[]): Promise<T> => {
    start();
    if (instead === null) return call<T>(method, args);
    return (instead[method] as (...args: readonly unknown[]) => Promise<T>)(...args);
  };

  return {
    start,
    ready: () => ask("ready"),
    getPublicKey: (...args) => ask("getPublicKey", ...args),
    asymmetricSign: (...args) => ask("asymmetricSign", ...args),
    close() {
      end(new SignerFault("aborted"));
      instead?.close();
    },
  };
}

/** The supplier is here, with the one who started the program. Its failure is told without its words. */
async function answer(
  worker: WorkerLike,
  { question, audience }: KmsQuestion,
  access: GoogleAccess | null,
): Promise<void> {
  let token: string | null = null;
  try {
    token = await access?.identityToken?.(audience) ?? null;
  } catch {
    // Null says so.
  }
  // Whatever it returned is not ours to trust; what is no text could perhaps not even be posted.
  const text = typeof token === "string" ? token : null;
  worker.postMessage({ question, token: text } satisfies KmsToken);
}

function startKmsWorker(): WorkerLike {
  return new Worker(new URL("./kms_worker.ts", import.meta.url), {
    type: "module",
    name: "cloud-kms",
  });
}
