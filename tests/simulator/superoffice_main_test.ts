import assert from "node:assert/strict";
import { Buffer } from "node:buffer";

Deno.test("the simulator command prints one JSON line, takes a KMS signature, and ends with 0", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      "--allow-write",
      "--allow-sys",
      new URL("../../src/simulator/main.ts", import.meta.url).pathname,
      "--redirect-url",
      "https://tickets.example.com/cb",
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    line += new TextDecoder().decode(value);
  }
  const started = JSON.parse(line);
  assert.deepEqual(Object.keys(started), [
    "superoffice",
    "kms",
    "client_id",
    "client_secret",
    "key_version",
    "context_identifier",
    "system_user_token",
  ]);
  const minute = new Date().toISOString().replace(/\D/g, "").slice(0, 12);
  const text = `${started.system_user_token}.${minute}`;
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)),
  );
  const signed = await fetch(`${started.kms}/v1/${started.key_version}:asymmetricSign`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ digest: { sha256: Buffer.from(digest).toString("base64") } }),
  });
  const { signature } = await signed.json();
  const answer = await fetch(`${started.superoffice}/Login/api/PartnerSystemUser/Authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ApplicationToken: started.client_secret,
      ContextIdentifier: started.context_identifier,
      ReturnTokenType: "JWT",
      SignedSystemToken: `${text}.${signature}`,
    }),
  });
  assert.equal((await answer.json()).IsSuccessful, true);
  child.kill("SIGTERM");
  const { code } = await child.status;
  assert.equal(code, 0);
  assert.equal((await reader.read()).done, true);
  reader.releaseLock();
});
