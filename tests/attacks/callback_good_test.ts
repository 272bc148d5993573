/** Consents that look odd and are good: a check that refuses too much is a defect as well. */

import assert from "node:assert/strict";
import {
  type Answer,
  assertRefusalPage,
  begin,
  codeOf,
  postForm,
  send,
} from "../support/callback.ts";
import { PREFIX } from "../support/forge.ts";
import { TENANT, type TestService } from "../support/service.ts";
import { assertConnected, post, withService } from "./consents.ts";

const callback = (service: TestService, parameters: Readonly<Record<string, string>>) =>
  new URL(`/consent/callback?${new URLSearchParams(parameters)}`, service.url);

const GOOD: Readonly<Record<string, (service: TestService) => Promise<Answer>>> = {
  "an id_token by form post": (service) => post(service),
  "an iat that is text": (service) =>
    post(service, { claims: { iat: String(Math.floor(Date.now() / 1000)) } }),
  "our audience twice in a list": (service) => {
    service.simulator.control.set({ audType: "array" });
    return post(service);
  },
  "no kid while there is one key": (service) => {
    service.simulator.control.set({ idTokenKid: "absent" });
    return post(service);
  },
  "the context identifier in lower case": (service) =>
    post(service, { claims: { [`${PREFIX}ctx`]: TENANT.toLowerCase() } }),
  "another letter case of the content type": async (service) => {
    const { state, nonce, cookie } = await begin(service.url, TENANT.toUpperCase());
    const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
    return await send(new URL("/consent/callback", service.url), {
      method: "POST",
      headers: { cookie, "content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8" },
      body: new URLSearchParams({ state, id_token }).toString(),
    });
  },
  "a code by GET": async (service) => {
    const { state, cookie, location } = await begin(service.url);
    const code = await codeOf(location);
    return await send(callback(service, { state, code }), { headers: { cookie } });
  },
  "a code by form post": async (service) => {
    const { state, cookie, location } = await begin(service.url);
    return await postForm(service.url, { state, code: await codeOf(location) }, cookie);
  },
  "a new login key, seen for the first time": async (service) => {
    await (await send(new URL("/readyz", service.url))).status;
    await service.simulator.control.rotateLoginKey({ overlap: true });
    return await post(service);
  },
};

Deno.test("consents that look odd and are good are stored", (t) =>
  withService({}, async (service) => {
    for (const [name, consent] of Object.entries(GOOD)) {
      await t.step(name, async () => {
        await assertConnected(service, await consent(service));
        service.simulator.control.resetSwitches();
        const removed = await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
        assert.equal(removed.status, 204);
      });
    }
  }));

Deno.test("without a kid and with two keys no key is guessed", () =>
  withService({}, async (service) => {
    await service.simulator.control.rotateLoginKey({ overlap: true });
    service.simulator.control.set({ idTokenKid: "absent" });
    assertRefusalPage(await post(service));
  }));
