/** What the tests of consents share: a service whose tenant has approved, and a consent by form post. */

import assert from "node:assert/strict";
import {
  ADMINISTRATOR,
  type Answer,
  assertSafePage,
  begin,
  postForm,
  send,
} from "../support/callback.ts";
import type { MintIdToken } from "../../src/simulator/superoffice/levers/tokens.ts";
import { startService, TENANT, type TestService } from "../support/service.ts";

/** The tenant has approved at SuperOffice, and has not yet come to us. */
export async function withService(
  env: Readonly<Record<string, string>>,
  test: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService({ env });
  service.simulator.control.approve(TENANT);
  try {
    await test(service);
  } finally {
    await service.close();
  }
}

/** A whole consent with an id_token, bent or not. */
export async function post(service: TestService, bend: Partial<MintIdToken> = {}): Promise<Answer> {
  const begun = await begin(service.url);
  const { nonce } = begun;
  const token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce, ...bend });
  return await postForm(service.url, { state: begun.state, id_token: token }, begun.cookie);
}

/** The answer leads to the page that says so, and the tenant is there. */
export async function assertConnected(service: TestService, answer: Answer): Promise<void> {
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/consent/done");
  const cookie = answer.headers.getSetCookie()[0]!.split(";")[0]!;
  const done = await send(new URL("/consent/done", service.url), { headers: { cookie } });
  assert.equal(done.status, 200);
  assertSafePage(done);
  assert.match(done.body, new RegExp(TENANT));
  const tenant = await (await service.call(`/v1/tenants/${TENANT}`)).json();
  assert.equal(tenant.consented_by, ADMINISTRATOR);
}
