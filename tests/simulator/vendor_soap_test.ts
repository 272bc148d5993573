/**
 * `soap` 1.13 (npm) against the simulator. Unmodified: as npm has it; all it is told is where the WSDL
 * is. Names, namespaces and element order of its requests come from the WSDL alone, and it addresses
 * the service that the WSDL names. The vendor's own WSDL names a host of its inside, so clients of the
 * real one set the address by hand; the simulator's is where it was read from, so that they need not.
 */
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { type Client, createClientAsync } from "soap";
import {
  claim,
  noon,
  signToken,
  type Stage,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

const exchangeNamespace = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const netServerNamespace = "http://www.superoffice.net/ws/crm/NetServer/Services88";

async function exchangeClient(stage: Stage, applicationToken: string): Promise<Client> {
  const url = `${stage.url}/Login/services/PartnerSystemUserService.svc?wsdl`;
  const client = await createClientAsync(url);
  client.addSoapHeader({ ApplicationToken: applicationToken }, "", "tns", exchangeNamespace);
  client.addSoapHeader({ ContextIdentifier: tenant }, "", "tns", exchangeNamespace);
  return client;
}

/** Consents and exchanges; the claims of the token, verified. */
async function exchange(stage: Stage): Promise<Record<string, unknown>> {
  const { system_user_token } = stage.control.approve(tenant);
  const client = await exchangeClient(stage, stage.clientSecret);
  const [result] = await client.AuthenticateAsync({
    SignedSystemToken: signToken(system_user_token),
    ReturnTokenType: "Jwt",
  });
  assert.equal(result.IsSuccessful, true);
  const keys = createRemoteJWKSet(new URL(`${stage.url}/login/.well-known/jwks`));
  const { payload } = await jwtVerify(result.Token, keys, {
    issuer: "SuperOffice AS",
    currentDate: new Date(noon),
  });
  return payload;
}

async function contactClient(stage: Stage): Promise<Client> {
  const claims = await exchange(stage);
  const client = await createClientAsync(`${claims[`${claim}netserver_url`]}Contact.svc?wsdl`);
  const credentials = { Ticket: claims[`${claim}ticket`] };
  client.addSoapHeader({ ApplicationToken: stage.clientSecret }, "", "tns", netServerNamespace);
  client.addSoapHeader({ Credentials: credentials }, "", "tns", netServerNamespace);
  return client;
}

Deno.test("soap exchanges a token by the WSDL, and the answer verifies against the JWKS", () =>
  withSuperOffice(async (stage) => {
    const claims = await exchange(stage);
    assert.equal(claims.aud, `spn:${claims[`${claim}serial`]}`);
    assert.match(String(claims[`${claim}ticket`]), /^7T:/);
    assert.equal(stage.control.exchanges().at(-1)?.door, "soap");
  }));

Deno.test("soap learns from the WSDL which operation, elements and types there are", () =>
  withSuperOffice(async (stage) => {
    const client = await exchangeClient(stage, stage.clientSecret);
    assert.deepEqual(client.describe(), {
      PartnerSystemUserService: {
        BasicHttpBinding_IPartnerSystemUserService: {
          Authenticate: {
            input: {
              SignedSystemToken: "xs:string",
              ReturnTokenType: "TokenType|xs:string|Saml,Jwt",
            },
            output: {
              IsSuccessful: "xs:boolean",
              Token: "xs:string",
              ErrorMessage: "xs:string",
            },
          },
        },
      },
    });
  }));

Deno.test("a wrong secret is IsSuccessful false, without a token", () =>
  withSuperOffice(async (stage) => {
    const { system_user_token } = stage.control.approve(tenant);
    const client = await exchangeClient(stage, "0".repeat(32));
    const [result] = await client.AuthenticateAsync({
      SignedSystemToken: signToken(system_user_token),
      ReturnTokenType: "Jwt",
    });
    assert.equal(result.IsSuccessful, false);
    assert.ok(!result.Token);
    assert.equal(typeof result.ErrorMessage, "string");
    assert.equal(stage.control.exchanges().at(-1)?.verdict, "unknown_application");
  }));

Deno.test("a token type that the WSDL does not have is a fault", () =>
  withSuperOffice(async (stage) => {
    const client = await exchangeClient(stage, stage.clientSecret);
    await assert.rejects(
      client.AuthenticateAsync({ SignedSystemToken: "a.b.c", ReturnTokenType: "JWT" }),
      /DeserializationFailed/,
    );
  }));

Deno.test("soap creates a company with the ticket by the WSDL of Contact.svc, and changes it", () =>
  withSuperOffice(async (stage) => {
    const client = await contactClient(stage);
    const [{ Response: draft }, , draftHeader] = await client.CreateDefaultContactEntityAsync({});
    // The library types bodies by the WSDL, headers it leaves as texts.
    assert.equal(draftHeader.Succeeded, "true");
    assert.deepEqual([draft.ContactId, draft.Country.CountryId], [0, 578]);
    const [{ Response: saved }, , header] = await client.SaveContactEntityAsync({
      ContactEntity: {
        ...draft,
        Name: "Blåbær & <Sønn>",
        NoMailing: true,
        Emails: { EntityElement: [{ Value: "a@example.test" }, { Value: "b@example.test" }] },
        Domains: { string: ["one.example.test", "two.example.test"] },
        UserDefinedFields: { StringKeyValuePair: [{ Key: "SuperOffice:1", Value: "x" }] },
      },
    });
    assert.deepEqual([header.Succeeded, header.ExceptionInfo], ["true", undefined]);
    assert.deepEqual([saved.Name, saved.NoMailing], ["Blåbær & <Sønn>", true]);
    assert.equal(saved.CreatedBy.Type, "SystemAssociate");
    assert.deepEqual(
      saved.Emails.EntityElement.map(({ Value }: { Value: string }) => Value),
      ["a@example.test", "b@example.test"],
    );
    assert.deepEqual(saved.Domains.string, ["one.example.test", "two.example.test"]);
    assert.deepEqual(saved.UserDefinedFields.StringKeyValuePair, [
      { Key: "SuperOffice:1", Value: "x" },
    ]);
    const [{ Response: changed }] = await client.SaveContactEntityAsync({
      ContactEntity: { ...saved, Department: "Oslo" },
    });
    assert.equal(changed.ContactId, saved.ContactId);
    const [company, ...others] = stage.control.contacts(tenant);
    assert.deepEqual([company?.Name, company?.Department], ["Blåbær & <Sønn>", "Oslo"]);
    assert.deepEqual(others, []);
  }));

Deno.test("a stale ticket is said in the header of the answer", () =>
  withSuperOffice(async (stage) => {
    const client = await contactClient(stage);
    stage.control.deleteTickets(tenant);
    const [result, , header] = await client.CreateDefaultContactEntityAsync({});
    assert.equal(header.Succeeded, "false");
    assert.equal(header.ExceptionInfo.Message, "Not authenticated");
    assert.equal(result?.Response, undefined);
  }));
