/**
 * The vendor's own client, `@superoffice/webapi` 12.4, against the simulator. Unmodified: as npm has
 * it, configured by its own options; only the address is another. Its build for `import` names files
 * without their extension, which no ESM loader finds, so it is loaded as CommonJS.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type * as SuperOffice from "@superoffice/webapi";
import type * as Base from "@superoffice/webapi/WebApiBase.js";
import type * as Converters from "@superoffice/webapi/Converters.js";
import { type Stage, tenant, ticketOf, withSuperOffice } from "./superoffice_client.ts";

const require = createRequire(import.meta.url);
const { WebApi } = require("@superoffice/webapi") as typeof SuperOffice;
const { WebApiBase } = require("@superoffice/webapi/WebApiBase.js") as typeof Base;
const { Create_SoPrincipalCarrier_From } = require(
  "@superoffice/webapi/Converters.js",
) as typeof Converters;

/** Where the tenant lives, as an app should find out. */
async function apiUrlOf(stage: Stage): Promise<string> {
  return (await (await fetch(`${stage.url}/api/state/${tenant}`)).json()).Api;
}

async function clientFor(stage: Stage, ticket: string): Promise<SuperOffice.WebApi> {
  const api = new WebApi({ baseUrl: await apiUrlOf(stage) });
  api.authenticateWithTicket(ticket);
  api.applicationToken(stage.clientSecret);
  return api;
}

interface HttpError {
  readonly response?: { readonly status: number; readonly data: Record<string, unknown> };
}

/** Status and type of the error that a call must end with. */
async function refusalOf(call: Promise<unknown>): Promise<unknown[]> {
  const error: HttpError = await call.then(
    () => assert.fail("the call succeeded"),
    (reason: HttpError) => reason,
  );
  const { status, data } = error.response ?? assert.fail("no answer");
  assert.equal(data.Error, true);
  assert.equal(typeof data.ErrorMessage, "string");
  return [status, data.ErrorType];
}

/**
 * The client has the model of the principal but no call for it. This is one, on its base, as each of
 * its own calls is.
 */
class UserRestApi extends WebApiBase {
  constructor(options: SuperOffice.WebApiOptions) {
    super({ ...options, basePath: "v1/User/" });
  }

  async getCurrentPrincipal(): Promise<SuperOffice.SoPrincipalCarrier> {
    const config = WebApiBase.GetAxiosRequestConfig(undefined, this._options);
    const { data } = await this._axios.get("currentPrincipal", config);
    return Create_SoPrincipalCarrier_From(data);
  }
}

Deno.test("the vendor's client reads the current principal: the system user", () =>
  withSuperOffice(async (stage) => {
    const users = new UserRestApi({
      baseUrl: await apiUrlOf(stage),
      axiosConfig: {
        headers: {
          "Authorization": `SOTicket ${await ticketOf(stage)}`,
          "SO-AppToken": stage.clientSecret,
        },
      },
    });
    const principal = await users.getCurrentPrincipal();
    assert.deepEqual(absentMembersOf(principal), []);
    assert.equal(principal.userType, "SystemAssociate");
    assert.equal(principal.roleType, "System");
    assert.equal(principal.databaseContextIdentifier, tenant);
  }));

