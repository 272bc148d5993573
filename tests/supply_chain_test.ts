/**
 * What the project takes from others: the lock, the bill of materials, the licences, and what is said
 * when nobody can say whether a package is vulnerable.
 */

import { deepStrictEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import { audit, findAdvisories } from "../.ci/supply/audit.ts";
import { unallowed, writeLicenses } from "../.ci/supply/licenses.ts";
import { readSources } from "../.ci/supply/machine.ts";
import { listPackages, type Lock, type Package } from "../.ci/supply/packages.ts";
import { writeSbom } from "../.ci/supply/sbom.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const CONFIG = JSON.parse(read("deno.json"));
const APP = { name: CONFIG.name, version: CONFIG.version, license: CONFIG.license };

// On a machine that never ran anything of the project, Deno has no package yet.
await new Deno.Command(Deno.execPath(), { args: ["install", "--frozen"], cwd: ROOT }).output();
const sources = await readSources();
const packages = listPackages(sources);
const find = (name: string) => packages.find((it) => it.name === name)!;
const bill = JSON.parse(await writeSbom(APP, packages));

Deno.test("The lock is frozen, and a new package must have been out for a week", () => {
  deepStrictEqual(CONFIG.lock, { path: "./deno.lock", frozen: true });
  // Days: Deno takes no notice of months and years.
  equal(CONFIG.minimumDependencyAge, "P7D");
});

Deno.test("Every package is pinned to one version, in the configuration and in the lock", () => {
  const versions = Object.values<string>(CONFIG.imports);
  ok(versions.length > 10);
  for (const it of versions) match(it, /^npm:(@[a-z-]+\/)?[a-z0-9-]+@\d+\.\d+\.\d+$/);
  for (const key of Object.keys(JSON.parse(read("deno.lock")).specifiers)) {
    ok(versions.includes(key), `${key} is locked, but not configured`);
  }
});

/** Of the identifiers that the schema takes, those that come about here. */
const SPDX = new Set([
  ...["0BSD", "Apache-2.0", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC", "MIT", "MPL-2.0"],
]);

Deno.test("The bill of materials has what CycloneDX 1.6 asks for", () => {
  equal(bill.bomFormat, "CycloneDX");
  equal(bill.specVersion, "1.6");
  equal(bill.version, 1);
  match(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const members = new Set([
    ...["type", "bom-ref", "group", "name", "version", "scope", "hashes", "licenses", "purl"],
    "properties",
  ]);
  for (const component of [bill.metadata.component, ...bill.components]) {
    for (const member of Object.keys(component)) ok(members.has(member), member);
    ok(["application", "library"].includes(component.type));
    for (const member of ["bom-ref", "name", "version"]) ok(component[member].length > 0);
    match(component.purl, /^pkg:npm\/(%40[a-z0-9-]+\/)?[a-zA-Z0-9._-]+@\d+\.\d+\.\d+[\w.-]*$/);
    for (const { license } of component.licenses ?? []) ok(SPDX.has(license.id), component.purl);
  }
  for (const component of bill.components) {
    ok(["required", "optional", "excluded"].includes(component.scope));
    deepStrictEqual(component.hashes.map(({ alg }: { alg: string }) => alg), ["SHA-512"]);
    match(component.hashes[0].content, /^[0-9a-f]{128}$/);
  }
});

Deno.test("In the bill every reference leads to one component, and every component is reached", () => {
  const refs = [bill.metadata.component, ...bill.components].map((it) => it["bom-ref"]);
  equal(new Set(refs).size, refs.length);
  const known = new Map<string, string[]>(
    bill.dependencies.map((it: { ref: string; dependsOn: string[] }) => [it.ref, it.dependsOn]),
  );
  deepStrictEqual([...known.keys()].sort(), refs.toSorted());
  const seen = new Set<string>();
  const visit = (ref: string) => {
    if (seen.has(ref)) return;
    ok(known.has(ref), ref);
    seen.add(ref);
    known.get(ref)!.forEach(visit);
  };
  visit(refs[0]);
  deepStrictEqual([...seen].sort(), refs.toSorted());
});

Deno.test("The bill names what the lock names, each with the lock's digest", () => {
  const { npm }: Lock = JSON.parse(read("deno.lock"));
  const locked = Object.entries(npm).map(([key, { integrity }]) =>
    `${key.replace(/(@\d[^_]*)_.*$/, "$1")} ${integrity}`
  );
  const listed = packages.map(({ name, version, sha512 }) =>
    `${name}@${version} sha512-${Uint8Array.fromHex(sha512).toBase64()}`
  );
  deepStrictEqual(listed.sort(), [...new Set(locked)].sort());
  ok(listed.length > 200);
});

Deno.test("The same lock gives the same bytes, and another version another serial number", async () => {
  equal(await writeSbom(APP, packages), await writeSbom(APP, listPackages(sources)));
  const other = JSON.parse(await writeSbom({ ...APP, version: "0.1.1" }, packages));
  notEqual(other.serialNumber, bill.serialNumber);
});

Deno.test("A licence that is no identifier is an expression or a name, as the schema wants", async () => {
  const licensed = async (license: string) => {
    const text = await writeSbom(APP, [{ ...find("hono"), dependsOn: [], license }]);
    return JSON.parse(text).components[0].licenses;
  };
  deepStrictEqual(await licensed("(MIT OR CC0-1.0)"), [{ expression: "(MIT OR CC0-1.0)" }]);
  for (const name of ["UNLICENSED", "SEE LICENSE IN LICENSE.md"]) {
    deepStrictEqual(await licensed(name), [{ license: { name } }]);
  }
});

Deno.test("What the service loads is told from what only commands or tests load", () => {
  const uses = ["hono", "@google-cloud/kms", "protobufjs", "commander", "ioredis", "fast-check"]
    .map((name) => find(name).use);
  deepStrictEqual(uses, ["service", "service", "service", "commands", "tests", "tests"]);
  const scopes = bill.components.map(({ scope }: { scope: string }) => scope);
  deepStrictEqual([...new Set(scopes)].sort(), ["excluded", "optional", "required"]);
});

Deno.test("Nothing that is served, or used by a command, has a licence outside the list", () => {
  deepStrictEqual(unallowed(packages).map(({ name }) => name), []);
  ok(packages.filter(({ use }) => use === "service").length > 50);
  const foreign: Package = { ...find("hono"), license: "AGPL-3.0-only" };
  const silent: Package = { ...find("hono"), license: null };
  const elsewhere: Package = { ...foreign, use: "tests" };
  deepStrictEqual(unallowed([foreign, silent, elsewhere]), [foreign, silent]);
});

Deno.test("docs/licenses.md is what deno task licenses writes", () => {
  equal(read("docs/licenses.md"), writeLicenses(packages));
});

Deno.test("A lock without a digest, or with a hole in it, is refused", () => {
  const locked = { integrity: `sha512-${"A".repeat(86)}==` };
  const list = (npm: Lock["npm"]) =>
    listPackages({
      lock: { specifiers: { "npm:a@1.0.0": "1.0.0" }, npm },
      loadedBy: { service: ["a@1.0.0"], commands: [] },
      manifest: () => ({ license: "MIT" }),
    });
  equal(list({ "a@1.0.0": locked }).length, 1);
  throws(() => list({ "a@1.0.0": {} }), /a@1\.0\.0 has no SHA-512/);
  throws(() => list({ "a@1.0.0": { integrity: "sha1-AAAA" } }), /has no SHA-512/);
  throws(() => list({ "b@1.0.0": locked }), /a@1\.0\.0 is not in it/);
  throws(() => list({ "a@1.0.0": { ...locked, dependencies: ["b"] } }), /b is not in it/);
});

/** A registry that answers so, on loopback. */
async function withRegistry(
  answer: (asked: Record<string, string[]>) => Response,
  work: (registry: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    equal(
      `${request.method} ${new URL(request.url).pathname}`,
      `POST /-/npm/v1/security/advisories/bulk`,
    );
    return answer(await request.json());
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}/`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("The registry is asked about every version, and what it knows is told with its use", async () => {
  const advisory = {
    url: "https://github.com/advisories/GHSA-0000-0000-0000",
    title: "It is broken",
    severity: "high",
    vulnerable_versions: "<9",
  };
  await withRegistry((asked) => {
    deepStrictEqual(asked["hono"], [find("hono").version]);
    equal(Object.values(asked).flat().length, packages.length);
    return Response.json({ hono: [advisory] });
  }, async (registry) => {
    const [found, ...more] = await findAdvisories(packages, registry);
    deepStrictEqual([found!.package, found!.use, found!.title], [
      "hono",
      "service",
      "It is broken",
    ]);
    deepStrictEqual(more, []);
    equal(await audit(packages, registry), 1);
  });
  await withRegistry(() => Response.json({}), async (registry) => {
    equal(await audit(packages, registry), 0);
  });
});

Deno.test("A registry that does not say is not taken for good news", async () => {
  const answers = [
    () => new Response("no", { status: 405 }),
    () => new Response("<html>"),
    () => Response.json([]),
    () => Response.json({ hono: "fine" }),
    () => Response.json({ "not-asked-about": [] }),
  ];
  for (const answer of answers) {
    await withRegistry(answer, async (registry) => {
      await rejects(findAdvisories(packages, registry), /Cannot ask the registry/);
      equal(await audit(packages, registry), 2);
    });
  }
  equal(await audit(packages, "http://127.0.0.1:1/"), 2);
});
