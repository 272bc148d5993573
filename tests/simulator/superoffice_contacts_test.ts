/** Companies over REST, as the wire has them: what is read, what is answered, what is refused. */
import assert from "node:assert/strict";
import { type Stage, tenant, ticketOf, withSuperOffice, withTicket } from "./superoffice_client.ts";

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Calls below `/api/v1/` with a ticket. */
async function signedIn(stage: Stage): Promise<Call> {
  const { Api } = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
  const headers = {
    ...withTicket(stage, await ticketOf(stage)),
    "content-type": "application/json",
  };
  return async (method, path, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${Api}/v1/${path}`, { method, headers, ...sent });
    return { status: response.status, body: await response.json() };
  };
}

Deno.test("members are read in any case, those of carriers inside too, and unknown ones ignored", () =>
  withSuperOffice(async (stage) => {
    const call = await signedIn(stage);
    const { status, body } = await call("POST", "Contact", {
      NAME: "One",
      country: { countryid: 826, NAME: "United Kingdom", Population: 1 },
      emails: [{ value: "a@example.test" }],
      UserDefinedFields: { "SuperOffice:1": "[I:1]" },
      Nonsense: true,
    });
    assert.equal(status, 200);
    const { Name, Country, Emails, UserDefinedFields } = body;
    assert.equal(Name, "One");
    const { CountryId, Name: countryName, DomainName } = Country as Record<string, unknown>;
    assert.deepEqual([CountryId, countryName, DomainName], [826, "United Kingdom", ""]);
    assert.equal("Population" in (Country as object), false);
    assert.deepEqual(Emails, [{
      Value: "a@example.test",
      StrippedValue: "",
      Description: "",
      TableRight: null,
      FieldProperties: {},
    }]);
    assert.deepEqual(UserDefinedFields, { "SuperOffice:1": "[I:1]" });
    assert.equal("Nonsense" in body, false);
  }));

Deno.test("who created a company and when is not the caller's to say", () =>
  withSuperOffice(async (stage) => {
    const call = await signedIn(stage);
    const { body } = await call("POST", "Contact", {
      Name: "One",
      CreatedDate: "1999-01-01T00:00:00",
      CreatedBy: { AssociateId: 99 },
    });
    assert.equal(body.CreatedDate, "2026-11-22T12:00:00");
    assert.equal((body.CreatedBy as Record<string, unknown>).AssociateId, 12);
    const put = await call("PUT", `Contact/${body.ContactId}`, { ContactId: 4711, Name: "Two" });
    assert.deepEqual([put.body.ContactId, put.body.Name], [body.ContactId, "Two"]);
  }));

Deno.test("an entity has links to itself, what an agent answers has none", () =>
  withSuperOffice(async (stage) => {
    const call = await signedIn(stage);
    const { body } = await call("POST", "Contact", { Name: "One" });
    const { Self, Archive } = body._Links as Record<string, string>;
    assert.match(Self ?? "", /\/Cust12345\/api\/v1\/Contact\/2$/);
    assert.equal(Self, `${Archive}/2`);
    const again = await fetch(Self ?? "", { headers: withTicket(stage, await ticketOf(stage)) });
    assert.deepEqual(await again.json(), body);
    const agent = await call("POST", "Agents/Contact/GetContactEntity?contactEntityId=2");
    const { _Links, ...unlinked } = body;
    assert.deepEqual(agent.body, unlinked);
    const narrow = await call("GET", "Contact/2?$select=name, category/id");
    assert.deepEqual(Object.keys(narrow.body), ["Name", "Category"]);
  }));

Deno.test("what cannot be read is a 400 in the vendor's error shape, and nothing is saved", () =>
  withSuperOffice(async (stage) => {
    const call = await signedIn(stage);
    const texts: Record<string, unknown> = {
      "Cannot read ContactEntity: not an object": ["One"],
      "Cannot read Country: not an object": { Name: "One", Country: "Norway" },
      "Cannot read EntityElement[]: not a list": { Name: "One", Emails: {} },
      "Cannot read int: not a number": { Name: "One", GroupId: "many" },
      "Cannot read string: not a simple value": { Name: { en: "One" } },
      "Cannot read Dictionary: not an object": { Name: "One", CustomFields: [] },
    };
    for (const [text, sent] of Object.entries(texts)) {
      const { status, body } = await call("POST", "Contact", sent);
      assert.deepEqual([status, body.Error, body.ErrorMessage], [400, true, text]);
    }
    const empty = await call("POST", "Contact");
    assert.deepEqual([empty.status, empty.body.ErrorMessage], [400, "Cannot read body: not JSON"]);
    assert.deepEqual(stage.control.contacts(tenant), []);
  }));
