/** README and docs say what the code does: links, tasks, variables, problem codes. */

import { deepStrictEqual, ok } from "node:assert/strict";
import { parseConfig } from "../src/config.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** README.md and everything under docs/. */
const PAGES = [
  "README.md",
  "docs/examples/README.md",
  ...[...Deno.readDirSync(new URL("docs/", ROOT))]
    .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`),
];

const unique = (values: Iterable<string>) => [...new Set(values)].sort();

/** First groups of all matches. */
const all = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, found]) => found!);

/** Fenced code is no prose: what looks like a link there is none. */
const proseOf = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, "");

/** Anchors of a page, as GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return all(proseOf(text), /^#{1,6} (.+)$/gm).map((heading) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("Every relative link in README and docs leads to something", () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of PAGES) {
    for (const target of all(proseOf(read(page)), /\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links++;
      const [path = "", anchor] = target.split("#");
      const url = path === "" ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT));
      try {
        const isFile = Deno.statSync(url).isFile;
        if (
          anchor !== undefined &&
          (!isFile || !anchorsOf(Deno.readTextFileSync(url)).includes(anchor))
        ) {
          broken.push(`${page}: ${target}`);
        }
      } catch {
        broken.push(`${page}: ${target}`);
      }
    }
  }
  deepStrictEqual(broken, []);
  ok(links > 5, "there are hardly any links");
});

Deno.test("Every page in docs can be reached from the README", () => {
  const linked = all(read("README.md"), /\]\((docs\/[^)#\s]+)/g);
  deepStrictEqual(PAGES.slice(1).filter((page) => !linked.includes(page)), []);
});

Deno.test("Every task that README and docs name exists", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  const named = unique(
    PAGES.flatMap((page) => all(read(page), /\b(?:deno|deno@[\d.]+) task ([a-z]+)/g)),
  );
  deepStrictEqual(named.filter((name) => !Object.hasOwn(tasks, name)), []);
  ok(named.includes("demo") && named.includes("test") && named.includes("start"));
});

Deno.test("The documented variables are exactly the ones that the configuration reads", () => {
  const asked = new Set<string>();
  const spy = new Proxy({}, {
    getOwnPropertyDescriptor(_target, name) {
      asked.add(String(name));
      return undefined;
    },
  });
  parseConfig(spy, () => null);
  const rows = all(read("docs/configuration.md"), /^\| (`[^|]+`) +\|/gm);
  const documented = unique(rows.flatMap((cell) => all(cell, /`([A-Z][A-Z0-9_]+)`/g)));
  deepStrictEqual(documented, unique(asked));
});

/** Not a variable, but spelled like one. */
const AUDIT_LOG_TYPE = "DATA_READ";

Deno.test("README names no variable that the configuration does not read, but Google's own", () => {
  const known = new Set(all(read("docs/configuration.md"), /`([A-Z][A-Z0-9_]+)`/g));
  const named = unique(all(proseOf(read("README.md")), /`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g));
  deepStrictEqual(named.filter((name) => !known.has(name) && name !== AUDIT_LOG_TYPE), []);
});

Deno.test("The problem codes in README are exactly the ones that are answered, status and all", () => {
  const source = read("src/http/problem.ts");
  const answered = unique([
    ...[...source.matchAll(/^ {2}([a-z_]+): \[\s*(\d{3}),/gm)].map(([, code, status]) =>
      `${code} ${status}`
    ),
    ...[...source.matchAll(/\("([a-z_]+)", (\d{3}), "/g)].map(([, code, status]) =>
      `${code} ${status}`
    ),
  ]);
  const rows = [...read("README.md").matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\|/gm)];
  deepStrictEqual(unique(rows.map(([, code, status]) => `${code} ${status}`)), answered);
  ok(answered.length >= 15);
});
