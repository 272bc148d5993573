/** The environment as a configuration: defaults, good and bad values, and that no secret is repeated. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config, parseConfig } from "../src/config.ts";

type Env = Readonly<Record<string, string>>;

const KEY = "projects/p/locations/europe-north1/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";
const SEED = btoa("0123456789abcdef0123456789abcdef");
const DIGEST = "ab".repeat(32);
const WHSEC = `whsec_${SEED}`;
const OTHER_WHSEC = `whsec_${btoa("o".repeat(64))}`;

const caller = (bend: Readonly<Record<string, unknown>> = {}) => ({
  id: "orders",
  api_key_sha256: [DIGEST],
  tenants: ["*"],
  may: ["ticket"],
  ...bend,
});
const callers = (...entries: unknown[]) => JSON.stringify({ callers: entries });

const ACCOUNT = "box-office@acme.iam.gserviceaccount.com";
const PROVIDER = "projects/123/locations/global/workloadIdentityPools/p/providers/q";
const keyFile = (bend: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    type: "service_account",
    client_email: ACCOUNT,
    private_key: `-----BEGIN PRIVATE KEY-----\n${SEED}\n-----END PRIVATE KEY-----\n`,
    ...bend,
  });

/** Everything that `online` needs on its own disk. */
const ONLINE: Env = {
  SUPEROFFICE_ENVIRONMENT: "online",
  SUPEROFFICE_CLIENT_ID: "0123456789abcdef0123456789abcdef",
  SUPEROFFICE_CLIENT_SECRET: "fedcba9876543210fedcba9876543210",
  KMS_KEY_VERSION: KEY,
  CALLERS: callers(caller()),
};

/** What Upstash needs beyond it. */
const UPSTASH: Env = {
  UPSTASH_REDIS_REST_URL: "https://eu1-example.upstash.io",
  UPSTASH_REDIS_REST_TOKEN: "upstash-token",
  SEALING_KEYS: `a:${SEED}`,
  LEDGER_KEY: SEED,
};

const FILES: Readonly<Record<string, string>> = {
  "/keys/app.pem": "-----BEGIN PRIVATE KEY-----",
  "/keys/link.pem": "-----BEGIN PRIVATE KEY-----",
  "/callers.json": callers(caller({ id: "from-a-file" })),
};
const readFile = (path: string) => FILES[path] ?? null;

function good(env: Env): Config {
  const parsed = parseConfig(env, readFile);
  assert.ok(parsed.ok, parsed.ok ? "" : JSON.stringify(parsed.problems));
  return parsed.config;
}

/** @returns problems as `NAME what is wrong` */
function problems(env: Env): string[] {
  const parsed = parseConfig(env, readFile);
  return parsed.ok ? [] : parsed.problems.map(({ name, problem }) => `${name} ${problem}`);
}

/** @returns names of what is wrong, in the order of their first problem */
const names = (env: Env) => [...new Set(problems(env).map((line) => line.split(" ")[0]))];

const without = (env: Env, ...left: string[]): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !left.includes(name)));

Deno.test("no environment at all is the sandbox, on loopback, on disk", () => {
  assert.deepEqual(good({}), {
    host: "127.0.0.1",
    port: 8000,
    publicUrl: null,
    environment: "simulator",
    superoffice: null,
    exchange: "rest",
    legacyLogin: false,
    signing: { kind: "generated" },
    google: { kind: "default" },
    store: { kind: "sqlite" },
    dataDir: "./data",
    drainMs: 0,
    sealingKeys: null,
    callers: null,
    ledgerKey: { kind: "generated" },
    ledgerOrigin: null,
    ledgerArchive: null,
    canaryMs: null,
    ticketLifetimeMs: 21_600_000,
    exchangeTimeoutMs: 4000,
    signaturesPerMinute: 300,
    signaturesPerTenantHour: 240,
    requestsPerTenantMinute: null,
    webhook: null,
    app: { name: null, vendor: null, privacyUrl: null, supportUrl: null, logo: null },
    logLevel: "info",
  });
});

