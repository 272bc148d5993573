/**
 * The house rules as tests: who may import whom, and what each room may use. Every rule is guarded, so
 * that a renamed folder or an import nobody makes any more cannot leave it empty.
 */

import assert from "node:assert/strict";
import { fromFileUrl, relative, resolve } from "./support/paths.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const SRC = `${ROOT}src`;

interface Import {
  readonly file: string;
  /** Path below src, or a bare specifier. */
  readonly target: string;
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

interface Rule {
  readonly room: string;
  /** Prefixes below src. */
  readonly ours: readonly string[];
  /** Ours, but types only. */
  readonly types?: readonly string[];
  /** Bare specifiers. */
  readonly others: readonly string[];
}

const RULES: readonly Rule[] = [
  { room: "domain/", ours: ["domain/"], others: ["node:crypto", "node:buffer", "canonicalize"] },
  { room: "usecases/", ours: ["domain/", "usecases/"], others: [] },
  {
    room: "adapters/superoffice/",
    ours: ["domain/", "adapters/superoffice/", "adapters/outbound/"],
    types: ["usecases/superoffice_ports.ts"],
    others: ["jose", "oauth4webapi", "fast-xml-parser", "node:crypto", "node:buffer"],
  },
  {
    room: "adapters/outbound/",
    ours: ["domain/", "adapters/outbound/"],
    others: ["jose"],
  },
  {
    room: "adapters/signing/",
    ours: ["domain/", "adapters/signing/", "adapters/telemetry/"],
    types: ["usecases/ports.ts"],
    others: [
      "@google-cloud/kms",
      "google-auth-library",
      "@noble/ciphers",
      "node:crypto",
      "node:buffer",
    ],
  },
  {
    room: "adapters/storage/",
    ours: ["domain/", "adapters/storage/"],
    types: [
      "usecases/ports.ts",
      "usecases/ticket_ports.ts",
      "usecases/notice_ports.ts",
      "usecases/consent_ports.ts",
      "usecases/resealing_ports.ts",
      "usecases/credential_ports.ts",
    ],
    others: ["@upstash/redis", "node:sqlite", "node:crypto"],
  },
  {
    room: "adapters/google_logging/",
    ours: ["domain/", "adapters/google_logging/"],
    types: ["usecases/ports.ts"],
    others: [],
  },
  {
    room: "adapters/tiles/",
    ours: ["domain/", "adapters/tiles/"],
    types: ["usecases/ports.ts"],
    others: [],
  },
  {
    room: "adapters/callers/",
    ours: ["domain/", "adapters/callers/", "adapters/outbound/"],
    types: ["usecases/ports.ts"],
    others: ["jose", "node:buffer"],
  },
  {
    room: "adapters/logging/",
    ours: ["domain/", "adapters/logging/"],
    types: ["usecases/ports.ts"],
    others: ["@logtape/logtape"],
  },
  {
    room: "adapters/telemetry/",
    ours: ["domain/", "adapters/telemetry/", "usecases/telemetry_ports.ts"],
    others: ["@opentelemetry/api"],
  },
  {
    room: "adapters/webhooks/",
    ours: ["domain/", "adapters/webhooks/"],
    types: ["usecases/notice_ports.ts"],
    others: ["node:crypto"],
  },
  {
    room: "http/",
    ours: ["domain/", "usecases/", "http/"],
    others: ["hono", "@hono/zod-openapi"],
  },
  { room: "client/", ours: ["client/"], others: [] },
  {
    room: "simulator/",
    ours: ["domain/", "simulator/"],
    others: [
      "hono",
      "fast-xml-parser",
      "commander",
      "@noble/ciphers",
      "node:crypto",
      "node:buffer",
    ],
  },
  { room: "config", ours: ["domain/", "config"], others: [] },
];

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

async function readSources(): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for await (const path of filesBelow(SRC)) {
    sources.set(relative(SRC, path), await Deno.readTextFile(path));
  }
  return sources;
}

/** Code without comments; strings stay. */
function code(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, "");
}

