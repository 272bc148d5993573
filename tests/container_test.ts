/**
 * The container's own command line, with its own flags, in a clean folder: what the Dockerfile says
 * is what runs. There is no container engine in this test; see `support/container_image.ts`.
 */

import { deepStrictEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { parseConfig } from "../src/config.ts";
import { createBrowser } from "../src/demo_browser.ts";
import { sha256Hex } from "../src/domain/signed_text.ts";
import {
  buildImage,
  consent,
  execForm,
  type Image,
  parseDockerfile,
} from "./support/container_image.ts";
import { canMount } from "./support/confinement.ts";
import { startKms } from "./support/kms.ts";
import { freePort } from "./support/processes.ts";
import { startRedis } from "./support/redis_server.ts";
import { requires } from "./support/requirement.ts";
import { testKeyPem } from "./support/test_keys.ts";
import { startBridge } from "./support/upstash_bridge.ts";
import { startVendor } from "./support/vendor.ts";

const TEXT = Deno.readTextFileSync(new URL("../Dockerfile", import.meta.url));
const INSTRUCTIONS = parseDockerfile(TEXT);
const restOf = (name: string) =>
  INSTRUCTIONS.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
const ENTRYPOINT = execForm(restOf("ENTRYPOINT")[0]!);
const API_KEY = "bo_container_test_key_000000000000000000000000000000";

const isMountable = canMount();

let building: Promise<Image> | null = null;
const image = () => building ??= buildImage(INSTRUCTIONS);

Deno.test.afterAll(async () => {
  await (await building?.catch(() => null))?.close();
});

/** The list that belongs to a flag of the entry point. */
function flagList(flag: string): string[] {
  const found = ENTRYPOINT.find((word) => word.startsWith(`${flag}=`));
  ok(found !== undefined, `${flag} has no list`);
  return found.slice(flag.length + 1).split(",");
}

Deno.test("The Dockerfile pins its base image to this very Deno", () => {
  equal(restOf("FROM").length, 1);
  match(
    restOf("FROM")[0]!,
    new RegExp(`^denoland/deno:${Deno.version.deno}(@sha256:[0-9a-f]{64})?$`),
  );
});

Deno.test("The Dockerfile copies the lock, the configuration and the sources, and nothing else", () => {
  const sources = restOf("COPY").flatMap((rest) =>
    rest.split(/\s+/).filter((word) => !word.startsWith("--")).slice(0, -1)
  );
  deepStrictEqual(sources.sort(), ["deno.json", "deno.lock", "src"]);
  const ignored = Deno.readTextFileSync(new URL("../.dockerignore", import.meta.url));
  deepStrictEqual(ignored.trim().split("\n"), ["*", "!deno.json", "!deno.lock", "!src"]);
});

Deno.test("The image builds from the frozen lock and runs from its cache alone", () => {
  const commands = restOf("RUN").filter((rest) => rest.startsWith("deno "));
  ok(commands.length > 0);
  for (const command of commands) match(command, / --frozen\b/);
  for (const flag of ["--cached-only", "--frozen", "--no-prompt"]) ok(ENTRYPOINT.includes(flag));
});

Deno.test("The image runs as a user that is not root, in every step after it is named", () => {
  const names = INSTRUCTIONS.map(({ name }) => name);
  deepStrictEqual(restOf("USER"), ["deno"]);
  for (const name of ["COPY", "ENTRYPOINT", "HEALTHCHECK"]) {
    ok(names.indexOf("USER") < names.indexOf(name), name);
  }
});

Deno.test("No permission is granted without a list, but for the network", () => {
  const granted = ENTRYPOINT.filter((word) => /^--?(allow-|A$|[RWNESI]$)/.test(word));
  deepStrictEqual(granted.filter((word) => !word.includes("=")), ["--allow-net"]);
  deepStrictEqual(granted.map((word) => word.split("=")[0]), [
    "--allow-net",
    "--allow-env",
    "--allow-read",
    "--allow-write",
    "--allow-sys",
  ]);
  deepStrictEqual(flagList("--allow-write"), ["/data"]);
  ok(!/(--allow-all|\s-A\b)/.test(TEXT));
});

Deno.test("Every variable that the configuration reads can be read in the image", () => {
  const read = new Set<string>();
  const spy = new Proxy({}, {
    getOwnPropertyDescriptor(_target, name) {
      read.add(String(name));
      return undefined;
    },
  });
  parseConfig(spy, () => null);
  ok(read.size > 20, "the spy saw too little");
  const allowed = new Set(flagList("--allow-env"));
  deepStrictEqual([...read].filter((name) => !allowed.has(name)), []);
});

Deno.test("The sandbox comes up in the image, takes a consent and ends on SIGTERM", async () => {
  const { at, start, healthCheck } = await image();
  const container = await start({ PORT: "0", LOG_LEVEL: "warning" });
  const { url } = container;
  const port = { PORT: url.port };
  let code: number;
  try {
    const health = await fetch(new URL("/healthz", url));
    deepStrictEqual([health.status, await health.json()], [200, { status: "alive" }]);
    equal(await healthCheck(port), 0);
    const done = await consent(createBrowser(), url);
    deepStrictEqual([done.status, done.url.pathname], [200, "/consent/done"]);
    const [, key] = /Bearer (\S+)"/.exec(container.output()) ?? [];
    const answer = await fetch(new URL("/v1/tenants/Cust12345/ticket", url), {
      headers: { authorization: `Bearer ${key}` },
    });
    match((await answer.json()).ticket, /^7T:/);
    equal(answer.headers.get("x-ticket-source"), "exchange");
    const made = [...Deno.readDirSync(at("/data"))].map(({ name }) => name);
    for (const name of ["box-office.sqlite", "ledger.key"]) ok(made.includes(name), name);
  } finally {
    code = await container.stop("SIGTERM");
  }
  equal(code, 0, container.output());
  notEqual(await healthCheck(port), 0, "the health check of a dead service");
});

Deno.test({
  name: isMountable
    ? "The image works with a read-only file system and no other hosts than the named ones"
    : "The image works with no other hosts than the named ones (nothing can be mounted here)",
  ...requires("redis-server"),
  async fn() {
    const { at, start } = await image();
    const kms = await startKms();
    const superoffice = await startVendor({ publicKeyPem: kms.publicKeyPem() });
    const redis = await startRedis();
    const bridge = startBridge({ socket: redis.socket });
    try {
      await mountSecret(at, "callers.json", {
        callers: [{
          id: "orders",
          api_key_sha256: [sha256Hex(API_KEY)],
          tenants: ["*"],
          may: ["ticket"],
        }],
      });
      const port = freePort();
      // As docs/deploy-containers.md names them; Google's and SuperOffice's stand-ins are here.
      const { host: tenants } = new URL(superoffice.control.tenants()[0]!.endpoint);
      const far = [superoffice.url, kms.url, bridge.url].map((url) => new URL(url).host);
      const container = await start({
        PORT: String(port),
        LOG_LEVEL: "warning",
        SUPEROFFICE_URL: superoffice.url,
        SUPEROFFICE_CLIENT_ID: superoffice.clientId,
        SUPEROFFICE_CLIENT_SECRET: superoffice.clientSecret,
        KMS_KEY_VERSION: kms.keyVersion,
        KMS_ENDPOINT: kms.url,
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
        SEALING_KEYS: `k1:${btoa("0".repeat(32))}`,
        LEDGER_KEY: btoa("1".repeat(32)),
        CALLERS_FILE: at("/run/secrets/callers.json"),
      }, { hosts: [`0.0.0.0:${port}`, tenants, ...far], isReadOnly: isMountable });
      try {
        equal((await consent(createBrowser(), container.url)).url.pathname, "/consent/done");
        const answer = await fetch(new URL("/v1/tenants/Cust12345/ticket", container.url), {
          headers: { authorization: `Bearer ${API_KEY}` },
        });
        equal(answer.status, 200, container.output());
        match((await answer.json()).ticket, /^7T:/);
        equal(kms.signatures(), 1);
        ok(await bridge.redis.dbsize() > 0);
      } finally {
        equal(await container.stop("SIGTERM"), 0, container.output());
      }
    } finally {
      await bridge.close();
      await redis.stop();
      await superoffice.close();
      await kms.close();
    }
  },
});

/** Writes what an operator would mount. */
async function mountSecret(at: Image["at"], name: string, content: unknown): Promise<string> {
  const path = at(`/run/secrets/${name}`);
  await Deno.mkdir(at("/run/secrets"), { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await Deno.writeTextFile(path, text);
  return path;
}

/** A Google token service on loopback. Remembers the paths that were asked. */
function startTokenService() {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const headers = { "metadata-flavor": "Google" };
    if (pathname.endsWith("/universe-domain")) return new Response("googleapis.com", { headers });
    if (pathname.endsWith("/project-id")) return new Response("p", { headers });
    return Response.json({
      access_token: "a",
      expires_in: 3600,
      token_type: "Bearer",
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    }, { headers });
  });
  return { asked, host: `127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

/** Finds credentials as the service does, with the image's flags and the image's packages. */
const FIND_CREDENTIALS = `
  import { openKmsClient, loadKmsSdk } from "./src/adapters/signing/kms_client.ts";
  const client = await openKmsClient(await loadKmsSdk(), null);
  const { token } = await (await client.auth.getClient()).getAccessToken();
  Deno.stdout.writeSync(new TextEncoder().encode(token));
  Deno.exit(0);
`;

Deno.test("A mounted credential file of Google is found with the image's permissions", async () => {
  const { at, runScript } = await image();
  const service = startTokenService();
  try {
    const file = await mountSecret(at, "subject_token", "t");
    const GOOGLE_APPLICATION_CREDENTIALS = await mountSecret(at, "google.json", {
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `http://${service.host}/v1/token`,
      credential_source: { file },
    });
    const env = { GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_CLOUD_PROJECT: "p" };
    equal(await runScript(FIND_CREDENTIALS, env), "a");
    ok(service.asked.includes("/v1/token"));
  } finally {
    await service.close();
  }
});

