/** What the tests of several apps share: the control API, and a second app. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Stage } from "./superoffice_client.ts";

/** Calls a verb; what it answers. */
export async function call(stage: Stage, verb: string, body: unknown = {}): Promise<unknown> {
  const init = { method: "POST", body: JSON.stringify(body) };
  return await (await fetch(`${stage.url}/_control/${verb}`, init)).json();
}

export interface Other {
  readonly client_id: string;
  readonly client_secret: string;
  readonly key: KeyObject;
}

/** A second app with a key of its own. */
export async function registerOther(stage: Stage, members = {}): Promise<Other> {
  const { publicKey, privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const app = await call(stage, "register_app", { name: "Other App", ...members });
  const { client_id, client_secret } = app as Other;
  await call(stage, "register_public_key", {
    client_id,
    key: publicKey.export({ type: "spki", format: "pem" }),
  });
  return { client_id, client_secret, key };
}
