/** What happens to a consent that is already there: used again, replaced, contradicted. */

import assert from "node:assert/strict";
import {
  assertOffersLook,
  assertRefusalPage,
  begin,
  type Begun,
  postForm,
  query,
  remembered,
  send,
} from "../support/callback.ts";
import { PREFIX } from "../support/forge.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { TENANT } from "../support/service.ts";
import { assertConnected, post, withService } from "./consents.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

Deno.test("a used state is refused, and so is the used token under another state", () =>
  withService({}, async (service) => {
    const first = await begin(service.url);
    const other = await begin(service.url, undefined, first.cookie);
    const { nonce } = first;
    const token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
    const bring = (begun: Begun) =>
      postForm(service.url, { state: begun.state, id_token: token }, begun.cookie);
    assert.equal((await bring(first)).status, 303);
    const before = await remembered(service);
    const again = await bring(first);
    assertRefusalPage(again);
    assertOffersLook(again);
    assertRefusalPage(await bring(other));
    assert.deepEqual(await remembered(service), before);
    const done = (cookie: string) =>
      send(new URL("/consent/done", service.url), { headers: { cookie } });
    assert.match((await done(first.cookie)).body, new RegExp(TENANT));
    const stranger = await begin(service.url);
    const theirs = await postForm(
      service.url,
      { state: first.state, id_token: token },
      stranger.cookie,
    );
    assertRefusalPage(theirs);
    assert.doesNotMatch(theirs.body, new RegExp(TENANT));
    assert.doesNotMatch((await done(stranger.cookie)).body, new RegExp(TENANT));
  }));

Deno.test("a later consent replaces the token, and the next ticket is bought with it", () =>
  withService({}, async (service) => {
    const { control } = service.simulator;
    await post(service);
    const first = await (await service.call(TICKET)).json();
    control.set({ newSystemTokenOnReapproval: true });
    control.revoke(TENANT);
    const { system_user_token } = control.approve(TENANT);
    await assertConnected(service, await post(service));
    const second = await service.call(TICKET);
    assert.equal(second.headers.get("x-ticket-source"), "exchange");
    const { ticket, generation } = await second.json();
    assert.notEqual(ticket, first.ticket);
    assert.ok(generation > first.generation);
    const consents = (await service.entries()).filter(({ kind }) => kind === "consent");
    assert.equal(consents.length, 2);
    assert.equal(consents[1]!.system_token_sha256, sha256Hex(system_user_token));
    assert.equal(query(service, "SELECT * FROM tenants").length, 1);
  }));

Deno.test("a changed serial of a known tenant is refused and recorded", () =>
  withService({}, async (service) => {
    await post(service);
    const before = await remembered(service);
    for (const serial of ["1", "", null]) {
      assertRefusalPage(await post(service, { claims: { [`${PREFIX}serial`]: serial } }));
    }
    assert.deepEqual(await remembered(service), before);
    const refusals = (await service.entries()).filter(({ kind }) => kind === "consent_refused");
    const about = refusals.map(({ reason, context_identifier }) => [reason, context_identifier]);
    assert.deepEqual(about[0], ["serial_changed", TENANT]);
    const ticket = await service.call(TICKET);
    await ticket.body?.cancel();
    assert.equal(ticket.status, 200);
  }));

Deno.test("a company's name cannot become markup", () =>
  withService({}, async (service) => {
    const begun = await begin(service.url);
    const claims = { [`${PREFIX}company_name`]: `<img src=x onerror=alert(1)>"'&` };
    const { nonce } = begun;
    const token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce, claims });
    const form = { state: begun.state, id_token: token };
    const answer = await postForm(service.url, form, begun.cookie);
    const cookie = answer.headers.getSetCookie()[0]!.split(";")[0]!;
    const done = await send(new URL("/consent/done", service.url), { headers: { cookie } });
    assert.ok(done.body.includes("&lt;img src=x"));
    assert.ok(!done.body.includes("<img"));
  }));

Deno.test("a consent begun on one instance is finished on another", () =>
  withService({}, async (service) => {
    const other = await service.another();
    try {
      const begun = await begin(service.url);
      const { nonce } = begun;
      const token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
      const form = { state: begun.state, id_token: token };
      await assertConnected(service, await postForm(other.url, form, begun.cookie));
      assertRefusalPage(await postForm(service.url, form, begun.cookie));
    } finally {
      await other.close();
    }
  }));