Deno.test("an empty or blank value is no value", () => {
  const names = [
    "PORT",
    "HOST",
    "PUBLIC_URL",
    "SUPEROFFICE_ENVIRONMENT",
    "SEALING_KEYS",
    "CALLERS",
  ];
  for (const blank of ["", "  ", "\n"]) {
    assert.deepEqual(good(Object.fromEntries(names.map((name) => [name, blank]))), good({}));
  }
});

Deno.test("each environment has its own origin, and stage is qaonline", () => {
  for (
    const [environment, origin] of [
      ["sod", "https://sod.superoffice.com"],
      ["stage", "https://qaonline.superoffice.com"],
      ["online", "https://online.superoffice.com"],
    ] as const
  ) {
    const config = good({ ...ONLINE, SUPEROFFICE_ENVIRONMENT: environment });
    assert.equal(config.superoffice?.origin.origin, origin);
    assert.equal(config.environment, environment);
  }
});

/** Good values, and what they come to. */
const GOOD: readonly (readonly [Env, Partial<Config> | ((config: Config) => unknown)])[] = [
  [{ PORT: "0" }, { port: 0 }],
  [{ PORT: "65535", HOST: "0.0.0.0" }, { port: 65535, host: "0.0.0.0" }],
  [{ PUBLIC_URL: "https://tickets.example.com/" }, (it) => it.publicUrl?.origin],
  [{ PUBLIC_URL: "http://localhost:8000" }, (it) => it.publicUrl?.port === "8000"],
  [{ SUPEROFFICE_EXCHANGE: "soap" }, { exchange: "soap" }],
  [{ SUPEROFFICE_EXCHANGE: " rest " }, { exchange: "rest" }],
  [{ SUPEROFFICE_LEGACY_LOGIN: "on" }, { legacyLogin: true }],
  [{ SUPEROFFICE_LEGACY_LOGIN: "off" }, { legacyLogin: false }],
  [{ DATA_DIR: "/var/lib/box-office" }, { dataDir: "/var/lib/box-office" }],
  [{ TICKET_LIFETIME_SECONDS: "60" }, { ticketLifetimeMs: 60_000 }],
  [{ EXCHANGE_TIMEOUT_MS: "2500" }, { exchangeTimeoutMs: 2500 }],
  [{ DRAIN_SECONDS: "5" }, { drainMs: 5000 }],
  [{ SIGNATURES_PER_MINUTE: "1" }, { signaturesPerMinute: 1 }],
  [{ SIGNATURES_PER_TENANT_HOUR: "100000" }, { signaturesPerTenantHour: 100_000 }],
  [{ LOG_LEVEL: "warning" }, { logLevel: "warning" }],
  [{ APP_NAME: "Acme Sync", APP_VENDOR: "Acme AS" }, ({ app }) => app.name === "Acme Sync"],
  [{ LEDGER_ORIGIN: "tickets.example.com/ledger" }, { ledgerOrigin: "tickets.example.com/ledger" }],
  [
    { WEBHOOK_URL: "https://hooks.example.com/in?from=box-office", WEBHOOK_SECRET: WHSEC },
    ({ webhook }) =>
      webhook?.url.href === "https://hooks.example.com/in?from=box-office" &&
      webhook.secrets.map((secret) => secret.reveal()).join() === WHSEC,
  ],
  [
    { WEBHOOK_URL: "http://127.0.0.1:9/", WEBHOOK_SECRET: `${WHSEC}, ${OTHER_WHSEC}` },
    ({ webhook }) =>
      webhook?.secrets.map((secret) => secret.reveal()).join() === `${WHSEC},${OTHER_WHSEC}`,
  ],
  [{ GOOGLE_CREDENTIALS: keyFile() }, ({ google }) => google.kind === "credentials"],
  [
    { GCP_WORKLOAD_PROVIDER_ID: PROVIDER, GCP_SERVICE_ACCOUNT_EMAIL: ACCOUNT },
    ({ google }) => google.kind === "platform",
  ],
  [{ LEDGER_ARCHIVE: "/data/archive" }, { ledgerArchive: "/data/archive" }],
  [{ CANARY_MINUTES: "60" }, { canaryMs: 3_600_000 }],
  [{ CANARY_MINUTES: "10080" }, { canaryMs: 604_800_000 }],
  [{ KMS_KEY_VERSION: KEY }, {
    signing: {
      kind: "google_kms",
      key: { keyVersion: KEY, endpoint: null, protectionLevel: "HSM" },
      standby: null,
    },
  }],
  [
    {
      KMS_KEY_VERSION: KEY,
      KMS_STANDBY_KEY_VERSION: KEY.replace(/1$/, "2"),
      KMS_PROTECTION_LEVEL: "SOFTWARE",
    },
    ({ signing }) =>
      signing.kind === "google_kms" && signing.standby?.keyVersion.endsWith("/2") &&
      signing.standby.protectionLevel === "SOFTWARE",
  ],
  [
    { KMS_KEY_VERSION: KEY, KMS_ENDPOINT: "http://127.0.0.1:9000" },
    ({ signing }) => signing.kind === "google_kms" && signing.key.endpoint?.port === "9000",
  ],
  [
    { SIGNING_KEY_FILE: "/keys/app.pem" },
    ({ signing }) =>
      signing.kind === "file" && signing.pem.reveal() === FILES["/keys/app.pem"] &&
      signing.standby === null,
  ],
  [
    { SIGNING_KEY_FILE: "/callers.json", SIGNING_STANDBY_KEY_FILE: "/keys/app.pem" },
    ({ signing }) =>
      signing.kind === "file" && signing.standby?.reveal() === FILES["/keys/app.pem"],
  ],
  [{ LEDGER_KEY: SEED }, ({ ledgerKey }) => ledgerKey.kind === "seed"],
  [
    { LEDGER_KMS_KEY_VERSION: KEY, KMS_ENDPOINT: "http://localhost:1" },
    ({ ledgerKey }) => ledgerKey.kind === "google_kms" && ledgerKey.endpoint?.port === "1",
  ],
  [
    { SEALING_KEYS: `new:${SEED}, old-1:${SEED}` },
    ({ sealingKeys }) =>
      sealingKeys?.map(({ id, key }) => `${id} ${key.length}`).join() === "new 32,old-1 32",
  ],
  [UPSTASH, ({ store }) =>
    store.kind === "upstash" && store.token.reveal() === "upstash-token" &&
    store.url.hostname === "eu1-example.upstash.io"],
  [{ ...UPSTASH, DENO_DEPLOYMENT_ID: "d1" }, ({ store }) => store.kind === "upstash"],
  [{ CALLERS: callers(caller()) }, (it) => it.callers?.[0]?.caller.id === "orders"],
  [{ CALLERS_FILE: "/callers.json" }, (it) => it.callers?.[0]?.caller.id === "from-a-file"],
  [
    {
      SUPEROFFICE_URL: "http://127.0.0.1:4000",
      SUPEROFFICE_CLIENT_ID: "id",
      SUPEROFFICE_CLIENT_SECRET: "secret",
    },
    ({ superoffice }) =>
      superoffice?.origin.port === "4000" && superoffice.clientSecret.reveal() === "secret" &&
      superoffice.nextClientSecret === null,
  ],
  [
    { ...ONLINE, SUPEROFFICE_CLIENT_SECRET_NEXT: "another" },
    ({ superoffice }) => superoffice?.nextClientSecret?.reveal() === "another",
  ],
];

