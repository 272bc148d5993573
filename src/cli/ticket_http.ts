/**
 * The exchange's one HTTP call as an onlooker sees it: method, address, fields with their secrets masked,
 * status. Bodies pass by; of an answer only three members are read, and none of its messages.
 */

import { shown } from "../domain/shown_text.ts";
import type { Teller } from "./ticket_teller.ts";
import type { XmlElement } from "../adapters/superoffice/xml.ts";
import { MAX_BODY_BYTES } from "../adapters/outbound/http.ts";
import { Secret } from "../domain/secret.ts";

export interface WatchedCall {
  /** Sends, and tells of it. */
  readonly fetch: typeof fetch;
  /** The token that came last, not yet judged by anybody. */
  token(): Secret | null;
}

/** @param fields what is sent, ready to be shown */
export function watchCall(
  teller: Teller,
  flavour: "rest" | "soap",
  fields: () => readonly string[],
): WatchedCall {
  let token: Secret | null = null;
  const read = flavour === "rest" ? readJson : readXml;

  const tell = async (response: Response, body: string, tookMs: number): Promise<void> => {
    const { isSuccessful, hasMessage, jwt } = await read(body);
    token = jwt === null ? null : new Secret(jwt);
    const type = response.headers.get("content-type")?.split(";")[0] ?? "no content type";
    const said = isSuccessful === null ? "" : `, IsSuccessful ${isSuccessful}`;
    const brought = jwt === null ? "" : `, a token of ${jwt.length} characters`;
    const lines = [`HTTP ${response.status}, ${shown(type)}${said}${brought}`];
    if (hasMessage) lines.push("an ErrorMessage, which is not shown: it may repeat what was sent");
    teller.step("answer", tookMs, ...lines);
  };

  const watched = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    token = null;
    const url = input instanceof Request ? input.url : String(input);
    teller.step("request", null, `${init?.method ?? "GET"} ${url}`, ...fields());
    const began = performance.now();
    const response = await fetch(input, init);
    if (response.body === null) {
      await tell(response, "", performance.now() - began);
      return response;
    }
    const { status, statusText, headers } = response;
    const seen = response.body.pipeThrough(
      watchBody((body) => tell(response, body, performance.now() - began)),
    );
    return new Response(seen, { status, statusText, headers });
  };
  return { fetch: watched as typeof fetch, token: () => token };
}

/** Lets everything pass, and tells at the end what it was: of a body that is too large, nothing. */
function watchBody(tell: (body: string) => Promise<void>): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) text += decoder.decode(chunk, { stream: true });
      controller.enqueue(chunk);
    },
    flush: () => tell(bytes <= MAX_BODY_BYTES ? text : ""),
  });
}

interface Answer {
  /** Null if it does not say. */
  readonly isSuccessful: boolean | null;
  readonly hasMessage: boolean;
  readonly jwt: string | null;
}

const NOTHING: Answer = { isSuccessful: null, hasMessage: false, jwt: null };

function readJson(body: string): Answer {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return NOTHING;
    // ASP.NET may be set to another letter case.
    return answerOf(new Map(Object.entries(value).map(([name, it]) => [name.toLowerCase(), it])));
  } catch {
    return NOTHING;
  }
}

async function readXml(body: string): Promise<Answer> {
  const { parseXml } = await import("../adapters/superoffice/xml.ts");
  const members = new Map<string, unknown>();
  const visit = ({ name, text, children }: XmlElement): void => {
    if (children.length === 0) members.set(name.toLowerCase(), text.trim());
    children.forEach(visit);
  };
  const root = parseXml(body);
  if (root !== null) visit(root);
  return answerOf(members);
}

function answerOf(members: ReadonlyMap<string, unknown>): Answer {
  const [successful, message, token] = ["issuccessful", "errormessage", "token"].map((name) =>
    members.get(name)
  );
  return {
    isSuccessful: successful === undefined ? null : /^(?:true|1)$/.test(String(successful)),
    hasMessage: typeof message === "string" && message !== "",
    jwt: typeof token === "string" && token !== "" ? token : null,
  };
}
