/**
 * The worker that Google's Cloud KMS client runs in: takes calls as messages and answers each one. A
 * module of its own, started by `kms_worker_host.ts`; it has the permissions of the process.
 */

import { SignerFault } from "../../domain/signer_fault.ts";
import { createThreadHost } from "./kms_host.ts";
import type { KmsCall, KmsReply } from "./kms_worker_host.ts";

const host = createThreadHost();
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<KmsCall>) => void) | null;
  postMessage(reply: KmsReply): void;
};

scope.onmessage = async ({ data: { id, method, args } }) => {
  try {
    const call = host[method] as (...args: readonly unknown[]) => Promise<unknown>;
    scope.postMessage({ id, answer: await call(...args) });
  } catch (error) {
    const fault = error instanceof SignerFault ? error : new SignerFault("internal");
    const { reason, retryable, retryAfterMs } = fault;
    scope.postMessage({ id, fault: { reason, retryable, retryAfterMs } });
  }
};
