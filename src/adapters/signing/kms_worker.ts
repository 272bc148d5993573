/**
 * The worker that Google's Cloud KMS client runs in: takes calls as messages and answers each one. A
 * module of its own, started by `kms_worker_host.ts`; it has the permissions of the process.
 */

import { once } from "../../domain/once.ts";
import { SignerFault } from "../../domain/signer_fault.ts";
import { fromWire } from "./google_access_wire.ts";
import { createThreadHost } from "./kms_host.ts";
import type {
  KmsCall,
  KmsIntroduction,
  KmsQuestion,
  KmsReply,
  KmsToken,
} from "./kms_worker_host.ts";

let host = createThreadHost();
const asked = new Map<number, PromiseWithResolvers<string>>();
let lastQuestion = 0;
/** Loaded where telemetry is on. */
const traced = once(async () => {
  const [{ filterSpans }, { belowRemote }] = await Promise.all([
    import("../telemetry/span_filter.ts"),
    import("../telemetry/remote_parent.ts"),
  ]);
  filterSpans();
  return { belowRemote };
});
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<KmsCall | KmsIntroduction | KmsToken>) => void) | null;
  postMessage(message: KmsReply | KmsQuestion): void;
};

scope.onmessage = async ({ data }) => {
  if ("access" in data) return void (host = createThreadHost(fromWire(data.access, ask)));
  if ("question" in data) return hear(data);
  const { id, method, args, traceparent } = data;
  try {
    const call = host[method] as (...args: readonly unknown[]) => Promise<unknown>;
    const answer = traceparent === undefined
      ? call(...args)
      : (await traced.get()).belowRemote(traceparent, () => call(...args));
    scope.postMessage({ id, answer: await answer });
  } catch (error) {
    const fault = error instanceof SignerFault ? error : new SignerFault("internal");
    const { reason, retryable, retryAfterMs } = fault;
    scope.postMessage({ id, fault: { reason, retryable, retryAfterMs } });
  }
};

/** Who supplies our token is in the thread that started this one. */
function ask(audience: string): Promise<string> {
  const question = ++lastQuestion;
  const answer = Promise.withResolvers<string>();
  asked.set(question, answer);
  scope.postMessage({ question, audience });
  return answer.promise;
}

function hear({ question, token }: KmsToken): void {
  const answer = asked.get(question);
  asked.delete(question);
  if (token === null) answer?.reject(new SignerFault("unauthenticated"));
  else answer?.resolve(token);
}
