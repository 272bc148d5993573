/**
 * Google's Cloud KMS client in a worker: loading it would stop every caller of this process for a
 * quarter of a second. Where there are no workers, it runs in this thread.
 */

import { SignerFault, type SignerFaultReason } from "../../domain/signer_fault.ts";
import { createThreadHost, type KmsHost } from "./kms_host.ts";

type Method = "ready" | "getPublicKey" | "asymmetricSign";

/** From this thread to the worker. */
export interface KmsCall {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
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
 * @param startWorker for tests
 * @param otherwise for a runtime that starts no workers
 */
export function createWorkerHost(
  startWorker: () => WorkerLike = startKmsWorker,
  otherwise: () => KmsHost = createThreadHost,
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
    opened.onmessage = ({ data }: MessageEvent<KmsReply>) => {
      hasAnswered = true;
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
    return opened;
  };

  const call = <T>(method: Method, args: readonly unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      worker!.postMessage({ id, method, args } satisfies KmsCall);
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

function startKmsWorker(): WorkerLike {
  return new Worker(new URL("./kms_worker.ts", import.meta.url), {
    type: "module",
    name: "cloud-kms",
  });
}
