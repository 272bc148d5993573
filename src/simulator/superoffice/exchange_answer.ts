/**
 * What the exchange's two doors have in common when they answer. Which status goes with which cause is
 * unpublished, so the channel of a no is a switch.
 */
import type { Behaviour, ForcedFailure } from "./behaviour.ts";
import type { ExchangeRequest, ExchangeResult } from "./exchange.ts";

/** HTTP status of the answer to a result. SOAP says an ordinary no inside an ordinary response. */
export function statusOf(
  { exchangeFailureMode }: Behaviour,
  door: ExchangeRequest["door"],
  result: ExchangeResult,
): number {
  if (result.kind === "forced") return result.failure.status;
  if (result.kind === "issued") return 200;
  switch (exchangeFailureMode) {
    case "status":
      if (door === "soap") return 200;
      return result.verdict === "malformed" ? 400 : 401;
    case "soft":
      return 200;
    case "forbidden":
      return 403;
    case "html":
      return 500;
  }
}

/** A forced answer, as it was asked for. */
export function forcedAnswer(failure: ForcedFailure): Response {
  const { status, body, contentType, headers } = failure;
  const isBodiless = status === 204 || status === 304;
  return new Response(isBodiless ? null : body ?? "", {
    status,
    headers: { "content-type": contentType ?? typeOf(body), ...headers },
  });
}

function typeOf(body = ""): string {
  return /^\s*[{[]/.test(body) ? "application/json" : "text/plain; charset=utf-8";
}

/** The page that stands for a server's own failure. */
export const serverErrorPage =
  "<html><body><h1>Server Error in '/Login' Application.</h1></body></html>";

/** The text of `ErrorMessage`; undefined: the member is absent. */
export function errorMessageOf(
  { errorMessage }: Behaviour,
  text: string,
): string | null | undefined {
  if (typeof errorMessage === "object") return errorMessage.text;
  switch (errorMessage) {
    case "default":
      return text;
    case "empty":
      return "";
    case "null":
      return null;
    case "absent":
      return undefined;
  }
}
