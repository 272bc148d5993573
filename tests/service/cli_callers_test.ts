/** The operator's commands about callers. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { parseCallers } from "../../src/domain/caller_entry.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";

const line = sharedCommandLine();

const KEY = "bo_test_key_of_a_caller_who_may_only_have_tickets_000";
const ORDERS = {
  id: "orders",
  api_key_sha256: [sha256Hex(KEY)],
  tenants: ["Cust12345"],
  may: ["ticket"],
};
const AUDIENCE = "https://tickets.example.com";
const SUBJECT = "deployment:acme/sync/production";

const syncOf = (issuer: string) => ({
  id: "sync",
  issuer,
  audience: AUDIENCE,
  subject: SUBJECT,
  tenants: ["*"],
  may: ["relay", "ledger"],
  requests_per_minute: 600,
});

function run(args: readonly string[], options: { callers?: unknown; input?: string } = {}) {
  const { callers = [ORDERS, syncOf("https://oidc.example.com")], input } = options;
  return line.run({
    args: ["caller", ...args],
    env: { CALLERS: JSON.stringify({ callers }), DATA_DIR: "/nowhere" },
    ...(input === undefined ? {} : { input }),
  });
}

/** An issuer of tokens, and a way to sign them. */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request): Response => {
      const isKeys = request.url.endsWith("/jwks");
      return Response.json(isKeys ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/jwks` });
    },
  );
  const url: string = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    sign: (sub: string) =>
      new SignJWT({ sub }).setProtectedHeader({ alg: "ES256" }).setIssuer(url)
        .setAudience(AUDIENCE).setExpirationTime("5m").sign(privateKey),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("callers are listed for people and for machines, without any key", async () => {
  const [text, json] = await Promise.all([run(["list"]), run(["list", "--json"])]);
  assert.equal(text.code, 0, text.stderr);
  assert.deepEqual(text.stdout.split("\n"), [
    `orders: API key ${sha256Hex(KEY).slice(0, 8)}…; may ticket; tenants Cust12345; no limit`,
    `sync: ${SUBJECT} of https://oidc.example.com, for ${AUDIENCE}; may relay, ledger; tenants *; ` +
    "600 a minute",
    "",
  ]);
  assert.deepEqual(JSON.parse(json.stdout), {
    callers: [ORDERS, syncOf("https://oidc.example.com")],
  });
});

Deno.test("a caller's limit is in the entry that is made, and a limit that is none is refused", async () => {
  const create = (...limit: string[]) =>
    run(["create", "--id", "busy", "--may", "ticket", "--json", ...limit], { callers: [] });
  const option = "--requests-per-minute";
  const [limited, free, ...refused] = await Promise.all([
    create(option, "600"),
    create(),
    create(option, "0"),
    create(option, "many"),
    create(option, "99999999"),
  ]);
  assert.equal(limited.code, 0, limited.stderr);
  const { caller } = JSON.parse(limited.stdout);
  assert.equal(caller.requests_per_minute, 600);
  assert.ok(parseCallers({ callers: [caller] }).ok);
  assert.ok(!("requests_per_minute" in JSON.parse(free.stdout).caller));
  for (const { code, stdout } of refused) assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("a second key is made beside the first, and never a third", async () => {
  const { code, stdout, stderr } = await run(["rotate", "--id", "orders", "--json"]);
  assert.equal(code, 0, stderr);
  const { api_key, caller } = JSON.parse(stdout);
  assert.deepEqual(caller, { ...ORDERS, api_key_sha256: [sha256Hex(KEY), sha256Hex(api_key)] });
  assert.ok(parseCallers({ callers: [caller] }).ok);
  const refused = await Promise.all([
    run(["rotate", "--id", "orders"], { callers: [caller] }),
    run(["rotate", "--id", "sync"]),
    run(["rotate", "--id", "nobody"]),
  ]);
  for (const exit of refused) {
    assert.deepEqual([exit.code, exit.stdout], [2, ""]);
    assert.match(exit.stderr, /^Cannot make a key: the caller has|^Cannot make a key: no caller/);
  }
  // Whoever runs this on a laptop has another environment than the service.
  assert.match(refused[2]!.stderr, /is CALLERS or CALLERS_FILE set as for the service\?/);
});

Deno.test("a key may do what its entry allows, and the entry's members are named", async () => {
  const check = (...args: string[]) => run(["check", ...args], { input: `${KEY}\n` });
  const [may, not, json, unclear] = await Promise.all([
    check("--may", "ticket", "--tenant", "cust12345"),
    check("--may", "ticket", "--tenant", "Cust1"),
    check("--may", "ledger", "--json"),
    check("--may", "ticket"),
  ]);
  const said = ({ code, stdout }: typeof may) => [code, stdout];
  assert.deepEqual(said(may), [
    0,
    'yes: orders (callers[0]) may ticket for Cust12345, by "may" and "tenants"\n',
  ]);
  assert.deepEqual(said(not), [
    1,
    'no: orders (callers[0]) may not ticket for Cust1: not by "tenants", though by "may"\n',
  ]);
  assert.deepEqual([json.code, JSON.parse(json.stdout)], [1, {
    allowed: false,
    caller: "orders",
    entry: "callers[0]",
    matched: [],
    unmatched: ["may"],
  }]);
  assert.deepEqual([unclear.code, unclear.stdout], [2, ""]);
});

Deno.test("a token is judged as the service would, by its issuer's keys, and why not is said", async () => {
  await using issuer = await startIssuer();
  const callers = [ORDERS, syncOf(issuer.url)];
  const check = async (token: string) =>
    await run(["check", "--may", "relay", "--tenant", "Cust1"], { callers, input: token });
  const [good, other, nobody] = await Promise.all([
    check(`Bearer ${await issuer.sign(SUBJECT)}`),
    check(await issuer.sign(`${SUBJECT}-evil`)),
    check("anything"),
  ]);
  assert.deepEqual([good.code, good.stdout], [
    0,
    'yes: sync (callers[1]) may relay for Cust1, by "may" and "tenants"\n',
  ]);
  assert.deepEqual([other.code, other.stdout], [
    1,
    `no: it is nobody's: rules, issuer ${issuer.url}, subject ${SUBJECT}-evil\n` +
    "  sync: audience fits, subject does not\n",
  ]);
  assert.deepEqual([nobody.code, nobody.stdout], [1, "no: it is nobody's: api_key_unknown\n"]);
});
