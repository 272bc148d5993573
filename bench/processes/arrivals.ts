/**
 * Callers who come at a steady rate and each need a ticket, by one of two ways: from the service, or as
 * the vendor's samples do it, by a signature and an exchange of their own. Arrivals do not wait for
 * earlier ones. One JSON line in and out for each run: see `support/arrivals.ts`.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { signedText, textToSign } from "../../src/domain/signed_text.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { Arrivals, BoxOfficeWay, NaiveWay, Way } from "../support/arrivals.ts";
import { answerLines } from "../support/dialogue.ts";

async function run(way: Way): Promise<Arrivals> {
  const count = way.perSecond * way.seconds;
  const began = performance.now();
  const times = Array.from({ length: count }, async (_, index) => {
    const due = began + (index * 1000) / way.perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const ticket = await (way.way === "naive" ? exchangeAlone(way) : askBoxOffice(way));
    if (!ticket.startsWith("7T:")) throw new Error("Cannot measure: this is no ticket");
    return performance.now() - due;
  });
  return { times: await Promise.all(times) };
}

async function askBoxOffice({ url, authorization }: BoxOfficeWay): Promise<string> {
  const answer = await fetch(url, { headers: { authorization } });
  return String((await jsonOf(answer)).ticket);
}

/** Sign, exchange, read the ticket. It checks less than the service does, so it is not held back. */
async function exchangeAlone(way: NaiveWay): Promise<string> {
  const text = textToSign(new Secret(way.systemUserToken), Date.now());
  const digest = createHash("sha256").update(text.reveal()).digest("base64");
  const { signature } = await post(way.kms, { digest: { sha256: digest } });
  const signed = signedText(text, Buffer.from(String(signature), "base64"));
  const { Token } = await post(way.exchange, {
    ApplicationToken: way.clientSecret,
    ContextIdentifier: way.contextIdentifier,
    ReturnTokenType: "JWT",
    SignedSystemToken: signed.reveal(),
  });
  const claims = JSON.parse(Buffer.from(String(Token).split(".")[1]!, "base64url").toString());
  return String(claims["http://schemes.superoffice.net/identity/ticket"]);
}

async function post(url: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  return jsonOf(
    await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

async function jsonOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Cannot measure: no ticket, ${answer.status}`);
  return JSON.parse(text);
}

await answerLines(run);
