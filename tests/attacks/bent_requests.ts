/** Ways to bend the request that brings a valid token back: each one step from the straight one. */

import assert from "node:assert/strict";
import { type Answer, begin, type Begun, codeOf, postForm, send } from "../support/callback.ts";
import { TENANT, type TestService } from "../support/service.ts";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";

/** What a row has at hand. */
export interface At {
  readonly service: TestService;
  readonly begun: Begun;
  /** A valid id_token for this consent. */
  readonly token: string;
}

export type Row = readonly [name: string, request: (at: At) => Promise<Answer>];

const callback = ({ service }: At, query = "") => new URL(`/consent/callback${query}`, service.url);

/** The straight request with some fields changed; null leaves one out. */
export const fields = (
  changes: Readonly<Record<string, string | null>>,
  cookie?: string | null,
): Row[1] =>
({ service, begun, token }) => {
  const all = { state: begun.state, id_token: token, ...changes };
  const kept = Object.entries(all).filter(([, value]) => value !== null) as [string, string][];
  return postForm(
    service.url,
    new URLSearchParams(kept).toString(),
    cookie === undefined ? begun.cookie : cookie ?? undefined,
  );
};

const text = (body: (at: At) => string): Row[1] => (at) =>
  postForm(at.service.url, body(at), at.begun.cookie);

const form = ({ begun, token }: At) =>
  new URLSearchParams({ state: begun.state, id_token: token }).toString();

/** The straight form under another content type, or as another method. */
const as = (headers: Readonly<Record<string, string>>, body = form): Row[1] => (at) =>
  send(callback(at), {
    method: "POST",
    headers: { cookie: at.begun.cookie, ...headers },
    body: new TextEncoder().encode(body(at)),
  });

const get = (query: (at: At) => Readonly<Record<string, string>> | string): Row[1] => (at) =>
  send(callback(at, `?${new URLSearchParams(query(at))}`), {
    headers: { cookie: at.begun.cookie },
  });

const URLENCODED = "application/x-www-form-urlencoded";
const SOMEBODY = "box-office=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export const BROWSERS: readonly Row[] = [
  ["no cookie", fields({}, null)],
  ["another browser's cookie", fields({}, SOMEBODY)],
  ["an empty cookie", fields({}, "box-office=")],
  ["a cookie that is none of ours", fields({}, "box-office=../../etc/passwd")],
  ["somebody's cookie before ours", (at) => fields({}, `${SOMEBODY}; ${at.begun.cookie}`)(at)],
  [
    "our cookie under another name",
    (at) => fields({}, at.begun.cookie.replace("box-office", "__Host-box-office"))(at),
  ],
];

export const STATES: readonly Row[] = [
  ["no state", fields({ state: null })],
  ["an empty state", fields({ state: "" })],
  ["an unknown state", fields({ state: "A".repeat(43) })],
  [
    "a state in another letter case",
    (at) =>
      fields({
        state: at.begun.state.toLowerCase() === at.begun.state
          ? at.begun.state.toUpperCase()
          : at.begun.state.toLowerCase(),
      })(at),
  ],
  ["a state with a null byte", (at) => fields({ state: `${at.begun.state}\u0000` })(at)],
  [
    "a state with a header in it",
    (at) => fields({ state: `${at.begun.state}\r\nset-cookie: box-office=x` })(at),
  ],
  ["a state of 100 KB", fields({ state: "s".repeat(100_000) })],
  ["the digest under which a state is kept", fields({ state: "a".repeat(64) })],
  ["a state in a list", (at) => text(() => form(at).replace("state=", "state%5B%5D="))(at)],
  ["the state in the address", (at) =>
    send(callback(at, `?state=${at.begun.state}`), {
      method: "POST",
      headers: { cookie: at.begun.cookie, "content-type": URLENCODED },
      body: new URLSearchParams({ id_token: at.token }).toString(),
    })],
  ["the state of another consent for another tenant", async (at) => {
    const other = await begin(at.service.url, "Cust99999", at.begun.cookie);
    const { nonce } = other;
    const token = at.service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
    return await fields({ state: other.state, id_token: token })(at);
  }],
  ["the state of another consent, whose nonce differs", async (at) => {
    const other = await begin(at.service.url, undefined, at.begun.cookie);
    return await fields({ state: other.state })(at);
  }],
];

export const FORMS: readonly Row[] = [
  ["nothing", text(() => "")],
  ["no token", fields({ id_token: null })],
  ["an empty token", fields({ id_token: "" })],
  ["two states", text((at) => `${form(at)}&state=${at.begun.state}`)],
  ["two tokens", text((at) => `${form(at)}&id_token=${at.token}`)],
  ["any field twice", text((at) => `${form(at)}&x=1&x=1`)],
  ["JWT beside state", (at) => fields({ JWT: at.token })(at)],
  [
    "a legacy token while that door is shut",
    (at) => fields({ state: null, id_token: null, JWT: legacy(at) })(at),
  ],
  [
    "two legacy tokens in two spellings",
    (at) => fields({ state: null, id_token: null, JWT: legacy(at), jwt: legacy(at) })(at),
  ],
  [
    "an id_token as a legacy token",
    (at) => fields({ state: null, id_token: null, jwt: at.token })(at),
  ],
  ["the token under another case", (at) => fields({ id_token: null, ID_TOKEN: at.token })(at)],
  ["an error beside the token", fields({ error: "access_denied" })],
  [
    "an error with markup",
    fields({
      id_token: null,
      error: "access_denied",
      error_description: "<script>alert(1)</script>",
    }),
  ],
  ["percent-encoding that is none", text(() => "%%%=%zz&state=%E0%A4&id_token=%FF%FE%00")],
  ["null bytes", text(() => "state=%00&id_token=%00.%00.%00")],
  ["raw bytes", as({ "content-type": URLENCODED }, () => "\u0000\u0001=\uffff&\ud800")],
  ["semicolons between fields", text((at) => form(at).replaceAll("&", ";"))],
  [
    "10 000 fields",
    text((at) =>
      `${Array.from({ length: 10_000 }, (_, n) => `f${n}=`).join("&")}&state=${at.begun.state}`
    ),
  ],
  ["10 000 times the same field", text(() => "state=x&".repeat(10_000))],
  ["100 000 ampersands", text(() => "&".repeat(100_000))],
  ["a prototype's name", text((at) => `${form(at)}&id_token=__proto__&__proto__=1`)],
];

