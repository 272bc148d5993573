/** Paths of calls: below the tenant's web API, or refused before anything is sent. */

import assert from "node:assert/strict";
import { CLIMBING } from "../support/climbing_paths.ts";
import { createWorld, problemFrom, TENANT, ticketAnswer, WEB_API } from "./fake_world.ts";

const REFUSED = [
  ...CLIMBING,
  "https://evil.example/",
  "https:evil.example",
  "HTTPS://evil.example/",
  "javascript:alert(1)",
  "//evil.example/",
  "///evil.example/",
  "/\\evil.example",
  "v1/.\t./x",
  "v1/.\n./x",
  "\t//evil.example",
  "v1/a\u0000b",
];

for (const via of ["direct", "relay"] as const) {
  for (const path of REFUSED) {
    Deno.test(`${JSON.stringify(path)} is an invalid path, ${via}, and nothing is sent`, async () => {
      const { client, asked, called } = createWorld({ via });
      const { code, status, message } = await problemFrom(client.fetch(TENANT, path));
      assert.deepEqual([code, status], ["invalid_path", 0]);
      assert.equal(message, "The path is not below the tenant's web API. (invalid_path)");
      assert.deepEqual([asked.length, called.length], [0, 0]);
    });
  }
}

const TAKEN = [
  ["", ""],
  ["/", ""],
  ["v1/Contact/1", "v1/Contact/1"],
  ["/v1/Contact/1", "v1/Contact/1"],
  ["v1/Contact?$filter=name eq 'a/../b'", "v1/Contact?$filter=name%20eq%20%27a/../b%27"],
  ["?a=https://b.example/", "?a=https://b.example/"],
  ["v1/Contact/1#part", "v1/Contact/1"],
  ["v1/Contact/a%20b", "v1/Contact/a%20b"],
  ["v1/Document/a:b", "v1/Document/a:b"],
  ["v1/Søk/å", "v1/S%C3%B8k/%C3%A5"],
  ["v1/a@evil.example", "v1/a@evil.example"],
] as const;

for (const [path, rest] of TAKEN) {
  Deno.test(`${JSON.stringify(path)} is ${JSON.stringify(rest)} below the web API, direct and relayed`, async () => {
    const direct = createWorld();
    await direct.client.fetch(TENANT, path);
    assert.equal(direct.called[0]?.url, WEB_API + rest);
    const relayed = createWorld({ via: "relay", box: () => new Response("{}") });
    await relayed.client.fetch(TENANT, path);
    assert.equal(
      relayed.asked[0]?.url,
      `https://tickets.example.com/v1/tenants/${TENANT}/api/${rest}`,
    );
  });
}

Deno.test("a path that would make another host of the web API's is below it all the same", async () => {
  const webapi_url = "https://sod2.superoffice.com/";
  for (const path of ["@evil.example/", ".evil.example/"]) {
    const { client, called } = createWorld({ box: () => ticketAnswer({ webapi_url }) });
    await client.fetch(TENANT, path);
    assert.equal(called[0]?.url, webapi_url + path);
  }
});
