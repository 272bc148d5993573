/**
 * The licences of the packages: which ones the service may carry, and the page that lists them all.
 * A licence that is not on the list is a question for a person, so it fails the tests.
 */

import type { Package, Use } from "./packages.ts";

/**
 * What the service and its commands may be under: licences that ask for their notice and no more.
 * Each exactly as a package states it; an expression with a choice in it would be an entry of its own.
 */
export const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
]);

/** @returns packages that are served or used by commands under another licence, or under none */
export function unallowed(packages: readonly Package[]): readonly Package[] {
  return packages.filter(({ use, license }) =>
    use !== "tests" && (license === null || !ALLOWED.has(license))
  );
}

const PARTS: readonly { readonly use: Use; readonly heading: string; readonly words: string }[] = [
  {
    use: "service",
    heading: "Loaded by the service",
    words: "What `src/main.ts` can load, the sandbox's simulator included.",
  },
  {
    use: "commands",
    heading: "Loaded by commands only",
    words: "What `deno task cli` loads besides.",
  },
  {
    use: "tests",
    heading: "Loaded by tests and benchmarks only",
    words:
      "Nothing that is served loads these. Where no licence stands, the package is a part of " +
      "another one for some platforms, and its parent's is meant.",
  },
];

/** @returns `docs/licenses.md`, formatted as `deno fmt` does */
export function writeLicenses(packages: readonly Package[]): string {
  const parts = PARTS.map(({ use, heading, words }) => {
    const rows = packages.filter((it) => it.use === use)
      .map(({ name, version, license }) => [`\`${name}\``, version, license ?? ""]);
    return [`## ${heading}`, "", ...wrap(words), "", ...table(rows)].join("\n");
  });
  const intro =
    "Made by `deno task licenses` from `deno.lock` and the packages' own package.json " +
    "files; a test fails when it is out of date. Box Office itself is under the MIT licence. What is " +
    `loaded by the service or by commands must be under one of: ${[...ALLOWED].join(", ")}.`;
  return ["# Licences of packages", "", ...wrap(intro), "", parts.join("\n\n"), ""].join("\n");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const all = [["package", "version", "licence"], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  const [head, ...body] = all.map(line);
  return [head!, line(widths.map((width) => "-".repeat(width))), ...body];
}

/** Lines of at most a hundred characters. */
function wrap(text: string): string[] {
  return text.match(/.{1,100}(?:\s|$)/g)!.map((line) => line.trimEnd());
}
