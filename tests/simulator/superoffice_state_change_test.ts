import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { errors } from "jose";
import type { TokenBend } from "../../src/simulator/superoffice/behaviour.ts";
import { claim, noon, type Stage, tenant, withSuperOffice } from "./superoffice_client.ts";
import { type Ear, listening, verified, withEar } from "./superoffice_ear.ts";

/** Calls a verb and returns its status and its answer. */
async function call(
  stage: Stage,
  verb: string,
  body?: Record<string, unknown>,
): Promise<[number, unknown]> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${stage.url}/_control/${verb}`, init);
  return [response.status, await response.json()];
}

Deno.test("every change of a tenant is posted to the app that it authorised", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      listening(stage, ear.url);
      const { control } = stage;
      const steps: readonly (readonly [() => void, number, string | null])[] = [
        [() => control.upgrade(tenant), 0, null],
        [() => control.restore(tenant), 1, null],
        [() => control.suspend(tenant), 2, null],
        [() => control.resume(tenant), 3, null],
        [() => control.moveTenant(tenant), 5, new URL(stage.tenantUrls[1]).host],
        [() => control.remove(tenant), 4, null],
      ];
      for (const [step, changeType, endpoint] of steps) {
        step();
        await control.settled();
        const { method, type, body } = ear.told.at(-1)!;
        assert.deepEqual([method, type], ["POST", "application/json"]);
        const { Token, ...rest } = body;
        assert.deepEqual(rest, {
          ChangeType: changeType,
          ContextIdentifier: tenant,
          VersionName: "Release_11.11_2026.03.17-02",
          FileVersion: "11.11.0.0",
          PublicEndpoint: endpoint,
        });
        assert.equal((await verified(stage, Token))[`${claim}ctx`], tenant);
      }
      assert.equal(ear.told.length, steps.length);
      assert.deepEqual(
        control.pushes().map(({ type, status, error }) => [type, status, error]),
        ["Upgrade", "BackupRestored", "Suspend", "Resume", "Move", "Delete"]
          .map((type) => [type, 204, null]),
      );
    })
  ));

Deno.test("the token of a push is signed by the login key and tells no secret", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      listening(stage, ear.url);
      stage.control.suspend(tenant);
      await stage.control.settled();
      const claims = await verified(stage, ear.told[0]!.body.Token);
      assert.deepEqual([claims.sub, claims.aud], [tenant, stage.clientId]);
      assert.equal(claims.exp, noon / 1000 + 300);
      assert.ok(!(`${claim}system_token` in claims));
    })
  ));

Deno.test("a push is on record with its time, app and address", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      listening(stage, ear.url);
      stage.at(1000);
      stage.control.suspend(tenant);
      await stage.control.settled();
      const [status, pushes] = await call(stage, "pushes");
      assert.equal(status, 200);
      assert.deepEqual(pushes, [{
        client_id: stage.clientId,
        context_identifier: tenant,
        at: noon + 1000,
        type: "Suspend",
        url: ear.url,
        status: 204,
        error: null,
      }]);
    })
  ));

Deno.test("nobody is told without a state-change URL, without authorization, or by a bare state", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      const { control } = stage;
      const change = async () => {
        control.suspend(tenant);
        control.resume(tenant);
        await control.settled();
        return [ear.told.length, control.pushes().length];
      };
      control.approve(tenant);
      assert.deepEqual(await change(), [0, 0]);
      control.registerStateChangeUrl(ear.url);
      control.revoke(tenant);
      assert.deepEqual(await change(), [0, 0]);
      control.approve(tenant);
      const { contextIdentifier: other } = control.addTenant();
      control.suspend(other);
      control.setTenantState(tenant, "OfflineMaintenance");
      await control.settled();
      assert.equal(ear.told.length, 0);
      assert.deepEqual(await change(), [2, 2]);
      control.registerStateChangeUrl(null);
      assert.deepEqual(await change(), [2, 2]);
    })
  ));

Deno.test("every app that a tenant authorised is told at its own address, with a token of its own", () =>
  withEar((first) =>
    withEar((second) =>
      withSuperOffice(async (stage) => {
        const { control } = stage;
        listening(stage, first.url);
        const { client_id: other } = control.registerApp({ name: "Second App" });
        control.registerStateChangeUrl(second.url, other);
        control.suspend(tenant);
        await control.settled();
        assert.deepEqual([first.told.length, second.told.length], [1, 0]);
        control.approve(tenant, other);
        control.resume(tenant);
        await control.settled();
        assert.deepEqual([first.told.length, second.told.length], [2, 1]);
        const audience = async ({ told }: Ear) =>
          (await verified(stage, told.at(-1)!.body.Token)).aud;
        assert.equal(await audience(first), stage.clientId);
        assert.equal(await audience(second), other);
      })
    )
  ));

Deno.test("the verb pushes one on demand and answers with its status", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      const push = (body: Record<string, unknown>) =>
        call(stage, "push_state_change", { context_identifier: tenant, ...body });
      assert.deepEqual(await push({ type: "Move" }), [400, {
        error: "Cannot push state change to Box Office: it has no state-change URL",
      }]);
      stage.control.registerStateChangeUrl(ear.url);
      const [status, answer] = await push({ type: "Move", client_id: stage.clientId });
      const { status: answered, type } = answer as Record<string, unknown>;
      assert.deepEqual([status, answered, type], [200, 204, "Move"]);
      assert.equal(ear.told[0]?.body.ChangeType, 5);
      assert.deepEqual(await push({ type: "Shrink" }), [400, {
        error: "Cannot mint state change Shrink: unknown",
      }]);
      assert.equal((await push({ type: "Move", client_id: "nobody" }))[0], 400);
      assert.equal(ear.told.length, 1);
    })
  ));

Deno.test("the switch bends the token of a push", () =>
  withEar((ear) =>
    withSuperOffice(async (stage) => {
      listening(stage, ear.url);
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const signWith = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const pushed = async (stateChange: TokenBend | null) => {
        stage.control.set({ stateChange });
        const { status } = await stage.control.pushStateChange({ ctx: tenant, type: "Suspend" });
        assert.equal(status, 204);
        return ear.told.at(-1)!.body.Token;
      };
      const past = noon / 1000 - 600;
      const refused: readonly (readonly [TokenBend, new (...args: never) => Error])[] = [
        [{ claims: { iss: "https://sod.example.test" } }, errors.JWTClaimValidationFailed],
        [{ claims: { nbf: past, exp: past + 1 } }, errors.JWTExpired],
        [{ signWith }, errors.JWSSignatureVerificationFailed],
        [{ alg: "none" }, errors.JOSEAlgNotAllowed],
      ];
      for (const [bend, Kind] of refused) {
        const token = await pushed(bend);
        await assert.rejects(verified(stage, token), Kind, JSON.stringify(bend));
      }
      const idToken = await verified(stage, await pushed({ instead: "id_token" }));
      assert.equal(idToken.sub, "admin@example.test");
      assert.ok(`${claim}system_token` in idToken);
      assert.equal(await pushed({ raw: "not a token" }), "not a token");
      assert.equal((await verified(stage, await pushed(null))).sub, tenant);
    })
  ));
