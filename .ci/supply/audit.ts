/**
 * `deno task audit`: asks the npm registry which of the locked packages have a known vulnerability. Exit
 * code 0: none is known; 1: some are; 2: the registry did not say. Silence never counts as good news.
 * The registry learns names and versions, nothing else.
 */

import { print } from "../../src/print.ts";
import { readSources } from "./machine.ts";
import { listPackages, type Package } from "./packages.ts";

/** What `npm audit` asks, too. https://api-docs.npmjs.com/#tag/Audit */
const PATH = "-/npm/v1/security/advisories/bulk";
const REGISTRY = "https://registry.npmjs.org/";
const DEADLINE_MS = 20_000;

/** One advisory about one locked package. */
export interface Advisory {
  readonly package: string;
  readonly versions: readonly string[];
  readonly use: Package["use"];
  readonly severity: string;
  readonly title: string;
  readonly vulnerable: string;
  readonly url: string;
}

/** @throws if the registry does not answer, or with anything but a list of advisories */
export async function findAdvisories(
  packages: readonly Package[],
  registry: string,
): Promise<Advisory[]> {
  const versions = Map.groupBy(packages, ({ name }) => name);
  const question = [...versions].map(([name, its]) => [name, its.map(({ version }) => version)]);
  const answer = await ask(new URL(PATH, registry), Object.fromEntries(question));
  return Object.entries(answer).flatMap(([name, advisories]) => {
    const its = versions.get(name);
    if (its === undefined || !Array.isArray(advisories)) {
      throw new Error("Cannot ask the registry: its answer is not a list of advisories");
    }
    return advisories.map((advisory) => ({
      package: name,
      versions: its.map(({ version }) => version),
      use: (["service", "commands"] as const).find((use) => its.some((it) => it.use === use)) ??
        "tests",
      severity: text(advisory, "severity"),
      title: text(advisory, "title"),
      vulnerable: text(advisory, "vulnerable_versions"),
      url: text(advisory, "url"),
    }));
  });
}

/** @returns the exit code, when everything is said */
export async function audit(packages: readonly Package[], registry: string): Promise<number> {
  const advisories = await findAdvisories(packages, registry).catch((error: Error) => error);
  if (advisories instanceof Error) {
    print.error(advisories.message);
    print.error("Nothing is known about vulnerabilities: ask again from where it can be reached.");
    return 2;
  }
  for (const it of advisories) {
    const where = `${it.package} ${it.versions.join(", ")} (${it.use})`;
    print.line(`${it.severity}: ${where}: ${it.title}; in ${it.vulnerable}; ${it.url}`);
  }
  const words = advisories.length === 0 ? "no known vulnerability" : `${advisories.length} known`;
  print.line(`${packages.length} packages asked about: ${words}`);
  return advisories.length === 0 ? 0 : 1;
}

async function ask(url: URL, question: unknown): Promise<Readonly<Record<string, unknown>>> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(question),
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch {
    throw new Error(`Cannot ask the registry: ${url.host} does not answer`);
  }
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`Cannot ask the registry: ${url.host} answers ${answer.status}`);
  }
  const said: unknown = await answer.json().catch(() => null);
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw new Error("Cannot ask the registry: its answer is not a list of advisories");
  }
  return said as Record<string, unknown>;
}

function text(advisory: unknown, member: string): string {
  const value = (Object(advisory) as Record<string, unknown>)[member];
  return typeof value === "string" ? value : "?";
}

if (import.meta.main) {
  const packages = listPackages(await readSources());
  Deno.exit(await audit(packages, Deno.args[0] ?? REGISTRY));
}