Deno.test("good values are taken as they are meant", () => {
  for (const [env, expected] of GOOD) {
    const config = good(env);
    if (typeof expected === "function") assert.ok(expected(config), JSON.stringify(env));
    else assert.deepEqual({ ...config, ...expected }, config, JSON.stringify(env));
  }
});

/** Bad values, and the names that are blamed for them. */
const BAD: readonly (readonly [Env, readonly string[]])[] = [
  ...["-1", "65536", "8000.5", "0x1f90", "eighty", "1e3", "9999999999"].map((PORT) =>
    [{ PORT }, ["PORT"]] as const
  ),
  ...[
    "tickets.example.com",
    "ftp://tickets.example.com",
    "http://tickets.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "https://tickets.example.com/app",
    "https://tickets.example.com/?a=b",
    "https://tickets.example.com/#a",
    "https://user:pass@tickets.example.com",
    "https://user@tickets.example.com",
    "https://:pass@tickets.example.com",
    "https://tickets.example.com/?",
    "https://tickets.example.com/#",
  ].map((PUBLIC_URL) => [{ PUBLIC_URL }, ["PUBLIC_URL"]] as const),
  [{ SUPEROFFICE_ENVIRONMENT: "production" }, ["SUPEROFFICE_ENVIRONMENT"]],
  [{ SUPEROFFICE_ENVIRONMENT: "Online" }, ["SUPEROFFICE_ENVIRONMENT"]],
  [{ ...ONLINE, SUPEROFFICE_URL: "http://online.superoffice.com" }, ["SUPEROFFICE_URL"]],
  [without(ONLINE, "SUPEROFFICE_CLIENT_ID"), ["SUPEROFFICE_CLIENT_ID"]],
  [without(ONLINE, "SUPEROFFICE_CLIENT_SECRET"), ["SUPEROFFICE_CLIENT_SECRET"]],
  [
    { SUPEROFFICE_URL: "http://127.0.0.1:1" },
    ["SUPEROFFICE_CLIENT_ID", "SUPEROFFICE_CLIENT_SECRET"],
  ],
  [{ SUPEROFFICE_EXCHANGE: "REST" }, ["SUPEROFFICE_EXCHANGE"]],
  [{ SUPEROFFICE_LEGACY_LOGIN: "true" }, ["SUPEROFFICE_LEGACY_LOGIN"]],
  [{ HOST: "bad host" }, ["HOST"]],
  [{ ...ONLINE, KMS_KEY_VERSION: KEY.replace(/projects\/[^/]+/, "projects/123456") }, [
    "KMS_KEY_VERSION",
  ]],
  [without(ONLINE, "KMS_KEY_VERSION"), ["KMS_KEY_VERSION"]],
  [
    { ...without(ONLINE, "KMS_KEY_VERSION"), SUPEROFFICE_ENVIRONMENT: "stage" },
    ["KMS_KEY_VERSION"],
  ],
  [{ ...without(ONLINE, "KMS_KEY_VERSION"), SUPEROFFICE_ENVIRONMENT: "sod" }, ["KMS_KEY_VERSION"]],
  [
    { ...without(ONLINE, "KMS_KEY_VERSION"), SIGNING_KEY_FILE: "/keys/app.pem" },
    ["KMS_KEY_VERSION", "SIGNING_KEY_FILE"],
  ],
  [{ ...ONLINE, SIGNING_KEY_FILE: "/keys/app.pem" }, ["SIGNING_KEY_FILE"]],
  [{ KMS_KEY_VERSION: KEY, SIGNING_KEY_FILE: "/keys/app.pem" }, ["SIGNING_KEY_FILE"]],
  [{ SIGNING_KEY_FILE: "/keys/missing.pem" }, ["SIGNING_KEY_FILE"]],
  [{ SIGNING_STANDBY_KEY_FILE: "/keys/app.pem" }, ["SIGNING_STANDBY_KEY_FILE"]],
  [
    { SIGNING_KEY_FILE: "/keys/app.pem", SIGNING_STANDBY_KEY_FILE: "/keys/missing.pem" },
    ["SIGNING_STANDBY_KEY_FILE"],
  ],
  [
    { SIGNING_KEY_FILE: "/keys/app.pem", SIGNING_STANDBY_KEY_FILE: "/keys/app.pem" },
    ["SIGNING_STANDBY_KEY_FILE"],
  ],
  [
    { SIGNING_KEY_FILE: "/keys/app.pem", SIGNING_STANDBY_KEY_FILE: "/keys/link.pem" },
    ["SIGNING_STANDBY_KEY_FILE"],
  ],
  ...[
    KEY.replace("/cryptoKeyVersions/1", ""),
    KEY.replace(/1$/, "latest"),
    `/${KEY}`,
    `${KEY}/`,
    KEY.replace("/p/", "//"),
  ].flatMap((bent) => [
    [{ ...ONLINE, KMS_KEY_VERSION: bent }, ["KMS_KEY_VERSION"]] as const,
    [{ LEDGER_KMS_KEY_VERSION: bent }, ["LEDGER_KMS_KEY_VERSION"]] as const,
  ]),
  [{ KMS_STANDBY_KEY_VERSION: KEY }, ["KMS_STANDBY_KEY_VERSION"]],
  [{ ...ONLINE, KMS_STANDBY_KEY_VERSION: KEY }, ["KMS_STANDBY_KEY_VERSION"]],
  [
    { ...ONLINE, SUPEROFFICE_CLIENT_SECRET: "same", SUPEROFFICE_CLIENT_SECRET_NEXT: "same" },
    ["SUPEROFFICE_CLIENT_SECRET_NEXT"],
  ],
  [{ ...ONLINE, KMS_STANDBY_KEY_VERSION: "key-2" }, ["KMS_STANDBY_KEY_VERSION"]],
  [{ ...ONLINE, KMS_ENDPOINT: "http://kms.example.com" }, ["KMS_ENDPOINT"]],
  [{ ...ONLINE, KMS_PROTECTION_LEVEL: "EXTERNAL" }, ["KMS_PROTECTION_LEVEL"]],
  [without({ ...ONLINE, ...UPSTASH }, "SEALING_KEYS"), ["SEALING_KEYS"]],
  [without({ ...ONLINE, ...UPSTASH }, "LEDGER_KEY"), ["LEDGER_KEY"]],
  [
    { UPSTASH_REDIS_REST_URL: "http://10.0.0.1", UPSTASH_REDIS_REST_TOKEN: "token" },
    ["UPSTASH_REDIS_REST_URL", "SEALING_KEYS", "LEDGER_KEY"],
  ],
  [without({ ...ONLINE, ...UPSTASH }, "UPSTASH_REDIS_REST_URL"), ["UPSTASH_REDIS_REST_URL"]],
  [without({ ...ONLINE, ...UPSTASH }, "UPSTASH_REDIS_REST_TOKEN"), ["UPSTASH_REDIS_REST_TOKEN"]],
  [{ ...UPSTASH, UPSTASH_REDIS_REST_URL: "http://10.0.0.1:8079" }, ["UPSTASH_REDIS_REST_URL"]],
  [
    { ...UPSTASH, UPSTASH_REDIS_REST_URL: "rediss://eu1-example.upstash.io:6379" },
    ["UPSTASH_REDIS_REST_URL"],
  ],
  [{ DENO_DEPLOYMENT_ID: "d1" }, ["UPSTASH_REDIS_REST_URL"]],
  [{ ...ONLINE, DENO_DEPLOYMENT_ID: "d1" }, ["UPSTASH_REDIS_REST_URL"]],
  ...[
    "no-colon",
    "a:not base64!",
    `a:${btoa("too short")}`,
    `a:${SEED},a:${SEED}`,
    `a:${SEED},`,
    `${"x".repeat(33)}:${SEED}`,
    `sp ace:${SEED}`,
  ].map((SEALING_KEYS) => [{ SEALING_KEYS }, ["SEALING_KEYS"]] as const),
  [{ LEDGER_KEY: "c2hvcnQ=" }, ["LEDGER_KEY"]],
  ...[
    "hooks.example.com",
    "ftp://hooks.example.com",
    "http://hooks.example.com/in",
    "http://127.0.0.1.example.com/in",
    "https://user:pass@hooks.example.com/in",
    "https://:pass@hooks.example.com/in",
    "https://user@hooks.example.com/in",
    "https://hooks.example.com/in#a",
    "https://hooks.example.com/in#",
    `https://hooks.example.com/${"x".repeat(2048)}`,
  ].map((WEBHOOK_URL) => [{ WEBHOOK_URL, WEBHOOK_SECRET: WHSEC }, ["WEBHOOK_URL"]] as const),
  ...[
    "secret",
    SEED,
    `whsec_${btoa("x".repeat(23))}`,
    `whsec_${btoa("x".repeat(65))}`,
    "whsec_not base64!",
    `${WHSEC},`,
    `${WHSEC},${WHSEC}`,
    [1, 2, 3, 4].map((it) => `whsec_${btoa(`${it}`.repeat(24))}`).join(),
  ].map((WEBHOOK_SECRET) =>
    [{ WEBHOOK_URL: "https://hooks.example.com", WEBHOOK_SECRET }, ["WEBHOOK_SECRET"]] as const
  ),
  [{ WEBHOOK_URL: "https://hooks.example.com" }, ["WEBHOOK_SECRET"]],
  [{ WEBHOOK_SECRET: WHSEC }, ["WEBHOOK_URL"]],
  [{ LEDGER_KEY: SEED, LEDGER_KMS_KEY_VERSION: KEY }, ["LEDGER_KEY"]],
  [{ LEDGER_ORIGIN: "two words" }, ["LEDGER_ORIGIN"]],
  [{ GOOGLE_CREDENTIALS: "/run/secrets/google.json" }, ["GOOGLE_CREDENTIALS"]],
  [{ GOOGLE_CREDENTIALS: keyFile({ type: "authorized_user" }) }, ["GOOGLE_CREDENTIALS"]],
  [{ GCP_WORKLOAD_PROVIDER_ID: "oidc-deno-com" }, ["GCP_WORKLOAD_PROVIDER_ID"]],
  [
    { GCP_WORKLOAD_PROVIDER_ID: PROVIDER, GCP_SERVICE_ACCOUNT_EMAIL: "a@example.com" },
    ["GCP_SERVICE_ACCOUNT_EMAIL"],
  ],
  [{ CANARY_MINUTES: "0" }, ["CANARY_MINUTES"]],
  [{ CANARY_MINUTES: "10081" }, ["CANARY_MINUTES"]],
  [{ CANARY_MINUTES: "hourly" }, ["CANARY_MINUTES"]],
  [{ LEDGER_ORIGIN: "with+plus" }, ["LEDGER_ORIGIN"]],
  [{ TICKET_LIFETIME_SECONDS: "0" }, ["TICKET_LIFETIME_SECONDS"]],
  [{ TICKET_LIFETIME_SECONDS: "86401" }, ["TICKET_LIFETIME_SECONDS"]],
  [{ EXCHANGE_TIMEOUT_MS: "99" }, ["EXCHANGE_TIMEOUT_MS"]],
  [{ DRAIN_SECONDS: "61" }, ["DRAIN_SECONDS"]],
  [{ SIGNATURES_PER_MINUTE: "0", SIGNATURES_PER_TENANT_HOUR: "100001" }, [
    "SIGNATURES_PER_MINUTE",
    "SIGNATURES_PER_TENANT_HOUR",
  ]],
  [{ EXCHANGE_TIMEOUT_MS: "4s" }, ["EXCHANGE_TIMEOUT_MS"]],
  [{ LOG_LEVEL: "warn" }, ["LOG_LEVEL"]],
  [{ APP_PRIVACY_URL: "privacy", APP_SUPPORT_URL: "mailto:", APP_LOGO_FILE: "/missing.svg" }, [
    "APP_PRIVACY_URL",
    "APP_SUPPORT_URL",
    "APP_LOGO_FILE",
  ]],
  [without(ONLINE, "CALLERS"), ["CALLERS"]],
  [{ CALLERS: callers(caller()), CALLERS_FILE: "/callers.json" }, ["CALLERS"]],
  [{ CALLERS_FILE: "/missing.json" }, ["CALLERS_FILE"]],
  [{ CALLERS_FILE: "/keys/app.pem" }, ["CALLERS_FILE"]],
  [{ CALLERS: "{callers:[]}" }, ["CALLERS"]],
];

