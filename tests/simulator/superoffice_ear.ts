/** An app that listens for state changes, as the tests of pushes need it. */
import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import { noon, type Stage, tenant } from "./superoffice_client.ts";

export interface Told {
  readonly method: string;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

export interface Ear {
  readonly url: string;
  /** What was posted so far, in the order of its arrival. */
  readonly told: readonly Told[];
  /** Resolves when something has arrived. */
  readonly first: Promise<void>;
}

/** Runs `play` with an app's listener for state changes. */
export async function withEar(
  play: (ear: Ear) => Promise<void>,
  answer: () => Response | Promise<Response> = () => new Response(null, { status: 204 }),
): Promise<void> {
  const told: Told[] = [];
  const first = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (it) => {
    const type = it.headers.get("content-type");
    told.push({ method: it.method, type, body: await it.json() });
    first.resolve();
    return await answer();
  });
  const url = `http://127.0.0.1:${server.addr.port}/state-change`;
  try {
    await play({ url, told, first: first.promise });
  } finally {
    await server.shutdown();
  }
}

/** Checks a token as an app should that follows what is published: key and issuer. */
export async function verified(stage: Stage, token: unknown): Promise<JWTPayload> {
  const jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
  const { payload } = await jwtVerify(String(token), createLocalJWKSet(jwks), {
    issuer: stage.url,
    algorithms: ["RS256"],
    currentDate: new Date(noon),
  });
  return payload;
}

/** The app is told about a tenant that has authorised it. */
export function listening({ control }: Stage, url: string): void {
  control.approve(tenant);
  control.registerStateChangeUrl(url);
}
