/** Whoever answers on the way to a Google token may send us nowhere else, and neither flood nor hold us. */

import assert from "node:assert/strict";
import type { SubjectTokenSource } from "../../../src/domain/google_identity.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { type FakeGoogle, SUBJECT_TOKEN } from "../../support/fake_google.ts";
import { faultOf, judged, signerFor } from "./fixtures.ts";
import { federation, supplied, supplier, withGoogle } from "./google_worlds.ts";

interface Strange {
  readonly url: string;
  /** Requests for `/elsewhere`. */
  elsewhere(): number;
  /** Requests for anything else. */
  asked(): number;
  /** Resolves when whoever asked has gone away. */
  readonly left: Promise<void>;
}

/** A server that answers as no source of tokens should. */
async function withStrange(deed: (strange: Strange) => Promise<void>): Promise<void> {
  let elsewhere = 0;
  let asked = 0;
  const left = Promise.withResolvers<void>();
  const ways: Readonly<Record<string, (request: Request) => Response | Promise<Response>>> = {
    "/elsewhere": () => {
      elsewhere++;
      return new Response(SUBJECT_TOKEN);
    },
    // As another host: not the name that was asked.
    "/redirect": ({ url }) => {
      const location = new URL("/elsewhere", url);
      location.hostname = "localhost";
      return new Response(null, { status: 307, headers: { location: location.href } });
    },
    "/endless": () => {
      const chunk = new Uint8Array(65_536).fill(65);
      const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(chunk);
      return new Response(new ReadableStream({ pull, cancel: () => left.resolve() }));
    },
    "/down": () => new Response(null, { status: 503 }),
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      if (pathname !== "/elsewhere") asked++;
      return ways[pathname]!(request);
    },
  );
  try {
    await deed({
      url: `http://127.0.0.1:${server.addr.port}`,
      elsewhere: () => elsewhere,
      asked: () => asked,
      left: left.promise,
    });
  } finally {
    left.resolve();
    await server.shutdown();
  }
}

/** A listener that takes a request and says nothing. `left`: as above. */
async function withSilence(deed: (silence: Pick<Strange, "url" | "left">) => Promise<void>) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const left = listener.accept().then(async (connection) => {
    using _ = connection;
    while (await connection.read(new Uint8Array(65_536)) !== null);
  });
  await deed({ url: `http://127.0.0.1:${listener.addr.port}`, left });
}

const source = (url: string): SubjectTokenSource => ({
  kind: "url",
  url: new Secret(url),
  headers: new Secret(JSON.stringify({ "x-identity-header": "secret-of-the-machine" })),
  field: null,
});

/** The stations of the way, with the address of one of them changed. */
const stations = {
  source: (google: FakeGoogle, url: string) => ({
    identity: federation(google, source(url)),
    identityToken: null,
  }),
  "token service": (google: FakeGoogle, tokenUrl: string) => ({
    identity: { ...federation(google, { kind: "supplier" }), tokenUrl },
    identityToken: supplier().identityToken,
  }),
  impersonation: (google: FakeGoogle, url: string) => {
    const { identity, identityToken } = supplied(google, supplier().identityToken);
    assert.ok(identity.kind === "federation");
    return {
      identity: { ...identity, impersonation: { url, lifetimeSeconds: 3600 } },
      identityToken,
    };
  },
} as const;

for (const [station, accessOf] of Object.entries(stations)) {
  Deno.test(`a redirect by the ${station} takes no token and no header of ours anywhere`, () =>
    withStrange((strange) =>
      withGoogle(
        "thread",
        (google) => accessOf(google, `${strange.url}/redirect`),
        async (google, host) => {
          assert.equal((await faultOf(signerFor(google.kms, { host }))).reason, "unavailable");
          assert.deepEqual([strange.asked(), strange.elsewhere()], [1, 0]);
        },
      )()
    ));

  Deno.test(`an endless answer by the ${station} is not read to its end`, () =>
    withStrange((strange) =>
      withGoogle(
        "thread",
        (google) => accessOf(google, `${strange.url}/endless`),
        async (google, host) => {
          assert.equal((await faultOf(signerFor(google.kms, { host }))).reason, "unavailable");
          await strange.left;
        },
      )()
    ));

  Deno.test(`the ${station}, when it is down, is asked once for each attempt`, () =>
    withStrange((strange) =>
      withGoogle(
        "thread",
        (google) => accessOf(google, `${strange.url}/down`),
        async (google, host) => {
          const fault = await faultOf(signerFor(google.kms, { host }));
          assert.deepEqual(judged(fault), ["unavailable", true, 0]);
          assert.equal(strange.asked(), 1);
        },
      )()
    ));
}

Deno.test("silence of the token service ends with our deadline, and its connection with it", () =>
  withSilence(({ url, left }) =>
    withGoogle(
      "thread",
      (google) => stations["token service"](google, url),
      async (google, host) => {
        const fault = await faultOf(signerFor(google.kms, { host }));
        assert.deepEqual(judged(fault), ["timeout", true, 0]);
        await left;
      },
    )()
  ));