Deno.test("bad values are refused by the name of the variable, and nothing else is blamed", () => {
  for (const [env, expected] of BAD) assert.deepEqual(names(env), expected, JSON.stringify(env));
});

Deno.test("plain http is for loopback only, in every variable that holds an address", () => {
  const webhook = { WEBHOOK_URL: "https://hooks.example.com", WEBHOOK_SECRET: WHSEC };
  const all = [
    "PUBLIC_URL",
    "SUPEROFFICE_URL",
    "KMS_ENDPOINT",
    "UPSTASH_REDIS_REST_URL",
    "WEBHOOK_URL",
  ];
  for (const name of all) {
    const base = { ...ONLINE, ...UPSTASH, ...webhook };
    for (const host of ["localhost:1", "127.0.0.1:1", "127.8.9.10:1", "[::1]:1", "LOCALHOST:1"]) {
      assert.deepEqual(problems({ ...base, [name]: `http://${host}` }), [], `${name} ${host}`);
    }
    for (const host of ["0.0.0.0:1", "10.0.0.1", "host.docker.internal", "[::]", "localhost."]) {
      assert.deepEqual(names({ ...base, [name]: `http://${host}` }), [name], `${name} ${host}`);
    }
  }
});

Deno.test("what is more than an origin is told so, also where little of it shows", () => {
  for (const rest of [":pass@localhost", "localhost/?", "localhost/#", "localhost/a", "u@[::1]"]) {
    for (const scheme of ["http", "https"]) {
      assert.deepEqual(problems({ PUBLIC_URL: `${scheme}://${rest}` }), [
        "PUBLIC_URL is not an origin: leave out path, query and credentials",
      ]);
    }
  }
});

