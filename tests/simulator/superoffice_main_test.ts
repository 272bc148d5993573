import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { runTask, startTask } from "../support/processes.ts";

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

/** A free port whose next one is free as well. */
function freePair(): number {
  while (true) {
    const { addr: { port } } = tried(0);
    try {
      return tried(port + 1).addr.port - 1;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** A listener that is closed again. */
function tried(port: number): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  listener.close();
  return listener;
}

Deno.test("the simulator command puts the tenant hosts where it was told, and says so on stderr", async () => {
  const port = freePair();
  const process = startTask("simulator", { args: ["--tenant-port", String(port)] });
  try {
    const [line] = await process.line(/^\{.*\}$/);
    const { superoffice, context_identifier: ctx } = JSON.parse(line);
    const [, first, second] = await process.message(/^Tenants live at (\S+) or (\S+)$/);
    assert.deepEqual([first, second], [port, port + 1].map((each) => `http://127.0.0.1:${each}`));
    const { Api } = await (await fetch(`${superoffice}/api/state/${ctx}`)).json();
    assert.equal(Api, `${first}/${ctx}/api`);
    process.kill("SIGTERM");
    assert.equal((await process.exit()).code, 0);
  } finally {
    await process.end();
  }
});

Deno.test("a tenant port that has no next one is refused", async () => {
  for (const port of ["65535", "65536", "-1", "x"]) {
    const { code, stdout, stderr } = await runTask("simulator", { args: ["--tenant-port", port] });
    assert.deepEqual([code, stdout], [2, ""], port);
    assert.match(stderr, /--tenant-port.*Not a port/, port);
  }
});

Deno.test("a redirect URL that is neither an address nor a pattern is refused", async () => {
  for (const url of ["^(", "nowhere"]) {
    const { code, stdout, stderr } = await runTask("simulator", { args: ["--redirect-url", url] });
    assert.deepEqual([code, stdout], [2, ""], url);
    assert.match(stderr, /--redirect-url.*Neither a URL nor a pattern/, url);
  }
});

Deno.test("a taken port and a missing key file are told by the name of their option", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  try {
    const refused = [
      [["--kms-port", port], /Cannot use --kms-port: a port is taken/],
      [["--port", port], /Cannot use --port, .*: a port is taken/],
      [["--public-key", "nowhere.pem"], /Cannot use --public-key: no such file/],
    ] as const;
    for (const [args, message] of refused) {
      const { code, stdout, stderr } = await runTask("simulator", { args });
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, message);
    }
  } finally {
    taken.close();
  }
});

Deno.test("a request that never ends does not keep the simulator from ending", async () => {
  const process = startTask("simulator");
  try {
    const { superoffice } = JSON.parse((await process.line(/^\{.*\}$/))[0]);
    const port = Number(new URL(superoffice).port);
    const half = await Deno.connect({ hostname: "127.0.0.1", port });
    const head = "POST /login/common/oauth/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n";
    await half.write(new TextEncoder().encode(head));
    // Answered after it has come: then the half request was seen, too.
    await (await fetch(`${superoffice}/api/state/Cust12345`)).body?.cancel();
    process.kill("SIGTERM");
    assert.equal((await process.exit()).code, 0);
    half.close();
  } finally {
    await process.end();
  }
});