export const BODIES: readonly Row[] = [
  ["no content type", as({})],
  ["plain text", as({ "content-type": "text/plain" })],
  ["a similar content type", as({ "content-type": `${URLENCODED}-x` })],
  [
    "JSON",
    as(
      { "content-type": "application/json" },
      ({ begun, token }) => JSON.stringify({ state: begun.state, id_token: token }),
    ),
  ],
  ["multipart", (at) => {
    const body = new FormData();
    body.set("state", at.begun.state);
    body.set("id_token", at.token);
    return send(callback(at), { method: "POST", headers: { cookie: at.begun.cookie }, body });
  }],
  [
    "a form that says it is compressed",
    as({
      "content-type": "multipart/form-data; boundary=x",
      "content-encoding": "gzip",
    }),
  ],
  ["a body of 2 MiB", fields({ padding: "x".repeat(2 * 1024 * 1024) })],
  ["a body of 2 MiB without a length", (at) =>
    send(callback(at), {
      method: "POST",
      headers: { cookie: at.begun.cookie, "content-type": URLENCODED },
      body: ReadableStream.from(
        [form(at), ...Array.from({ length: 32 }, () => "x".repeat(65_536))]
          .map((part) => new TextEncoder().encode(part)),
      ),
    })],
];

export const CODES: readonly Row[] = [
  ["no code", get(({ begun }) => ({ state: begun.state }))],
  ["an empty code", get(({ begun }) => ({ state: begun.state, code: "" }))],
  ["a forged code", get(({ begun }) => ({ state: begun.state, code: "A".repeat(64) }))],
  ["a code with a null byte", get(({ begun }) => ({ state: begun.state, code: "a\u0000b" }))],
  ["a code with a header", get(({ begun }) => ({ state: begun.state, code: "a\r\nhost: b" }))],
  ["a code with a parameter in it", get(({ begun }) => ({ state: begun.state, code: "a&b=c" }))],
  ["a code of 10 KB", get(({ begun }) => ({ state: begun.state, code: "c".repeat(10_000) }))],
  [
    "an id_token in the address",
    get(({ begun, token }) => ({ state: begun.state, id_token: token })),
  ],
  ["a legacy token in the address", get((at) => ({ JWT: legacy(at) }))],
  [
    "a code and an id_token in the address",
    get(({ begun, token }) => ({
      state: begun.state,
      code: "A".repeat(64),
      id_token: token,
    })),
  ],
  ["two codes", get(({ begun }) => `state=${begun.state}&code=a&code=b`)],
  ["an error in the address", get(({ begun }) => ({ state: begun.state, error: "access_denied" }))],
  ["a valid token beside a forged code", fields({ code: "A".repeat(64) })],
  ["the code of another consent: its verifier is another", async (at) => {
    const victim = await begin(at.service.url);
    const code = await codeOf(victim.location, TENANT);
    return await fields({ id_token: null, code })(at);
  }],
  ["the code of a consent that the attacker began without PKCE", async (at) => {
    const location = new URL(at.begun.location);
    for (const name of ["code_challenge", "code_challenge_method"]) {
      location.searchParams.delete(name);
    }
    return await fields({ id_token: null, code: await codeOf(location, TENANT) })(at);
  }],
  ["a code for a consent with another nonce", async (at) => {
    const location = new URL(at.begun.location);
    location.searchParams.set("nonce", "another");
    return await fields({ id_token: null, code: await codeOf(location, TENANT) })(at);
  }],
  ["the code of another application", async (at) => {
    const other = await startSuperOffice();
    try {
      const location = new URL(
        at.begun.location.search,
        `${other.url}/login/common/oauth/authorize`,
      );
      location.searchParams.set("client_id", other.clientId);
      return await fields({ id_token: null, code: await codeOf(location) })(at);
    } finally {
      await other.close();
    }
  }],
  ["a code and its state, again after a refusal", async (at) => {
    const code = await codeOf(at.begun.location, TENANT);
    await redeem(at, code);
    return await fields({ id_token: null, code })(at);
  }],
];

function legacy({ service }: At): string {
  return service.simulator.control.mintLegacyToken({ ctx: TENANT });
}

/** As somebody who intercepted the code might try; a wrong verifier leaves the code as it was. */
async function redeem({ service, begun }: At, code: string): Promise<void> {
  const { control } = service.simulator;
  const nonce = begun.nonce;
  control.set({ idToken: { raw: control.mintExchangeToken({ ctx: TENANT, claims: { nonce } }) } });
  try {
    const first = await postForm(service.url, { state: begun.state, code }, begun.cookie);
    assert.equal(first.status, 400);
  } finally {
    control.set({ idToken: null });
  }
}