function importsOf(file: string, source: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, isType: boolean, isDynamic: boolean) => {
    const target = specifier.startsWith(".")
      ? relative(SRC, resolve(SRC, file, specifier))
      : specifier;
    found.push({ file, target, isType, isDynamic });
  };
  const statement = /^(?:import|export)\s+(type\s+)?([^"';]*?\sfrom\s+)?"([^"]+)"/gm;
  for (const [, type, clause, specifier] of code(source).matchAll(statement)) {
    const named = /\{([\s\S]*)\}/.exec(clause ?? "")?.[1]?.split(",").filter((it) => it.trim());
    const allTypes = named !== undefined && named.every((it) => it.trim().startsWith("type "));
    add(specifier!, type !== undefined || allTypes, false);
  }
  for (const [, specifier] of code(source).matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) {
    add(specifier!, false, true);
  }
  return found;
}

function isAllowed(rule: Rule, imported: Import): boolean {
  const { target } = imported;
  const isOurs = target.endsWith(".ts");
  if (!isOurs) {
    return rule.others.some((other) => target === other || target.startsWith(`${other}/`));
  }
  return rule.ours.some((prefix) => target.startsWith(prefix)) ||
    (imported.isType && (rule.types ?? []).some((prefix) => target.startsWith(prefix)));
}

const sources = await readSources();
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));

Deno.test("every room imports only what its rule allows", () => {
  const broken = RULES.flatMap((rule) =>
    imports.filter((it) => it.file.startsWith(rule.room) && !isAllowed(rule, it))
      .map((it) => `${it.file} imports ${it.target}`)
  );
  assert.deepEqual(broken, []);
});

Deno.test("every room that has a rule has files and imports", () => {
  for (const { room } of RULES) {
    assert.ok(
      imports.some((it) => it.file.startsWith(room)),
      `nothing in ${room} imports anything`,
    );
  }
});

Deno.test("every file lives in a room, or is one of the wiring files", () => {
  const wiring = new Set([
    "cli.ts",
    "announce.ts",
    "back_office.ts",
    "compose.ts",
    "deadlines.ts",
    "guards.ts",
    "demo.ts",
    "demo_browser.ts",
    "ending.ts",
    "main.ts",
    "observed.ts",
    "parts.ts",
    "parts_exchange.ts",
    "parts_google.ts",
    "parts_notices.ts",
    "parts_stores.ts",
    "parts_superoffice.ts",
    "preflight.ts",
    "print.ts",
    "sandbox.ts",
    "schedule.ts",
    "system.ts",
    "telemetry.ts",
    "usage_fault.ts",
  ]);
  const homeless = [...sources.keys()].filter((file) =>
    !wiring.has(file) && !file.startsWith("cli/") &&
    !RULES.some((rule) => file.startsWith(rule.room))
  );
  assert.deepEqual(homeless, []);
});

Deno.test("commands are wiring, too, and nothing but the command line knows them", () => {
  const users = new Set(
    imports.filter(({ target }) => target.startsWith("cli/")).map(({ file }) => file),
  );
  const others = [...users].filter((file) => !file.startsWith("cli/"));
  assert.deepEqual(others, ["cli.ts"]);
});

Deno.test("everything that a rule allows is used by somebody in that room", () => {
  const unused = RULES.flatMap((rule) => [
    ...rule.others.filter((other) =>
      !imports.some((it) =>
        it.file.startsWith(rule.room) && (it.target === other || it.target.startsWith(`${other}/`))
      )
    ).map((other) => `${rule.room} does not use ${other}`),
    ...(rule.types ?? []).filter((type) =>
      !imports.some((it) => it.file.startsWith(rule.room) && it.target === type)
    ).map((type) => `${rule.room} does not use ${type}`),
  ]);
  assert.deepEqual(unused, []);
});

Deno.test("domain and use cases touch no clock, randomness, network or Deno", () => {
  const forbidden =
    /\bDeno\.(?!customInspect)|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bfetch\(|\bsetTimeout\b|\bcrypto\.(?:random|get)|\brandomBytes\b/;
  const guarded = [...sources].filter(([file]) => /^(?:domain|usecases)\//.test(file));
  assert.ok(guarded.length > 10);
  assert.match("const now = Date.now();", forbidden);
  for (const [file, source] of guarded) assert.doesNotMatch(code(source), forbidden, file);
});

Deno.test("the Cloud KMS client is imported in one place, when it is first needed", () => {
  const users = imports.filter((it) =>
    (it.target.startsWith("@google-cloud/kms") || it.target === "google-auth-library") && !it.isType
  );
  assert.ok(users.length > 0);
  assert.ok(users.every((it) => it.isDynamic), JSON.stringify(users));
});

Deno.test("served code reaches the simulator only from the sandbox and never before it is wanted", () => {
  const users = imports.filter((it) =>
    it.target.startsWith("simulator/") && !it.file.startsWith("simulator/") && !it.isType
  );
  assert.deepEqual(users.map((it) => [it.file, it.isDynamic]), [["sandbox.ts", true]]);
});

/** @returns everything that loading this file loads */
async function loadedWith(file: string): Promise<string[]> {
  const graph = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `${SRC}/${file}`],
    stdout: "piped",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(graph.stdout));
  const byUrl = new Map<string, { dependencies?: Dependency[] }>(
    modules.map((module: { specifier: string }) => [module.specifier, module]),
  );
  const seen = new Set<string>();
  const visit = (url: string) => {
    if (seen.has(url)) return;
    seen.add(url);
    for (const { code, isDynamic } of byUrl.get(url)?.dependencies ?? []) {
      if (code?.specifier !== undefined && isDynamic !== true) visit(code.specifier);
    }
  };
  visit(new URL(`../src/${file}`, import.meta.url).href);
  return [...seen];
}

Deno.test("the service starts without loading simulator, sandbox, SQLite or the back office", async () => {
  const loaded = await loadedWith("main.ts");
  assert.ok(loaded.some((url) => url.endsWith("/usecases/tickets.ts")));
  const unwanted =
    /simulator|sandbox\.ts|sqlite|google-cloud|google-auth|back_office|doors\.ts|telemetry|measures/;
  assert.deepEqual(loaded.filter((url) => unwanted.test(url)), []);
});

Deno.test("a ticket from the store loads one library and nothing of Node's", async () => {
  const loaded = [
    ...await loadedWith("main.ts"),
    ...await loadedWith("adapters/storage/upstash.ts"),
  ];
  const others = loaded.filter((url) => !url.startsWith("file:"));
  const names = others.map((url) => url.replace(/^npm:\/?(@?[^@]+)@.*$/, "$1"));
  assert.deepEqual([...new Set(names)].sort(), ["hono"]);
});

interface Dependency {
  readonly code?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

Deno.test("no file is over 250 lines", () => {
  const long = [...sources].filter(([, source]) => source.split("\n").length - 1 > 250);
  assert.deepEqual(long.map(([file]) => file), []);
});

Deno.test("nobody writes to the console and nothing is left to do", () => {
  for (const [file, source] of sources) {
    assert.doesNotMatch(code(source), /\bconsole\./, file);
    assert.doesNotMatch(source, /\bTODO\b|\bFIXME\b|@ts-ignore|@ts-expect-error/, file);
  }
});
