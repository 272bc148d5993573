/** What the doctor finds of SuperOffice's sign-in, of this machine's clock, and of where browsers go. */

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import {
  assertFound,
  type Env,
  findings,
  type Planted,
  withWorld,
} from "../support/doctor_world.ts";
import { startKms } from "../support/kms.ts";
import { testKey } from "../support/test_keys.ts";

const servers: Deno.HttpServer<Deno.NetAddr>[] = [];

/** Something else answers in SuperOffice's place. */
const stranger = (
  answer: (path: string, origin: string) => unknown,
  date = () => new Date().toUTCString(),
) => ({
  plant() {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request): Response => {
        const { pathname, origin } = new URL(request.url);
        return Response.json(answer(pathname, origin), {
          headers: { date: date() },
        });
      },
    );
    servers.push(server);
    return { SUPEROFFICE_URL: `http://127.0.0.1:${server.addr.port}` };
  },
});

const LOGIN_KEY = createPublicKey(testKey("login")).export({ format: "jwk" });

/** A sign-in with these keys. */
const signIn = (keys: readonly unknown[]) => (path: string, origin: string) =>
  path.endsWith("/jwks") ? { keys } : {
    issuer: origin,
    authorization_endpoint: `${origin}/a`,
    token_endpoint: `${origin}/t`,
    jwks_uri: `${origin}/jwks`,
  };

const PLANTED: readonly Planted[] = [
  {
    fault: "a `Date` that is none",
    ...stranger(signIn([{ ...LOGIN_KEY, kid: "1", use: "sig", alg: "RS256" }]), () => "soon"),
    finds: { clock: "warning" },
    says: /does not say its time/,
  },
  {
    fault: "a clock that is two minutes behind",
    plant: ({ service }) => service.simulator.control.clockOffsetMs(120_000),
    heal: ({ service }) => service.simulator.control.clockOffsetMs(0),
    finds: { clock: "problem" },
    says: /1[12]\d s behind/,
  },
  {
    fault: "a clock that is half a minute ahead",
    plant: ({ service }) => service.simulator.control.clockOffsetMs(-30_000),
    heal: ({ service }) => service.simulator.control.clockOffsetMs(0),
    finds: { clock: "warning" },
    says: /(29|30) s ahead of/,
  },
  {
    fault: "another sign-in than that of the origin",
    ...stranger(() => ({ issuer: "https://elsewhere.example.com" })),
    finds: { discovery: "problem", login_keys: "problem" },
    says: /not the sign-in of this origin/,
  },
  {
    fault: "login keys without a key",
    ...stranger(signIn([])),
    finds: { login_keys: "problem" },
  },
  {
    fault: "no SuperOffice",
    plant: () => ({ SUPEROFFICE_URL: "http://127.0.0.1:1" }),
    finds: { discovery: "problem", login_keys: "problem", clock: "problem" },
    says: /network/,
  },
];

Deno.test("of SuperOffice the doctor finds what is wrong", async (test) => {
  await withWorld((world) => assertFound(test, world, PLANTED));
  await Promise.all(servers.map((server) => server.shutdown()));
});

Deno.test("where live tenants are served, browsers need an https address", async () => {
  const kms = await startKms();
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  const env: Env = {
    SUPEROFFICE_ENVIRONMENT: "stage",
    SUPEROFFICE_URL: "http://127.0.0.1:1",
    SUPEROFFICE_CLIENT_ID: "id",
    SUPEROFFICE_CLIENT_SECRET: "secret",
    CALLERS: '{"callers":[]}',
    KMS_KEY_VERSION: kms.keyVersion,
    KMS_ENDPOINT: kms.url,
    DATA_DIR: folder,
  };
  const level = async (more: Env) =>
    (await findings({ ...env, ...more })).find(({ check }) => check === "public_url")?.level;
  try {
    assert.equal(await level({ PUBLIC_URL: "https://tickets.example.com" }), "ok");
    assert.equal(await level({}), "problem");
    assert.equal(await level({ PUBLIC_URL: "http://localhost" }), "problem");
  } finally {
    await kms.close();
    await Deno.remove(folder, { recursive: true });
  }
});
