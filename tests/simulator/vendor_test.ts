import assert from "node:assert/strict";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import { newVendor } from "../support/vendor.ts";

/** What differs from vendor to vendor. */
const OWN = ["client_id", "client_secret", "serial", "login_keys"];

const shape = (snapshot: string): unknown =>
  JSON.parse(snapshot, (name, value) => OWN.includes(name) ? typeof value : value);

Deno.test("the vendor of the tests is what a first start makes, but for its login key", async () => {
  let first = "";
  await (await startSuperOffice({ onChange: (latest) => first = latest })).close();
  assert.deepEqual(shape(newVendor()), shape(first));
  assert.notEqual(newVendor(), newVendor());
});
