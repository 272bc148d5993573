import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import {
  appPrivateKey,
  claim,
  consented,
  lastVerdict,
  noon,
  payloadOf,
  postExchange,
  signToken,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

Deno.test("a right exchange returns a token that the published key signed, with a ticket inside", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const { status, IsSuccessful, Token, ErrorMessage } = await postExchange(stage, {
      SignedSystemToken,
    });
    assert.deepEqual([status, IsSuccessful, ErrorMessage], [200, true, null]);
    const jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    const { payload } = await jwtVerify(String(Token), createLocalJWKSet(jwks), {
      issuer: "SuperOffice AS",
      audience: `spn:${stage.control.tenants()[0]?.serial}`,
      algorithms: ["RS256"],
      currentDate: new Date(noon),
    });
    assert.deepEqual(Object.keys(decodeProtectedHeader(String(Token))), [
      "alg",
      "kid",
      "x5t",
      "typ",
    ]);
    assert.equal(payload[`${claim}ctx`], tenant);
    assert.deepEqual([payload.nbf, payload.exp], [noon / 1000 - 60, noon / 1000 + 300]);
    const ticket = String(payload[`${claim}ticket`]);
    const inside = Buffer.from(ticket.slice(3), "base64").toString("utf16le");
    assert.match(ticket, /^7T:/);
    assert.match(inside, /^[0-9a-f]{32};\d+;Cust12345$/);
    assert.deepEqual(lastVerdict(stage), ["issued", null]);
  }));

Deno.test("a body that is no JSON object, or lacks a member, is a bad request", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const url = `${stage.url}/Login/api/PartnerSystemUser/Authenticate`;
    const headers = { "content-type": "application/json" };
    const garbled = await fetch(url, { method: "POST", headers, body: "[" });
    assert.equal(garbled.status, 400);
    assert.equal((await garbled.json()).IsSuccessful, false);
    for (const name of ["ApplicationToken", "ContextIdentifier", "SignedSystemToken"]) {
      for (const value of [undefined, null, "", 7]) {
        const answer = await postExchange(stage, { SignedSystemToken, [name]: value });
        assert.equal(answer.status, 400, `${name} ${value}`);
      }
    }
    assert.equal(
      (await postExchange(stage, { SignedSystemToken, ReturnTokenType: "SAML" })).status,
      400,
    );
    assert.deepEqual(lastVerdict(stage), ["malformed", null]);
  }));

Deno.test("member names, the token type and the path are read in any case", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const response = await fetch(`${stage.url}/LOGIN/API/partnersystemuser/AUTHENTICATE/`, {
      method: "POST",
      headers: { "content-type": "application/json;charset=UTF-8" },
      body: JSON.stringify({
        applicationtoken: stage.clientSecret,
        CONTEXTIDENTIFIER: "cUST12345",
        signedSystemToken: SignedSystemToken,
        returnTokenType: "jwt",
      }).replaceAll("+", "\\u002B"),
    });
    assert.equal((await response.json()).IsSuccessful, true);
  }));

Deno.test("a signature by another key, over another text or not in base64 is refused", () =>
  withSuperOffice(async (stage) => {
    const { token, SignedSystemToken } = consented(stage);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const url = SignedSystemToken.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    for (
      const text of [
        signToken(token, { key: privateKey }),
        SignedSystemToken.replace(token, token + "x"),
        url,
        SignedSystemToken.slice(0, -8),
      ]
    ) {
      await postExchange(stage, { SignedSystemToken: text });
      assert.deepEqual(lastVerdict(stage), ["invalid_signature", 7]);
    }
  }));

Deno.test("without a registered key every signature is wrong", () =>
  withSuperOffice(async (stage) => {
    const key = String(appPrivateKey().export({ type: "pkcs1", format: "pem" }));
    const fresh = await startSuperOffice({ clock: () => noon });
    try {
      const { system_user_token: token } = fresh.control.approve(tenant);
      const SignedSystemToken = signToken(token);
      assert.equal((await postExchange(fresh, { SignedSystemToken })).status, 401);
      fresh.control.registerPublicKey(key);
      assert.equal((await postExchange(fresh, { SignedSystemToken })).status, 200);
      // A whole set of right values of one environment is worth nothing in another.
      const elsewhere = await postExchange(stage, {
        SignedSystemToken,
        ApplicationToken: fresh.clientSecret,
      });
      assert.equal(elsewhere.status, 401);
    } finally {
      await fresh.close();
    }
  }));

