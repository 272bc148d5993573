import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { CloudKmsSimulator } from "../../src/simulator/cloud_kms/server.ts";
import { buttons } from "../../src/simulator/superoffice/page/button_table.ts";
import { startKms } from "../support/kms.ts";
import { pull, sign, signBody } from "./cloud_kms_client.ts";
import {
  authorizeUrl,
  consented,
  hiddenFieldsOf,
  lastVerdict,
  open,
  payloadOf,
  postExchange,
  type Stage,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";
import { pageOf, press, wordsOf } from "./superoffice_page_client.ts";

/** What is there before a button is pressed: the tenant has consented and has one ticket. */
interface Scene {
  readonly stage: Stage;
  readonly kms: CloudKmsSimulator;
  /** The right signed token of before. */
  readonly SignedSystemToken: string;
  readonly secret: string;
  readonly appKey: string;
  readonly loginKeys: readonly string[];
}

const exchange = ({ stage, SignedSystemToken }: Scene) =>
  postExchange(stage, { SignedSystemToken });

const verdictOf = async (scene: Scene) => {
  await exchange(scene);
  return lastVerdict(scene.stage);
};

/** Status of the web services at an address, without credentials: 401 where the tenant is. */
async function statusAt(origin: string | undefined): Promise<number> {
  const response = await fetch(`${origin}/${tenant}/api/v1/User/currentPrincipal`);
  await response.body?.cancel();
  return response.status;
}

async function stateOf({ url }: Stage): Promise<unknown> {
  return (await (await fetch(`${url}/api/state/${tenant}`)).json()).State;
}

const ticketsOf = async (stage: Stage) =>
  /Tickets alive (\d+)/.exec(wordsOf(await pageOf(stage)))?.[1];

async function publishedKeys({ url }: Stage): Promise<string[]> {
  const { keys } = await (await fetch(`${url}/login/.well-known/jwks`)).json();
  return keys.map(({ kid }: { kid: string }) => kid);
}

async function minutesOff({ url, at }: Stage): Promise<number> {
  at(0);
  const response = await fetch(`${url}/login/.well-known/jwks`);
  await response.body?.cancel();
  const date = Date.parse(response.headers.get("date") ?? "");
  return (date - Date.UTC(2026, 10, 22, 12)) / 60_000;
}

const keyStates = ({ stage }: Scene) => pull(stage, "kms_key_versions");

/** An answer that comes at all is there long before. */
const MOMENT_MS = 250;

async function isUnanswered({ stage, SignedSystemToken }: Scene): Promise<void> {
  const asked = fetch(`${stage.url}/Login/api/PartnerSystemUser/Authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ApplicationToken: stage.clientSecret,
      ContextIdentifier: tenant,
      ReturnTokenType: "JWT",
      SignedSystemToken,
    }),
    signal: AbortSignal.timeout(MOMENT_MS),
  });
  await assert.rejects(asked, { name: "TimeoutError" });
}

/** The next exchange is refused like this, and the one after it is not. */
async function nextOnly(scene: Scene, status: number): Promise<void> {
  const forced = await exchange(scene);
  assert.deepEqual([forced.status, forced.IsSuccessful], [status, false]);
  assert.deepEqual(await verdictOf(scene), ["issued", null]);
}

async function kmsAnswers({ stage, kms }: Scene, status: number): Promise<void> {
  const fault = Object.values(kms.armedFault() ?? ["right"]).join(" ");
  assert.ok(wordsOf(await pageOf(stage)).includes(`until cleared: ${fault}`));
  assert.equal((await sign(kms)).status, status);
}

/** Another key than the one that is registered. */
const otherKey = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey
  .export({ type: "spki", format: "pem" }).toString();

const redirectUrl = "https://tickets.example.com/consent/callback";
const pushUrl = "http://127.0.0.1:9/changes";

/** What each button does, seen from outside after it was pressed. */
const effects: Readonly<Record<string, (scene: Scene) => Promise<void> | void>> = {
  async approve(scene) {
    assert.deepEqual(await verdictOf(scene), ["issued", null]);
  },
  async revoke(scene) {
    assert.deepEqual(await verdictOf(scene), ["revoked", 1]);
  },
  async expire(scene) {
    assert.deepEqual(await verdictOf(scene), ["expired", 3]);
  },
  async require_reapproval(scene) {
    assert.deepEqual(await verdictOf(scene), ["needs_reapproval", 5]);
  },
  async suspend({ stage }) {
    assert.equal(await stateOf(stage), "Suspended");
  },
  async resume({ stage }) {
    assert.equal(await stateOf(stage), "Running");
  },
  async move({ stage: { tenantUrls: [before, after] } }) {
    assert.deepEqual([await statusAt(before), await statusAt(after)], [421, 401]);
  },
  async delete_tickets({ stage }) {
    assert.equal(await ticketsOf(stage), "0");
  },
  async restore({ stage }) {
    assert.equal(await ticketsOf(stage), "0");
    assert.equal(stage.control.pushes().at(-1)?.type, "BackupRestored");
  },
  upgrade({ stage }) {
    assert.equal(stage.control.pushes().at(-1)?.type, "Upgrade");
  },
  async remove({ stage }) {
    assert.equal(await stateOf(stage), "Deleted");
  },
  add_tenant({ stage }) {
    const [, added] = stage.control.tenants();
    assert.equal(added?.companyName, "Second AS");
  },
  async replace_client_secret(scene) {
    assert.notEqual(scene.stage.control.apps()[0]?.client_secret, scene.secret);
    const { SignedSystemToken, secret, stage } = scene;
    await postExchange(stage, { SignedSystemToken, ApplicationToken: secret });
    assert.deepEqual(lastVerdict(stage), ["unknown_application", null]);
  },
  async register_public_key(scene) {
    assert.notEqual(scene.stage.control.apps()[0]?.public_key?.sha256, scene.appKey);
    assert.deepEqual(await verdictOf(scene), ["invalid_signature", 7]);
  },
  async register_redirect_url({ stage }) {
    const page = await open(authorizeUrl(stage, { redirect_uri: redirectUrl }));
    assert.equal(page.status, 200);
  },
  register_state_change_url({ stage }) {
    assert.equal(stage.control.apps()[0]?.state_change_url, "https://tickets.example.com/changes");
  },
  next_401: (scene) => nextOnly(scene, 401),
  next_403: (scene) => nextOnly(scene, 403),
  next_unsuccessful: (scene) => nextOnly(scene, 200),
  async next_500({ stage }) {
    const response = await fetch(`${stage.url}/login/api/PartnerSystemUser/Authenticate`, {
      method: "POST",
    });
    assert.equal(response.status, 500);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(await response.text(), /<title>/);
  },
  async silent(scene) {
    await isUnanswered(scene);
    assert.equal(scene.stage.control.exchanges().at(-1)?.status, null);
  },
  async late(scene) {
    await isUnanswered(scene);
    assert.equal(scene.stage.control.exchanges().at(-1)?.status, 200);
  },
  async garbage(scene) {
    assert.equal((await exchange(scene)).Token, "garbage");
  },
  async wrong_issuer(scene) {
    assert.equal(payloadOf((await exchange(scene)).Token).iss, "https://elsewhere.example");
  },
  async wrong_audience(scene) {
    assert.equal(payloadOf((await exchange(scene)).Token).aud, "spn:0000000000");
  },
  async expired_token(scene) {
    const { exp } = payloadOf((await exchange(scene)).Token);
    assert.equal(exp, Date.UTC(2026, 10, 22, 11) / 1000);
  },
  async refuse_signatures(scene) {
    assert.deepEqual(await verdictOf(scene), ["invalid_signature", 7]);
  },
  async clock_ahead({ stage }) {
    assert.equal(await minutesOff(stage), 20);
  },
  async clock_behind({ stage }) {
    assert.equal(await minutesOff(stage), -20);
  },
  async clock_right({ stage }) {
    assert.equal(await minutesOff(stage), 0);
  },
  async rotate_with_overlap({ stage, loginKeys }) {
    const keys = await publishedKeys(stage);
    assert.deepEqual([keys.length, keys.at(-1)], [2, loginKeys[0]]);
  },
  async rotate({ stage, loginKeys }) {
    const keys = await publishedKeys(stage);
    assert.equal(keys.length, 1);
    assert.notEqual(keys[0], loginKeys[0]);
  },
  async reset(scene) {
    const { values, defaults } = scene.stage.control.switches();
    assert.deepEqual(values, defaults);
    assert.equal(await minutesOff(scene.stage), 0);
    assert.equal((await sign(scene.kms)).status, 200);
  },
  forget_exchanges({ stage }) {
    assert.equal(stage.control.exchangeCount(), 0);
  },
  kms_429: (scene) => kmsAnswers(scene, 429),
  kms_503: (scene) => kmsAnswers(scene, 503),
  kms_403: (scene) => kmsAnswers(scene, 403),
  async kms_silent({ kms }) {
    const signal = AbortSignal.timeout(MOMENT_MS);
    const url = `${kms.url}/v1/${kms.keyVersion}:asymmetricSign`;
    const asked = fetch(url, { method: "POST", body: JSON.stringify(signBody), signal });
    await assert.rejects(asked, { name: "TimeoutError" });
  },
  async kms_corrupt_crc({ kms }) {
    const spoilt = await sign(kms);
    kms.fault(null);
    const right = await sign(kms);
    assert.equal(spoilt.body.signature, right.body.signature);
    assert.notEqual(spoilt.body.signatureCrc32c, right.body.signatureCrc32c);
  },
  async kms_wrong_name({ kms }) {
    assert.notEqual((await sign(kms)).body.name, kms.keyVersion);
  },
  kms_clear: (scene) => kmsAnswers(scene, 200),
  async kms_disable(scene) {
    const { result } = await keyStates(scene);
    assert.equal((result as { state: string }[])[0]?.state, "DISABLED");
    await kmsAnswers(scene, 400);
  },
  kms_enable: (scene) => kmsAnswers(scene, 200),
};

const HOUR_MS = 3_600_000;

/** Members that the form around each button sends; the rest sends none. */
const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  add_tenant: { company_name: "Second AS" },
  register_public_key: { key: otherKey },
  register_redirect_url: { url: redirectUrl },
  register_state_change_url: { url: "https://tickets.example.com/changes" },
};

/** What makes the effect of a button visible, where the usual scene would look the same. */
const before: Readonly<Record<string, (scene: Scene) => unknown>> = {
  approve: ({ stage }) => stage.control.revoke(tenant),
  resume: ({ stage }) => stage.control.suspend(tenant),
  clock_right: ({ stage }) => stage.control.clockOffsetMs(HOUR_MS),
  reset({ stage, kms }) {
    stage.control.set({ exchangeSilent: true, driftWindowMinutes: 1 });
    stage.control.clockOffsetMs(HOUR_MS);
    kms.fault({ kind: "silent" });
  },
  kms_clear: ({ kms }) => kms.fault({ kind: "silent" }),
  kms_enable: ({ kms }) => kms.setState(kms.keyVersion, "DISABLED"),
};

async function play(kms: CloudKmsSimulator, id: string): Promise<void> {
  kms.fault(null);
  kms.setState(kms.keyVersion, "ENABLED");
  await withSuperOffice(async (stage) => {
    stage.control.registerStateChangeUrl(pushUrl);
    const { SignedSystemToken } = consented(stage);
    await postExchange(stage, { SignedSystemToken });
    const [app] = stage.control.apps();
    const { client_secret: secret, public_key: key } = app!;
    const loginKeys = await publishedKeys(stage);
    const scene = { stage, kms, SignedSystemToken, secret, appKey: key!.sha256, loginKeys };
    await before[id]?.(scene);
    const button = new RegExp(`<form((?!</form>)[^])*formaction="/_page/${id}"`);
    const [form = ""] = button.exec(await pageOf(stage)) ?? [];
    const pressed = await press(stage, id, { ...hiddenFieldsOf(form), ...forms[id] });
    assert.deepEqual([pressed.status, pressed.location], [303, `/?done=${id}`]);
    const after = wordsOf(await (await fetch(new URL(pressed.location!, stage.url))).text());
    assert.ok(after.includes(buttons.find((one) => one.id === id)!.done));
    await effects[id]!(scene);
  }, { kms });
}

Deno.test("every button does what it says, by the form it stands in", async (t) => {
  assert.deepEqual(Object.keys(effects).sort(), buttons.map(({ id }) => id).sort());
  const kms = await startKms();
  try {
    for (const { id } of buttons) await t.step(id, () => play(kms, id));
  } finally {
    await kms.close();
  }
});

Deno.test("every verb that a button calls is one of the control API", async () => {
  const kms = await startKms();
  try {
    await withSuperOffice(async ({ url }) => {
      const { verbs } = await (await fetch(`${url}/_control`)).json();
      const listed = verbs.map(({ verb }: { verb: string }) => verb);
      for (const { calls } of buttons) {
        for (const { verb } of calls) assert.ok(listed.includes(verb), verb);
      }
    }, { kms });
  } finally {
    await kms.close();
  }
});
