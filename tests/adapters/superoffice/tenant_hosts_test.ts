/** Where a ticket may be sent to, by the identity origin that is configured. */

import assert from "node:assert/strict";
import { createTenantHosts } from "../../../src/adapters/superoffice/tenant_hosts.ts";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { readExchangeToken } from "../../../src/adapters/superoffice/exchange_token.ts";
import {
  judgeIdToken,
  judgeLegacyToken,
} from "../../../src/adapters/superoffice/identity_token.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { ContextId } from "../../../src/domain/context_id.ts";
import { Secret } from "../../../src/domain/secret.ts";
import {
  CLIENT_ID,
  createKey,
  exchangeClaims,
  idTokenClaims,
  type Json,
  NONCE,
  NOW,
  PREFIX,
  SERIAL,
  signToken,
  startLogin,
  SYSTEM_TOKEN,
} from "./fixtures.ts";

interface Rules {
  readonly taken: readonly string[];
  readonly refused: readonly unknown[];
}

/** What no origin takes. */
const ALWAYS_REFUSED: readonly unknown[] = [
  null,
  7,
  "",
  "online2.superoffice.com/Cust12345/api/",
  "//online2.superoffice.com/",
  "ftp://online2.superoffice.com/",
  "javascript:alert(1)",
  "https://user:pass@online2.superoffice.com/",
  "https://user@online2.superoffice.com/",
  "https://online2.superoffice.com/api?x=1",
  "https://online2.superoffice.com/api#x",
  "http://online2.superoffice.com/",
  `https://online2.superoffice.com/${"x".repeat(2048)}`,
];

const ORIGINS: Readonly<Record<string, Rules>> = {
  "https://online.superoffice.com": {
    taken: [
      "https://online2.superoffice.com/Cust12345/api/",
      "https://app.superoffice.com/Cust12345",
      "https://a.b.superoffice.com/",
      "https://superoffice.com/",
      "HTTPS://ONLINE2.SUPEROFFICE.COM/Cust12345",
      "https://online2.superoffice.com:443/",
      "https://online2.superoffice.com\\@evil.test/",
    ],
    refused: [
      "https://superoffice.com.evil.test/",
      "https://online.superoffice.com.evil.test/",
      "https://evilsuperoffice.com/",
      "https://superoffice.com@evil.test/",
      "https://online2.superoffice.com./",
      "https://online2.superoffice.com:8443/",
      "https://online2.superoffice.com:80/",
      "https://superoffice.co/",
      "https://superoffice.no/",
      "https://com/",
      "https://127.0.0.1/",
      "https://localhost/",
      "https://[::1]/",
      "https://169.254.169.254/",
      "https://2130706433/",
      "http://127.0.0.1:8080/",
      "http://localhost/",
      "https://evil.test/.superoffice.com",
      "https://evil.test\\.superoffice.com/",
      "https://ѕuperoffice.com/",
    ],
  },
  "https://sod.superoffice.com": {
    taken: ["https://sod2.superoffice.com/", "https://app-sod.superoffice.com/"],
    refused: ["https://sod2.superoffice.com.evil.test/"],
  },
  "http://127.0.0.1:4000": {
    taken: [
      "http://127.0.0.1:4001/Cust12345/api",
      "http://localhost:4001/",
      "http://[::1]:4001/",
      "https://sod2.superoffice.com/",
      "https://tenant.example.test:8443/",
    ],
    refused: ["http://tenant.example.test/"],
  },
  "https://crm.example.com:8443": {
    taken: [
      "https://crm.example.com:8443/Cust12345/api/",
      "https://crm.example.com/Cust12345/api/",
      "https://app.crm.example.com/Cust12345/api/",
      "https://a.b.crm.example.com:8443/",
    ],
    refused: [
      "https://example.com/",
      "https://other.example.com/",
      "https://evilcrm.example.com/",
      "https://crm.example.com.evil.test/",
      "https://crm.example.com:9443/",
      "https://online2.superoffice.com/",
      "http://127.0.0.1/",
    ],
  },
  "https://superoffice.co.uk": {
    taken: ["https://app.superoffice.co.uk/"],
    refused: ["https://evil.co.uk/", "https://co.uk/"],
  },
  "https://login.eu.superoffice.com": {
    taken: ["https://online2.superoffice.com/", "https://login.eu.superoffice.com/"],
    refused: ["https://evilsuperoffice.com/"],
  },
  "https://superoffice.com": {
    taken: ["https://online2.superoffice.com/", "https://superoffice.com/"],
    refused: ["https://evil.com/"],
  },
  "https://localhost:8443": {
    taken: ["https://localhost:8443/Cust12345/api/"],
    refused: ["http://localhost:8443/", "http://127.0.0.1/"],
  },
  "https://example.com": {
    taken: ["https://example.com/Cust12345/api/"],
    refused: ["https://com/", "https://evil.com/", "https://evilexample.com/"],
  },
  "https://10.1.2.3": {
    taken: ["https://10.1.2.3/Cust12345/api/"],
    refused: ["https://11.1.2.3/", "https://9.1.2.3/", "https://10.1.2.4/"],
  },
  "https://[fd00::1]": {
    taken: ["https://[fd00::1]/Cust12345/api/"],
    refused: ["https://[fd00::2]/", "https://0.0.0.1/"],
  },
  "https://superoffice.com.evil.test": {
    taken: ["https://superoffice.com.evil.test/"],
    refused: ["https://online2.superoffice.com/", "https://evil.test/"],
  },
};

