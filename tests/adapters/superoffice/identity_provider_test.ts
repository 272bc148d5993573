/** Sending a browser away and redeeming the code that it brings back. */

import assert from "node:assert/strict";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createIdentityProvider } from "../../../src/adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { ContextId } from "../../../src/domain/context_id.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  closedOrigin,
  createKey,
  type FakeLogin,
  NOW,
  startLogin,
} from "./fixtures.ts";

const key = createKey("LOGIN-KEY");
const VERIFIER = new Secret("verifier-".repeat(6));
const CODE = new Secret("code-of-the-test");
const REDIRECT = "http://localhost:8000/consent/callback";
const TOKENS = "/login/common/oauth/tokens";

function providerOf(origin: string, timeoutMs = 2_000) {
  const endpoints = createEndpoints(new URL(origin));
  return createIdentityProvider({
    endpoints,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    redirectUrl: REDIRECT,
    keys: createLoginKeys({ endpoints, timeoutMs: 2_000, now: () => NOW }),
    timeoutMs,
  });
}

/** The token endpoint answers this. */
function answerTokens(
  login: FakeLogin,
  answer: (request: Request) => Response | Promise<Response>,
) {
  login.answer = (request) => new URL(request.url).pathname === TOKENS ? answer(request) : null;
}

Deno.test("the authorize address says who asks, for what, and carries no secret", async () => {
  await using login = startLogin([key]);
  const request = { state: "state-1", nonce: "nonce-1", codeVerifier: VERIFIER, tenant: null };
  const url = await providerOf(login.origin).authorizeUrl(request);
  assert.equal(url.origin + url.pathname, `${login.origin}/login/common/oauth/authorize`);
  const { code_challenge: challenge, ...parameters } = Object.fromEntries(url.searchParams);
  assert.equal(
    challenge,
    btoa(String.fromCharCode(...hexBytes(sha256Hex(VERIFIER.reveal())))).replace(/\+/g, "-")
      .replace(/\//g, "_").replace(/=+$/, ""),
  );
  assert.deepEqual(parameters, {
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT,
    response_type: "code",
    response_mode: "form_post",
    scope: "openid",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge_method: "S256",
  });
});

function hexBytes(hex: string): number[] {
  return hex.match(/../g)!.map((pair) => parseInt(pair, 16));
}

Deno.test("a tenant that was asked for is named in acr_values", async () => {
  await using login = startLogin([key]);
  const tenant = ContextId.parse("cust12345");
  const request = { state: "s", nonce: "n", codeVerifier: VERIFIER, tenant };
  const url = await providerOf(login.origin).authorizeUrl(request);
  assert.equal(url.searchParams.get("acr_values"), "tenant:Cust12345");
});

Deno.test("without discovery there is no authorize address", async () => {
  const request = { state: "s", nonce: "n", codeVerifier: VERIFIER, tenant: null };
  await assert.rejects(
    providerOf(closedOrigin()).authorizeUrl(request),
    new PartFault("superoffice", "network"),
  );
});

Deno.test("a code is redeemed with secret, verifier and the same redirect URL", async () => {
  await using login = startLogin([key]);
  const sent: Record<string, string>[] = [];
  answerTokens(login, async (request) => {
    const form = new URLSearchParams(await request.text());
    sent.push({ type: request.headers.get("content-type") ?? "", ...Object.fromEntries(form) });
    return Response.json({ token_type: "Bearer", access_token: "a", id_token: "e.f.g" });
  });
  const token = await providerOf(login.origin).redeem(CODE, VERIFIER);
  assert.ok(token instanceof Secret);
  assert.equal(token.reveal(), "e.f.g");
  assert.deepEqual(sent, [{
    type: "application/x-www-form-urlencoded",
    grant_type: "authorization_code",
    code: CODE.reveal(),
    code_verifier: VERIFIER.reveal(),
    redirect_uri: REDIRECT,
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
  }]);
});

for (const status of [400, 401, 403]) {
  Deno.test(`an OAuth error with ${status} refuses the code`, async () => {
    await using login = startLogin([key]);
    answerTokens(login, () => Response.json({ error: "invalid_grant" }, { status }));
    assert.deepEqual(
      await providerOf(login.origin).redeem(CODE, VERIFIER),
      { kind: "refused", reason: "code_refused" },
    );
  });
}

for (const code of ["", "a\nb", "x".repeat(2_049), "c\u00f8de"]) {
  Deno.test(`what cannot be a code is refused without asking: ${code.length} long`, async () => {
    await using login = startLogin([key]);
    assert.deepEqual(
      await providerOf(login.origin).redeem(new Secret(code), VERIFIER),
      { kind: "refused", reason: "code_refused" },
    );
    assert.equal(login.counts.get(TOKENS), undefined);
  });
}

const html = { "content-type": "text/html" };
const FAULTS: readonly (readonly [string, () => Response, PartFault["reason"]])[] = [
  ["500 with an OAuth error", () => Response.json({ error: "x" }, { status: 500 }), "status"],
  ["503", () => new Response("", { status: 503 }), "status"],
  ["429 with an OAuth error", () => Response.json({ error: "x" }, { status: 429 }), "status"],
  ["400 with HTML", () => new Response("<p>", { status: 400, headers: html }), "status"],
  ["400 with other JSON", () => Response.json({ message: "no" }, { status: 400 }), "status"],
  ["a redirect", () => Response.redirect("http://127.0.0.1:1/"), "status"],
  ["201", () => Response.json({ id_token: "e.f.g" }, { status: 201 }), "status"],
  ["200 with HTML", () => new Response("<p>", { headers: html }), "protocol"],
  ["200 without an id_token", () => Response.json({ access_token: "a" }), "protocol"],
  ["an id_token that is no string", () => Response.json({ id_token: {} }), "protocol"],
  ["300 KiB", () => Response.json({ id_token: "x".repeat(300 * 1024) }), "too_large"],
];

for (const [name, answer, reason] of FAULTS) {
  Deno.test(`an answer to a code that is ${name} is a fault: ${reason}`, async () => {
    await using login = startLogin([key]);
    answerTokens(login, answer);
    const error = await providerOf(login.origin).redeem(CODE, VERIFIER).then(
      () => assert.fail("it was accepted"),
      (error: unknown) => error,
    );
    assert.deepEqual(error, new PartFault("superoffice", reason));
    const shown = Deno.inspect(error, { depth: 10, showHidden: true });
    for (const secret of [CODE, VERIFIER]) assert.ok(!shown.includes(secret.reveal()));
    assert.ok(!shown.includes(CLIENT_SECRET));
  });
}

Deno.test("a token endpoint that says nothing is a timeout", async () => {
  await using login = startLogin([key]);
  const silence = Promise.withResolvers<Response>();
  answerTokens(login, () => silence.promise);
  await assert.rejects(
    providerOf(login.origin, 50).redeem(CODE, VERIFIER),
    new PartFault("superoffice", "timeout"),
  );
  silence.resolve(new Response());
});

for (
  const origin of [
    "http://sod.superoffice.com",
    "https://sod.superoffice.com/login",
    "https://u:p@sod.superoffice.com",
    "ftp://127.0.0.1",
    "http://127.0.0.1.example.com",
  ]
) {
  Deno.test(`${origin} is no origin to trust`, () => {
    assert.throws(
      () => createEndpoints(new URL(origin)),
      RangeError,
    );
  });
}
