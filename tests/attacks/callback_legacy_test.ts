/** The legacy login's door: shut unless it is opened, and no way around the other one. */

import assert from "node:assert/strict";
import { assertRefusalPage, assertSafePage, postForm, remembered } from "../support/callback.ts";
import { PREFIX, publishedKey, respelled } from "../support/forge.ts";
import type { MintIdToken } from "../../src/simulator/superoffice/control.ts";
import { TENANT } from "../support/service.ts";
import { assertConnected, withService } from "./consents.ts";

const FIELDS = ["JWT", "jwt", "Jwt"];

Deno.test("a legacy token is refused while that door is shut", () =>
  withService({}, async (service) => {
    const before = await remembered(service);
    for (const field of FIELDS) {
      const token = service.simulator.control.mintLegacyToken({ ctx: TENANT });
      assertRefusalPage(await postForm(service.url, { [field]: token }));
    }
    assert.deepEqual(await remembered(service), before);
  }));

Deno.test("a legacy token is taken when that door is open, in any spelling of its field", () =>
  withService({ SUPEROFFICE_LEGACY_LOGIN: "on" }, async (service) => {
    for (const field of FIELDS) {
      const claims = { jti: field };
      const token = service.simulator.control.mintLegacyToken({ ctx: TENANT, claims });
      await assertConnected(service, await postForm(service.url, { [field]: token }));
    }
  }));

Deno.test("a used legacy token is refused in every spelling of its signature", () =>
  withService({ SUPEROFFICE_LEGACY_LOGIN: "on" }, async (service) => {
    const { n } = await publishedKey(service.simulator);
    const token = service.simulator.control.mintLegacyToken({ ctx: TENANT });
    await assertConnected(service, await postForm(service.url, { JWT: token }));
    const before = await remembered(service);
    for (const [name, again] of Object.entries({ "as it was": token, ...respelled(token, n) })) {
      const answer = await postForm(service.url, { JWT: again });
      assert.ok(answer.status >= 400 && answer.status < 500, name);
    }
    assert.deepEqual(await remembered(service), before);
    const fresh = service.simulator.control.mintLegacyToken({ ctx: TENANT, claims: { jti: "2" } });
    assert.equal((await postForm(service.url, { JWT: fresh })).status, 303);
  }));

const LEGACY_FORGERIES: Readonly<Record<string, Omit<MintIdToken, "ctx">>> = {
  "another issuer": { claims: { iss: "https://sod.superoffice.com" } },
  "another audience": { claims: { aud: "spn:1" } },
  "no audience": { claims: { aud: null } },
  "no system token": { claims: { [`${PREFIX}system_token`]: null } },
  "no context": { claims: { [`${PREFIX}ctx`]: null } },
  "no serial": { claims: { [`${PREFIX}serial`]: null } },
  "an end in the past": { claims: { exp: Math.floor(Date.now() / 1000) - 61 } },
  "no signature": { alg: "none" },
  "a public key's HMAC": { alg: "HS256" },
};

Deno.test("the open legacy door refuses forged, bent and foreign kinds of tokens", () =>
  withService({ SUPEROFFICE_LEGACY_LOGIN: "on" }, async (service) => {
    const { control } = service.simulator;
    const before = await remembered(service);
    const tokens = {
      "an exchange token": control.mintExchangeToken({ ctx: TENANT }),
      "an id_token": control.mintIdToken({ ctx: TENANT, nonce: "nonce" }),
      ...Object.fromEntries(
        Object.entries(LEGACY_FORGERIES).map(([name, bend]) =>
          [name, control.mintLegacyToken({ ctx: TENANT, ...bend })] as const
        ),
      ),
    };
    for (const [name, token] of Object.entries(tokens)) {
      const answer = await postForm(service.url, { JWT: token });
      assert.ok(answer.status >= 400 && answer.status < 500, name);
      assertSafePage(answer);
    }
    assert.deepEqual(await remembered(service), before);
  }));