Deno.test("an app key is read from RSAXML too, and refused when it is not RSA of 1024 to 4096 bits", () =>
  withSuperOffice(async (stage) => {
    const { n = "", e = "" } = appPrivateKey().export({ format: "jwk" });
    const [modulus, exponent] = [n, e].map((text) =>
      Buffer.from(text, "base64url").toString("base64")
    );
    const { SignedSystemToken } = consented(stage);
    stage.control.set({ verifySignatures: "reject" });
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 401);
    stage.control.set({ verifySignatures: true });
    stage.control.registerPublicKey(
      `<RSAKeyValue><Modulus>${modulus}</Modulus><Exponent>${exponent}</Exponent></RSAKeyValue>`,
    );
    assert.equal((await postExchange(stage, { SignedSystemToken })).status, 200);
    const small = generateKeyPairSync("rsa", { modulusLength: 512 }).publicKey;
    const curve = generateKeyPairSync("ed25519").publicKey;
    for (const key of [small, curve]) {
      const pem = String(key.export({ type: "spki", format: "pem" }));
      assert.throws(() => stage.control.registerPublicKey(pem), /not an RSA key of 1024/);
    }
    assert.throws(() => stage.control.registerPublicKey("<RSAKeyValue/>"), /RSAXML/);
    assert.throws(() => stage.control.registerPublicKey("key"), /not a PEM/);
  }));

Deno.test("the log says who asked, what was signed and what became of it, and gives nothing away", () =>
  withSuperOffice(async (stage) => {
    const seen: unknown[] = [];
    const { token, SignedSystemToken } = consented(stage);
    const stop = stage.control.watchExchanges((record) => seen.push(record));
    const { Token } = await postExchange(stage, { SignedSystemToken });
    const random = token.slice("Box Office-".length);
    const signature = SignedSystemToken.split(".")[2] ?? "";
    const [record] = stage.control.exchanges();
    assert.deepEqual(record, {
      at: noon,
      door: "rest",
      clientId: stage.clientId,
      appName: "Box Office",
      contextIdentifier: tenant,
      companyName: "Example Tenant AS",
      signedText: `Box Office-${random.slice(0, 2)}…${random.slice(-2)}.202611221200.${
        signature.slice(0, 4)
      }…`,
      verdict: "issued",
      authorizeErrorName: null,
      authorizeErrorCode: null,
      signedTimestamp: "202611221200",
      status: 200,
    });
    assert.deepEqual(seen, [record]);
    stop();
    const ticket = String(payloadOf(Token)[`${claim}ticket`]);
    const secrets = [token, random, signature, stage.clientSecret, String(Token), ticket];
    // A client that mixes its values up must not get them published either.
    for (const wrong of secrets) {
      for (const name of ["ApplicationToken", "ContextIdentifier", "SignedSystemToken"]) {
        await postExchange(stage, { SignedSystemToken, [name]: wrong });
      }
      for (
        const text of [`${wrong}.202611221200.AAAA`, `a.${wrong}.AAAA`, `a.202611221200.${wrong}`]
      ) {
        await postExchange(stage, { SignedSystemToken: text });
      }
    }
    const log = JSON.stringify(stage.control.exchanges());
    for (const secret of secrets) assert.ok(!log.includes(secret));
    assert.equal(stage.control.exchanges().length, 1 + 6 * secrets.length);
    assert.equal(seen.length, 1);
  }));

Deno.test("the log names no app for a secret that is none, and no status for silence", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    await postExchange(stage, { SignedSystemToken, ApplicationToken: "x", ContextIdentifier: "y" });
    const { clientId, appName, contextIdentifier, companyName, status } =
      stage.control.exchanges()[0] ?? {};
    assert.deepEqual(
      [clientId, appName, contextIdentifier, companyName, status],
      [null, null, null, null, 401],
    );
    stage.control.set({ exchangeSilent: true });
    const watched = new Promise<number | null>((resolve) => {
      const stop = stage.control.watchExchanges((record) => {
        stop();
        resolve(record.status);
      });
    });
    const silent = postExchange(stage, { SignedSystemToken }).catch(() => undefined);
    assert.equal(await watched, null);
    await stage.close();
    await silent;
  }));
