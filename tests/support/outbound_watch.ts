/**
 * Watches what this process sends to SuperOffice and gets from it, and marks every secret in it: code
 * verifiers, signed texts, tokens, tickets. Can also make the next call fail in the most talkative way.
 */

import { Buffer } from "node:buffer";
import type { Marks } from "./marks.ts";

export interface OutboundWatch {
  /** The next call to an address that holds this text fails and repeats all that it was given. */
  failNext(address: string): void;
  /** Gives `fetch` back. */
  end(): void;
}

const SENT: Readonly<Record<string, string>> = {
  code_verifier: "code verifier",
  client_secret: "client secret",
  SignedSystemToken: "signed text",
};

const RECEIVED: Readonly<Record<string, string>> = {
  id_token: "id_token",
  access_token: "access token",
  refresh_token: "refresh token",
  Token: "exchange token",
};

export function createOutboundWatch(marks: Marks): OutboundWatch {
  const original = globalThis.fetch;
  const failures: string[] = [];
  const watched: typeof fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const sent = typeof init?.body === "string" ? init.body : "";
    const failing = failures.findIndex((part) => address.includes(part));
    if (failing >= 0) {
      failures.splice(failing, 1);
      const text = `${address} ${sent} ${JSON.stringify([...new Headers(init?.headers)])}`;
      throw new TypeError(`error sending request: ${text}`, { cause: new Error(text) });
    }
    const isSecret = /\/oauth\/tokens|PartnerSystemUser/i.test(address);
    if (isSecret) markAll(marks, SENT, sent);
    const response = await original(input, init);
    if (!isSecret) return response;
    const body = await response.text();
    markAll(marks, RECEIVED, body);
    const { status, headers } = response;
    return new Response([204, 304].includes(status) ? null : body, { status, headers });
  };
  globalThis.fetch = watched;
  return {
    failNext: (address) => void failures.push(address),
    end: () => void (globalThis.fetch = original),
  };
}

/** From JSON, a form or XML alike: whatever follows the name. */
function markAll(marks: Marks, names: Readonly<Record<string, string>>, text: string): void {
  for (const [name, what] of Object.entries(names)) {
    const pattern = new RegExp(`\\b${name}("\\s*:\\s*"|=|>)([^"&<]+)`, "g");
    for (const [, mark, value] of text.matchAll(pattern)) {
      const plain = mark === "=" ? decodeURIComponent(value!) : value!.replaceAll("\\/", "/");
      if (plain.length < 8) continue;
      if (plain.startsWith("ey")) markToken(marks, what, plain);
      else marks.add(what, plain);
    }
  }
}

function markToken(marks: Marks, what: string, token: string): void {
  marks.addToken(what, token);
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    for (const [name, value] of Object.entries(claims)) {
      if (/\/ticket$/.test(name)) marks.add("ticket", String(value));
      if (/\/system_token$/.test(name)) marks.add("system user token", String(value));
    }
  } catch {
    // A bent token: all of it is marked, and there is nothing inside.
  }
}