for (const [origin, { taken, refused }] of Object.entries(ORIGINS)) {
  const hosts = createTenantHosts(new URL(origin));

  Deno.test(`with ${origin} as identity origin, tenants may be at its own hosts`, () => {
    for (const text of taken) {
      assert.equal(hosts.parse(text)?.href, new URL(text).href, text);
    }
  });

  Deno.test(`with ${origin} as identity origin, tenants may be nowhere else`, () => {
    for (const text of [...refused, ...ALWAYS_REFUSED]) {
      assert.equal(hosts.parse(text), null, String(text));
    }
  });
}

Deno.test("endpoints know the hosts of their own origin", () => {
  const { tenantHosts } = createEndpoints(new URL("https://online.superoffice.com"));
  assert.notEqual(tenantHosts.parse("https://online2.superoffice.com/"), null);
  assert.equal(tenantHosts.parse("https://evilsuperoffice.com/"), null);
});

const ISSUER = "https://sod.superoffice.com";
const hosts = createTenantHosts(new URL(ISSUER));

/** As in `fixtures.ts`, at a host that is no tenant's. */
const ELSEWHERE: Json = {
  [`${PREFIX}webapi_url`]: "https://sod2.superoffice.com.evil.test/Cust10001/api/",
};
const NETSERVER = "https://sod2.superoffice.com/Cust10001/Remote/Services88/";

for (const [kind, claims] of Object.entries({ id_token: {}, legacy: { iss: "SuperOffice AS" } })) {
  Deno.test(`an address of a ${kind} token at a foreign host is dropped, the other stays`, () => {
    const read = {
      kind: "read",
      claims: idTokenClaims(ISSUER, { ...ELSEWHERE, ...claims }),
      digest: "d",
      usableUntil: NOW,
    } as const;
    const identity = kind === "id_token"
      ? judgeIdToken(read, { issuer: ISSUER, clientId: CLIENT_ID, nonce: NONCE, hosts })
      : judgeLegacyToken(read, { clientId: CLIENT_ID, hosts });
    assert.ok(identity.kind === "identity");
    assert.equal(identity.consent.systemUserToken.reveal(), SYSTEM_TOKEN);
    assert.equal(identity.consent.webapiUrl, null);
    assert.equal(identity.consent.netserverUrl, NETSERVER);
  });
}

Deno.test("an address of an exchange token at a foreign host is dropped, the other stays", async () => {
  const key = createKey("LOGIN-KEY");
  await using login = startLogin([key]);
  const { find } = createLoginKeys({
    endpoints: login.endpoints,
    timeoutMs: 2_000,
    now: () => NOW,
  });
  const token = new Secret(signToken(key, exchangeClaims(ELSEWHERE)));
  const tenant = { contextIdentifier: ContextId.parse("Cust10001")!, serial: SERIAL };
  const answer = await readExchangeToken(token, tenant, find, hosts, NOW);
  assert.ok(answer.kind === "issued");
  assert.equal(answer.webapiUrl, null);
  assert.equal(answer.netserverUrl, NETSERVER);
});