/** Becomes who the environment says, as the service does. */
const TAKE_CREDENTIALS = `
  import { openAccess } from "./src/adapters/signing/google_access.ts";
  import { commandAccess } from "./src/parts_google.ts";
  const client = await openAccess(commandAccess(), "https://www.googleapis.com/auth/cloudkms");
  const headers = await client.getRequestHeaders();
  Deno.stdout.writeSync(new TextEncoder().encode(headers.get("authorization")));
  Deno.exit(0);
`;

Deno.test("A key of Google in the environment is taken with the image's permissions", async () => {
  const { runScript } = await image();
  const GOOGLE_CREDENTIALS = JSON.stringify({
    type: "service_account",
    client_email: "box-office@acme.iam.gserviceaccount.com",
    private_key: testKeyPem("signing"),
  });
  match(await runScript(TAKE_CREDENTIALS, { GOOGLE_CREDENTIALS }), /^Bearer eyJ/);
});

Deno.test("The metadata server of Google is found with the image's permissions", async () => {
  const { runScript } = await image();
  const service = startTokenService();
  try {
    equal(await runScript(FIND_CREDENTIALS, { GCE_METADATA_HOST: service.host }), "a");
    ok(service.asked.some((path) => path.endsWith("/service-accounts/default/token")));
  } finally {
    await service.close();
  }
});

Deno.test("Code in the image cannot read, write, run or learn what is not its own", async () => {
  const { runScript } = await image();
  const source = `
    const tried = async (deed) => { try { await deed(); return "done"; } catch (e) { return e.name; } };
    const seen = {
      read: await tried(() => Deno.readTextFile("/etc/hostname")),
      write: await tried(() => Deno.writeTextFile("./src/main.ts", "")),
      run: await tried(() => new Deno.Command("/bin/true").output()),
      ffi: await tried(() => Deno.dlopen("libc.so.6", {})),
      host: await tried(() => Deno.hostname()),
      variable: Deno.env.get("AWS_SECRET_ACCESS_KEY") ?? "absent",
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(seen)));
  `;
  deepStrictEqual(JSON.parse(await runScript(source, { AWS_SECRET_ACCESS_KEY: "mark" })), {
    read: "NotCapable",
    write: "NotCapable",
    run: "NotCapable",
    ffi: "NotCapable",
    host: "NotCapable",
    variable: "absent",
  });
});
