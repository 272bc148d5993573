/**
 * What an error of Google's client means for the attempt loop. Keeps the kind and drops the rest:
 * the client's messages, causes and details repeat requests, answers and headers.
 */

import { SignerFault } from "../../domain/signer_fault.ts";

/**
 * Sources: canonical codes of gRPC as REST carries them; Cloud KMS, "Retry strategy" (UNAVAILABLE is
 * to be retried, RESOURCE_EXHAUSTED in the next second) and "Data integrity guidelines" (what
 * arrives damaged is refused as INVALID_ARGUMENT naming `digest_crc32c` or `data_crc32c`).
 */
export function toSignerFault(error: unknown): SignerFault {
  if (error instanceof SignerFault) return error;
  const { code, httpStatusCode, message, cause } = fieldsOf(error);
  // The client wraps what its credentials fail with.
  if (cause instanceof SignerFault) return cause;
  switch (code) {
    case INVALID_ARGUMENT:
      return /(digest|data)_?crc32c/i.test(message) ? again("checksum") : never("invalid");
    case DEADLINE_EXCEEDED:
      return again("timeout");
    case NOT_FOUND:
      return never("not_found");
    case PERMISSION_DENIED:
      return never("denied");
    case RESOURCE_EXHAUSTED:
      return new SignerFault("quota", { retryable: true, retryAfterMs: 1000 });
    case FAILED_PRECONDITION:
      // Google sends it with 400. The client also gives this code to a 4xx that it does not know.
      return httpStatusCode === 400 ? never("key_not_enabled") : never("invalid");
    case UNIMPLEMENTED:
    case OUT_OF_RANGE:
      return never("invalid");
    case UNAUTHENTICATED:
      return never("unauthenticated");
    case UNAVAILABLE:
      // Without a status nothing was answered, or not all of it: the client calls that UNAVAILABLE.
      return httpStatusCode === null ? again("network") : again("unavailable");
    case CANCELLED:
      return again("network");
    default:
      return again("internal");
  }
}

const CANCELLED = 1;
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const OUT_OF_RANGE = 11;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

function again(reason: SignerFault["reason"]): SignerFault {
  return new SignerFault(reason, { retryable: true });
}

function never(reason: SignerFault["reason"]): SignerFault {
  return new SignerFault(reason);
}

interface ErrorFields {
  readonly code: number | null;
  readonly httpStatusCode: number | null;
  readonly message: string;
  readonly cause: unknown;
}

function fieldsOf(error: unknown): ErrorFields {
  const members: Readonly<Record<string, unknown>> = Object(error);
  const { code, httpStatusCode, message, cause } = members;
  return {
    code: typeof code === "number" ? code : null,
    httpStatusCode: typeof httpStatusCode === "number" ? httpStatusCode : null,
    message: typeof message === "string" ? message : "",
    cause,
  };
}
