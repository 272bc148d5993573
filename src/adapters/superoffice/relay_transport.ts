/**
 * Calls of a tenant's web API with the system user ticket and the app's secret
 * (docs.superoffice.com, "REST API authentication"). Both directions stream. What goes out is an
 * allow-list, because a header of the caller's may be a credential or mean something to SuperOffice;
 * what comes back is everything but what concerns the connection, credentials or this host's name.
 */

import { PartFault } from "../../domain/part_fault.ts";
import type { Secret } from "../../domain/secret.ts";
import type {
  RelayAnswer,
  RelayBody,
  RelayCall,
  RelayTransport,
} from "../../usecases/superoffice_ports.ts";
import { superOfficeFault } from "./http.ts";

/** Content, its negotiation, conditions, ranges, and SuperOffice's own three. */
const REQUEST_HEADERS = [
  "accept",
  "accept-language",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "prefer",
  "range",
  "so-culture",
  "so-language",
  "so-timezone",
];

const WITHHELD = new Set([
  // RFC 9110, section 7.6.1, and what is named by `connection` itself.
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // Credentials, and questions for them.
  "authentication-info",
  "authorization",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "set-cookie",
  "set-cookie2",
  "so-apptoken",
  "www-authenticate",
  // What a host says of itself is not true of ours.
  "alt-svc",
  "clear-site-data",
  "strict-transport-security",
  "x-request-id",
]);

export interface RelayTransportOptions {
  readonly clientSecret: Secret;
  /**
   * From the last byte sent to the answer's headers, and for each piece of a body to be taken. Neither
   * the caller's sending nor the answer's body has a deadline.
   */
  readonly timeoutMs: number;
  /** Only tests replace it. */
  readonly fetch?: typeof fetch;
}

export function createRelayTransport(options: RelayTransportOptions): RelayTransport {
  const { clientSecret, timeoutMs } = options;
  return {
    async send(target, ticket, call) {
      const patience = createPatience(timeoutMs);
      try {
        const response = await (options.fetch ?? fetch)(target, {
          method: call.method,
          headers: requestHeaders(call, ticket, clientSecret),
          body: patience.over(call.body),
          redirect: "manual",
          signal: AbortSignal.any([call.signal, patience.signal]),
        });
        if (response.status < 200 || response.status > 599) {
          await response.body?.cancel();
          throw superOfficeFault("protocol");
        }
        return answerOf(response, [ticket.reveal(), clientSecret.reveal()]);
      } catch (error) {
        if (error instanceof PartFault) throw error;
        // The error may repeat the address or what was sent: it ends here.
        throw superOfficeFault(patience.signal.aborted ? "timeout" : "network");
      } finally {
        patience.end();
      }
    },
  };
}

function requestHeaders({ headers }: RelayCall, ticket: Secret, clientSecret: Secret): Headers {
  const sent = new Headers({
    authorization: `SOTicket ${ticket.reveal()}`,
    "so-apptoken": clientSecret.reveal(),
    "user-agent": "box-office",
  });
  for (const name of REQUEST_HEADERS) {
    const value = headers.get(name);
    if (value !== null) sent.set(name, value);
  }
  if (!sent.has("accept")) sent.set("accept", "application/json");
  // `fetch` would decode the body and leave the headers that say how it was encoded and how long it was:
  // the caller would decode it again, and stop where the encoded one ended.
  sent.set("accept-encoding", "identity");
  return sent;
}

function answerOf(response: Response, secrets: readonly string[]): RelayAnswer {
  const named = (response.headers.get("connection") ?? "").toLowerCase().split(/\s*,\s*/);
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    const isWithheld = WITHHELD.has(name) || named.includes(name) ||
      name.startsWith("access-control-") || secrets.some((secret) => holds(value, secret));
    if (!isWithheld) headers.append(name, value);
  }
  return {
    status: response.status,
    headers,
    body: response.body,
    // A body that broke off meanwhile is let go of already.
    cancel: async () => await response.body?.cancel().catch(() => {}),
  };
}

/** True if a header holds the secret, as it is or as a URL's parser would read or write it. */
function holds(value: string, secret: string): boolean {
  const read = value.replaceAll(/\t/g, "");
  const decoded = read.replaceAll(
    /%([0-7][0-9a-f])/gi,
    (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return read.includes(secret) || decoded.includes(secret);
}

/**
 * A deadline that begins anew with every piece of a body that is sent, until the answer begins. It stands
 * still while the next piece is waited for: a caller who is slow is no fault of SuperOffice's.
 */
function createPatience(timeoutMs: number) {
  const controller = new AbortController();
  const wait = () => setTimeout(() => controller.abort(), timeoutMs);
  let timer = wait();
  let isOver = false;
  return {
    signal: controller.signal,
    over(body: RelayBody): RelayBody {
      if (!(body instanceof ReadableStream)) return body;
      const reader = body.getReader();
      return new ReadableStream({
        async pull(stream) {
          clearTimeout(timer);
          const { done, value } = await reader.read();
          if (!isOver) timer = wait();
          if (done) stream.close();
          else stream.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      });
    },
    end(): void {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
