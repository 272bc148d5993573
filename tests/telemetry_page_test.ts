/** `docs/telemetry.md`, the dashboard and the alerts name what there is, and all of it. */

import assert from "node:assert/strict";
import { type Metric, METRICS } from "../src/usecases/telemetry_ports.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const PAGE = read("docs/telemetry.md");
const DASHBOARD = read("docs/grafana/box_office.json");
const ALERTS = read("docs/alerts.yml");

/** Cells of the table under a heading. */
function tableOf(heading: string): string[][] {
  const [, section = ""] = PAGE.split(`## ${heading}\n`);
  const lines = section.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

const wordsOf = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);

const metrics: readonly (readonly [string, Metric])[] = Object.entries(METRICS);

/** As Prometheus' OTLP receiver names it: every series of the metric. */
function seriesOf([name, { kind, unit }]: readonly [string, Metric]): string[] {
  const plain = name.replaceAll(".", "_");
  if (kind === "counter") return [`${plain}_total`];
  assert.equal(unit, "s");
  return ["bucket", "count", "sum"].map((series) => `${plain}_seconds_${series}`);
}

const SERIES = new Map(
  metrics.flatMap((metric) => seriesOf(metric).map((series) => [series, metric[1]] as const)),
);

/** Series in an expression, and the labels of their selectors. */
function used(text: string): { readonly series: string; readonly labels: readonly string[] }[] {
  const pattern = /\b([a-z]+(?:_[a-z]+)*_(?:total|bucket|count|sum))\b(?:\{([^}]*)\})?/g;
  return [...text.matchAll(pattern)].map(([, series, selector = ""]) => ({
    series: series!,
    labels: [...selector.matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label]) => label!),
  }));
}

function assertExist(text: string): void {
  const found = used(text);
  assert.ok(found.length > 10, "hardly anything is asked for");
  for (const { series, labels } of found) {
    const metric = SERIES.get(series);
    assert.ok(metric !== undefined, `there is no ${series}`);
    for (const label of labels) {
      assert.ok(metric.labels.includes(label), `${series} has no label ${label}`);
    }
  }
  const grouped = [...text.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names]) =>
    names!.split(",").map((name) => name.trim())
  );
  const known = new Set(["le", ...metrics.flatMap(([, { labels }]) => labels)]);
  assert.deepEqual(grouped.filter((label) => !known.has(label)), []);
}

Deno.test("the page has a row for every metric, with its kind, unit and labels, and no other", () => {
  const rows = tableOf("Metrics").map(([name, kind, unit, labels]) => [
    wordsOf(name!)[0],
    kind,
    wordsOf(unit!)[0],
    wordsOf(labels!),
  ]);
  const there = metrics.map(([name, { kind, unit, labels }]) => [name, kind, unit, [...labels]]);
  assert.deepEqual(rows, there);
});

Deno.test("the page explains every span of ours, and no other", () => {
  const source = read("src/usecases/measures.ts");
  const constants = [...source.matchAll(/(?:\bspan: |\.span\(\s*)"([^"]+)"/g)]
    .map(([, name]) => name!);
  assert.ok(source.includes("span: `store.${operation}`"));
  const explained = tableOf("Traces").flatMap(([names]) => wordsOf(names!));
  assert.deepEqual(explained.toSorted(), [...constants, "store.…"].toSorted());
});

Deno.test("the dashboard draws every metric, and none that there is not", () => {
  assertExist(
    JSON.parse(DASHBOARD).panels
      .flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr))
      .join("\n"),
  );
  const drawn = new Set(used(DASHBOARD).map(({ series }) => SERIES.get(series)));
  assert.deepEqual(metrics.filter(([, metric]) => !drawn.has(metric)).map(([name]) => name), []);
});

Deno.test("the alerts ask for metrics that there are, and each says what to do", () => {
  assertExist(ALERTS);
  const alerts = ALERTS.split(/^ +- alert: /m).slice(1);
  assert.ok(alerts.length > 8, "there are hardly any alerts");
  for (const alert of alerts) {
    const [name] = alert.split("\n");
    for (const part of ["expr", "summary", "action"]) {
      const text = new RegExp(`^ +${part}:(?: >-\\n)?(.+)`, "m").exec(alert)?.[1] ?? "";
      assert.ok(text.trim().length > 15, `${name} has no ${part}`);
    }
  }
});