Deno.test("every problem is said at once", () => {
  assert.deepEqual(
    problems({
      PORT: "x",
      PUBLIC_URL: "http://tickets.example.com",
      SUPEROFFICE_ENVIRONMENT: "online",
      UPSTASH_REDIS_REST_URL: "https://eu1-example.upstash.io",
      LOG_LEVEL: "loud",
    }),
    [
      "UPSTASH_REDIS_REST_TOKEN is required with UPSTASH_REDIS_REST_URL",
      "SUPEROFFICE_CLIENT_ID is required for online",
      "SUPEROFFICE_CLIENT_SECRET is required for online",
      "PORT is not a whole number from 0 to 65535",
      "PUBLIC_URL must be https: plain http is for loopback only",
      "KMS_KEY_VERSION is required for online: its key belongs into the HSM",
      "SEALING_KEYS is required with UPSTASH_REDIS_REST_URL",
      "CALLERS or CALLERS_FILE is required for online",
      "LEDGER_KEY or LEDGER_KMS_KEY_VERSION is required with Upstash",
      "LOG_LEVEL is not one of debug, info, warning, error, off",
    ],
  );
});

/** Entries of `CALLERS` that are not right, and where. */
const BAD_CALLERS: readonly (readonly [unknown, RegExp])[] = [
  [null, /callers\[0\]: is no object/],
  [caller({ id: undefined }), /callers\[0\]\.id: is missing/],
  [caller({ id: "with space" }), /callers\[0\]\.id: is not of its form/],
  [caller({ may: [] }), /callers\[0\]\.may: is no list with members/],
  [caller({ may: undefined }), /callers\[0\]\.may: is missing/],
  [caller({ may: ["ticket", "everything"] }), /callers\[0\]\.may\[1\]: is not of its form/],
  [caller({ tenants: ["Cust1", "12345"] }), /callers\[0\]\.tenants\[1\]: is not of its form/],
  [caller({ api_key_sha256: ["abc"] }), /callers\[0\]\.api_key_sha256\[0\]: is not of its form/],
  [caller({ api_key_sha256: undefined }), /callers\[0\]: needs either api_key_sha256/],
  [caller({ issuer: "https://oidc.example.com" }), /callers\[0\]: needs either api_key_sha256/],
  [caller({ requests_per_minute: 0 }), /callers\[0\]\.requests_per_minute: is no whole number/],
  [caller({ requests_per_minute: 1.5 }), /callers\[0\]\.requests_per_minute: is no whole number/],
  [caller({ permissions: ["ticket"] }), /callers\[0\]\.permissions: is not a known member/],
  [{ id: "sync", tenants: ["*"], may: ["ticket"] }, /callers\[0\]: needs either/],
  [
    {
      id: "sync",
      tenants: ["*"],
      may: ["ticket"],
      issuer: "http://oidc.example.com",
      audience: "https://tickets.example.com",
      subject: "deployment:acme/sync/*",
    },
    /callers\[0\]\.issuer: is no https URL/,
  ],
];