for (const flavour of ["entity", "agent"] as const) {
  Deno.test(`the vendor's client creates, reads and changes a company by ${flavour}`, () =>
    withSuperOffice(async (stage) => {
      const contacts = callsOf(await clientFor(stage, await ticketOf(stage)), flavour);
      const draft = await contacts.makeDefault();
      assert.deepEqual([draft.contactId, draft.name, draft.country?.countryId], [0, "", 578]);
      assert.deepEqual(absentMembersOf(draft), []);
      const name = "Blåbær & Sønn 🫐";
      const saved = await contacts.save({ ...draft, name, emails: [{ value: "a@example.test" }] });
      const id = saved.contactId ?? 0;
      assert.ok(id > 0);
      // The client reads dates without a zone in its own.
      assert.equal(saved.createdDate?.getTime(), new Date("2026-11-22T12:00:00").getTime());
      assert.equal(saved.createdBy?.type, "SystemAssociate");
      assert.equal(saved.emails?.[0]?.value, "a@example.test");
      assert.deepEqual(await contacts.read(id), saved);

      stage.at(60_000);
      const changed = await contacts.save({ ...saved, department: "Oslo" });
      assert.deepEqual([changed.contactId, changed.name], [id, name]);
      assert.deepEqual(changed.createdDate, saved.createdDate);
      assert.notDeepEqual(changed.updatedDate, saved.updatedDate);
      assert.equal((await contacts.read(id)).department, "Oslo");
      assert.equal(stage.control.contacts(tenant).length, 1);
    }));

  Deno.test(`a company that is not there is the vendor's 404, by ${flavour}`, () =>
    withSuperOffice(async (stage) => {
      const contacts = callsOf(await clientFor(stage, await ticketOf(stage)), flavour);
      const notFound = [404, "SoNotFoundException"];
      assert.deepEqual(await refusalOf(contacts.read(4711)), notFound);
      assert.deepEqual(await refusalOf(contacts.save({ contactId: 4711, name: "x" })), notFound);
      assert.equal(stage.control.contacts(tenant).length, 0);
    }));

  Deno.test(`a stale ticket is the vendor's 401, by ${flavour}`, () =>
    withSuperOffice(async (stage) => {
      const contacts = callsOf(await clientFor(stage, await ticketOf(stage)), flavour);
      await contacts.makeDefault();
      stage.at(6 * 3_600_000);
      assert.deepEqual(await refusalOf(contacts.makeDefault()), [401, "SoSessionException"]);
      assert.deepEqual(await refusalOf(contacts.save({ name: "x" })), [401, "SoSessionException"]);
      assert.equal(stage.control.contacts(tenant).length, 0);
    }));
}

Deno.test("the vendor's client replaces and patches a company by its id", () =>
  withSuperOffice(async (stage) => {
    const contacts = (await clientFor(stage, await ticketOf(stage))).getContactRestApi();
    const { contactId = 0 } = await contacts.postAsync({ name: "One", department: "Oslo" });
    const put = await contacts.putByIdAsync(contactId, { name: "Two", category: { id: 7 } });
    assert.deepEqual([put.contactId, put.name, put.category?.id], [contactId, "Two", 7]);
    const patched = await contacts.patchByIdAsync(contactId, { number1: "42" });
    assert.deepEqual([patched.name, patched.number1, patched.category?.id], ["Two", "42", 7]);
  }));

Deno.test("a call that is not simulated is the vendor's 404", () =>
  withSuperOffice(async (stage) => {
    const api = await clientFor(stage, await ticketOf(stage));
    const notFound = [404, "SoNotFoundException"];
    assert.deepEqual(await refusalOf(api.getContactRestApi().deleteByIdAsync(2)), notFound);
    assert.deepEqual(await refusalOf(api.getPersonRestApi().getByIdAsync(2)), notFound);
    assert.deepEqual(await refusalOf(api.getUserAgent().createDefaultRoleEntityAsync()), notFound);
  }));

interface ContactCalls {
  readonly makeDefault: () => Promise<SuperOffice.ContactEntity>;
  readonly save: (entity: SuperOffice.ContactEntity) => Promise<SuperOffice.ContactEntity>;
  readonly read: (id: number) => Promise<SuperOffice.ContactEntity>;
}

/** The same three calls, by `v1/Contact` or by `v1/Agents/Contact`. */
function callsOf(api: SuperOffice.WebApi, flavour: "entity" | "agent"): ContactCalls {
  if (flavour === "entity") {
    const entities = api.getContactRestApi();
    return {
      makeDefault: () => entities.getDefaultAsync(),
      save: (entity) => entities.postAsync(entity),
      read: (id) => entities.getByIdAsync(id),
    };
  }
  const agent = api.getContactAgent();
  return {
    makeDefault: () => agent.createDefaultContactEntityAsync(),
    save: (entity) => agent.saveContactEntityAsync(entity),
    read: (id) => agent.getContactEntityAsync(id),
  };
}

/** Members of the client's model that the answer did not have. */
function absentMembersOf(model: object): string[] {
  return Object.entries(model).filter(([, value]) => value === undefined).map(([name]) => name);
}
