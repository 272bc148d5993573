/** The legacy login's door: shut unless it is opened, and no way around the other one. */

import assert from "node:assert/strict";
import {
  assertOffersLook,
  assertRefusalPage,
  assertSafePage,
  postForm,
  remembered,
} from "../support/callback.ts";
import { facts } from "../support/facts.ts";
import { PREFIX, publishedKey, respelled } from "../support/forge.ts";
import type { MintIdToken } from "../../src/simulator/superoffice/levers/tokens.ts";
import { TENANT, type TestService } from "../support/service.ts";
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

facts(
  "the legacy door, when it is open",
  (test) => withService({ SUPEROFFICE_LEGACY_LOGIN: "on" }, test),
  {
    "a legacy token is taken when that door is open, in any spelling of its field": async (
      service: TestService,
    ) => {
      for (const field of FIELDS) {
        const claims = { jti: field };
        const token = service.simulator.control.mintLegacyToken({ ctx: TENANT, claims });
        await assertConnected(service, await postForm(service.url, { [field]: token }));
      }
    },

    "a used legacy token is refused in every spelling of its signature": async (
      service: TestService,
    ) => {
      const { n } = await publishedKey(service.simulator);
      const token = service.simulator.control.mintLegacyToken({ ctx: TENANT });
      await assertConnected(service, await postForm(service.url, { JWT: token }));
      const before = await remembered(service);
      for (const [name, again] of Object.entries({ "as it was": token, ...respelled(token, n) })) {
        const answer = await postForm(service.url, { JWT: again });
        assert.ok(answer.status >= 400 && answer.status < 500, name);
      }
      const once = await postForm(service.url, { JWT: token });
      assert.equal(once.status, 409);
      assertOffersLook(once);
      assert.deepEqual(await remembered(service), before);
      const fresh = service.simulator.control.mintLegacyToken({
        ctx: TENANT,
        claims: { jti: "2" },
      });
      assert.equal((await postForm(service.url, { JWT: fresh })).status, 303);
    },

    "a token of another application that names only the tenant does not take our token's place":
      async (
        service: TestService,
      ) => {
        const { control, clientId } = service.simulator;
        const own = (jti: string) =>
          control.mintLegacyToken({ ctx: TENANT, clientId, claims: { jti } });
        await assertConnected(service, await postForm(service.url, { JWT: own("first") }));
        const other = control.registerApp({ name: "Other App" });
        control.approve(TENANT, other.client_id);
        const foreign = control.mintLegacyToken({ ctx: TENANT, clientId: other.client_id });
        const before = await remembered(service);
        assertRefusalPage(await postForm(service.url, { JWT: foreign }));
        assert.deepEqual(await remembered(service), before);
        const refused = (await service.entries()).at(-1)!;
        assert.deepEqual([refused.kind, refused.reason], ["consent_refused", "other_application"]);
        const ticket = await service.call(`/v1/tenants/${TENANT}/ticket`);
        await ticket.body?.cancel();
        assert.equal(ticket.status, 200);
        await assertConnected(service, await postForm(service.url, { JWT: own("again") }));
      },

    "the open legacy door refuses forged, bent and foreign kinds of tokens": async (
      service: TestService,
    ) => {
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
    },
  },
);