Deno.test("problems of CALLERS say which entry and member", () => {
  for (const [entry, expected] of BAD_CALLERS) {
    // Members that are undefined are not there once it is JSON.
    const found = problems({ CALLERS: callers(entry) });
    assert.ok(found.some((line) => expected.test(line)), `${expected} in ${found.join("; ")}`);
    assert.ok(found.every((line) => line.startsWith("CALLERS ")), found.join("; "));
  }
  const twice = problems({ CALLERS: callers(caller(), caller({ id: "other" })) });
  assert.deepEqual(twice, ["CALLERS callers[1].api_key_sha256: is the same as in callers[0]"]);
});

Deno.test("problems of two callers are both said", () => {
  const found = problems({ CALLERS: callers(caller({ may: ["all"] }), caller({ id: "" })) });
  assert.deepEqual(found, [
    "CALLERS callers[0].may[0]: is not of its form",
    "CALLERS callers[1].id: is not of its form",
  ]);
});

const NAMES = [
  ...new Set([...GOOD, ...BAD].flatMap(([env]) => Object.keys(env))),
];

Deno.test("no value of the environment is ever repeated in a problem", () => {
  // A marked value anywhere, also where it does not belong: secrets get pasted into wrong places.
  const mark = fc.stringMatching(/^[A-Za-z0-9]{12}$/).map((text) => `zq7${text}`);
  const shapes = (text: string): string[] => [
    text,
    `https://${text}.example.com/path`,
    `https://user:${text}@example.com`,
    `http://example.com/?token=${text}`,
    `a:${text},b:${text}`,
    JSON.stringify({ callers: [{ id: text, may: [text], tenants: [text], [text]: text }] }),
    JSON.stringify({ [text]: [text] }),
    callers(caller({ api_key_sha256: [text] })),
    keyFile({ type: text, client_email: text, private_key: text, token_uri: text }),
    `{"callers": ${text}`,
    `projects/${text}/locations`,
  ];
  const environment = fc.tuple(
    mark,
    fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.nat({ max: shapes("").length - 1 })), {
      minLength: 1,
      maxLength: 8,
    }),
    fc.constantFrom({}, ONLINE, { ...ONLINE, ...UPSTASH }),
  );
  let refused = 0;
  fc.assert(
    fc.property(environment, ([text, bends, base]) => {
      const env: Record<string, string> = { ...base };
      for (const [name, shape] of bends) env[name] = shapes(text)[shape]!;
      const found = problems(env);
      if (found.length > 0) refused++;
      assert.ok(!found.join("\n").includes(text), `${found.join("\n")} repeats ${text}`);
    }),
    { numRuns: 1000 },
  );
  assert.ok(refused > 500, `only ${refused} environments were refused`);
});

Deno.test("a secret of a good environment prints itself nowhere", () => {
  const secrets: Env = {
    ...ONLINE,
    ...UPSTASH,
    SUPEROFFICE_CLIENT_SECRET: "marked-client-secret",
    SUPEROFFICE_CLIENT_SECRET_NEXT: "marked-next-client-secret",
    UPSTASH_REDIS_REST_TOKEN: "marked-upstash-token",
    WEBHOOK_URL: "https://hooks.example.com",
    WEBHOOK_SECRET: WHSEC,
    GOOGLE_CREDENTIALS: keyFile(),
  };
  const config = good(secrets);
  const shown = [JSON.stringify(config), Deno.inspect(config, { depth: 10 })].join("\n");
  assert.ok(!shown.includes("marked-"), shown);
  assert.ok(!shown.includes(SEED), shown);
});
