/** What GitHub and Renovate are told: nothing unpinned, nothing written, and one version of Deno. */

import { deepStrictEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { readSources } from "../.ci/supply/machine.ts";
import { listPackages } from "../.ci/supply/packages.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const WORKFLOWS = [...Deno.readDirSync(new URL(".github/workflows/", ROOT))]
  .map(({ name }) => read(`.github/workflows/${name}`));
const RENOVATE = JSON.parse(read(".github/renovate.json"));

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, it]) => it!);

Deno.test("A workflow names each action by commit and each image by digest", () => {
  for (const workflow of WORKFLOWS) {
    const uses = all(workflow, /\buses:\s*(.*)$/gm);
    ok(uses.length > 0);
    for (const it of uses) match(it, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const it of all(workflow, /\b(?:container|image):\s*(.*)$/gm)) {
      match(it, /^[a-z0-9/:.-]+@sha256:[0-9a-f]{64}$/);
    }
  }
});

Deno.test("A workflow may read the repository, and nothing else", () => {
  for (const workflow of WORKFLOWS) {
    // At the top and nowhere else: a job's own list would take its place.
    deepStrictEqual(all(workflow, /^( *)permissions:.*$/gm), [""]);
    match(workflow, /^permissions:\n {2}contents: read\n(?! )/m);
    doesNotMatch(
      workflow,
      /\bwrite(-all)?\b|\bread-all\b|pull_request_target|workflow_run|secrets\./,
    );
  }
});

Deno.test("A checkout keeps no credential, and no step puts a stranger's words into a shell", () => {
  for (const workflow of WORKFLOWS) {
    const checkouts = workflow.split(/^ +- uses: actions\/checkout@/m).slice(1);
    ok(checkouts.length > 0);
    for (const it of checkouts) {
      match(it, /^\S+ # \S+\n +with:\n +persist-credentials: false\n/);
    }
    for (const command of all(workflow, /\brun:\s*(.*)$/gm)) doesNotMatch(command, /\$\{\{|[|>]$/);
  }
});

Deno.test("Every job has an end", () => {
  for (const workflow of WORKFLOWS) {
    const [, jobs = ""] = workflow.split(/^jobs:$/m);
    const names = all(jobs, /^ {2}(\w+):$/gm);
    equal(all(jobs, /^ {4}timeout-minutes: (\d+)$/gm).length, names.length);
    ok(names.includes("gate") && names.includes("audit"));
  }
});

Deno.test("Renovate waits as long as Deno does, and merges nothing by itself", () => {
  const [, days] = /^P(\d+)D$/.exec(JSON.parse(read("deno.json")).minimumDependencyAge)!;
  equal(RENOVATE.minimumReleaseAge, `${days} days`);
  equal(RENOVATE.automerge, false);
  for (const rule of RENOVATE.packageRules) {
    deepStrictEqual([rule.automerge, rule.minimumReleaseAge], [undefined, undefined]);
  }
});

Deno.test("Renovate finds this very Deno wherever a command names it", () => {
  const [{ managerFilePatterns, matchStrings }] = RENOVATE.customManagers;
  const isSeen = (path: string) =>
    managerFilePatterns.some((it: string) => new RegExp(it.slice(1, -1)).test(path));
  for (const path of [".ci/run", "README.md", ".github/workflows/ci.yml"]) {
    ok(isSeen(path), path);
    const found = matchStrings.flatMap((it: string) => all(read(path), new RegExp(it, "gm")));
    deepStrictEqual([...new Set(found)], [Deno.version.deno], path);
  }
  ok(!isSeen("src/main.ts"));
});

Deno.test("Renovate's group of tests is what only tests load", async () => {
  const { matchPackageNames } = RENOVATE.packageRules.find((
    { groupName }: { groupName?: string },
  ) => groupName === "tests");
  const loaded = listPackages(await readSources())
    .filter(({ use, isDirect }) => use === "tests" && isDirect).map(({ name }) => name);
  deepStrictEqual(matchPackageNames.toSorted(), loaded.toSorted());
});

Deno.test("Every relative link of SECURITY.md leads to something", () => {
  const links = all(read(".github/SECURITY.md"), /\]\(([^)\s#]+)/g);
  ok(links.length > 3);
  for (const it of links) ok(Deno.statSync(new URL(it, new URL(".github/", ROOT))).isFile, it);
});
