/**
 * The console's stylesheet: light and dark, 320 px to a wide desktop. Text keeps 4.5:1 against what is
 * behind it, bars and edges of controls 3:1, what is pressed is 44 px high. Listings become cards where
 * they have no room; only tables of numbers scroll sideways.
 */

import { PALETTE } from "../style.ts";

export const CONSOLE_STYLE = `${PALETTE}
:root {
  --bad: #a01c26; --bad-back: #fdf1f1; --warn: #7d4e00; --warn-back: #fdf6e7; --stripe: #f7f9fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bad: #ff9a94; --bad-back: #2b1a1f; --warn: #f2c46d; --warn-back: #2a2318;
    --stripe: #1b2731;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
.skip { position: absolute; left: -100vw; padding: .75rem 1rem; background: var(--paper); }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
header { background: var(--paper); border-bottom: 1px solid var(--line); }
.bar, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.5rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 2rem; min-height: 4rem; }
.brand { margin: 0; padding: .6rem 0; font-weight: 650; white-space: nowrap; }
.brand::before {
  content: ""; display: inline-block; width: .8rem; height: .8rem; margin-right: .6rem;
  border-radius: 3px; background: var(--accent);
}
.brand span { color: var(--quiet); font-weight: 400; }
nav { display: flex; flex-wrap: wrap; gap: .25rem; }
header nav a {
  display: inline-flex; align-items: center; min-height: 44px; padding: 0 .9rem; border-radius: 8px;
  color: var(--ink); text-decoration: none;
}
header nav a:hover { background: var(--back); }
header nav a[aria-current] { background: var(--back); font-weight: 600; }
.who { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; margin-left: auto; }
.who span { color: var(--quiet); overflow-wrap: anywhere; }
.who strong { color: var(--ink); font-weight: 600; }
main { padding-top: 1.75rem; padding-bottom: 1rem; }
main.narrow, footer.narrow { max-width: 34rem; }
footer { padding-bottom: 2rem; color: var(--quiet); font-size: .875rem; }
footer code { overflow-wrap: anywhere; }
h1 { margin: 0 0 1.25rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .75rem; font-size: 1.15rem; line-height: 1.3; }
h3 { margin: 0 0 .5rem; font-size: 1rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.small { color: var(--quiet); font-size: .9rem; }
.card {
  margin: 0 0 1.25rem; padding: 1.4rem 1.5rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px;
}
.card > :last-child { margin-bottom: 0; }
.alarm { border: 2px solid var(--bad); background: var(--bad-back); }
.warning { border: 2px solid var(--warn); background: var(--warn-back); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 1.25rem; }
.pair > * { min-width: 0; }
.state { display: inline-flex; gap: .5rem; font-weight: 600; }
.state svg { flex: none; margin-top: .25em; fill: currentColor; }
.good { color: var(--accent); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.none, .nothing { color: var(--quiet); }
pre {
  margin: 0 0 .9rem; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--stripe); white-space: pre-wrap; overflow-wrap: anywhere;
}
.card .small code, .whole { white-space: nowrap; }
.scroll { margin: 0 0 .9rem; overflow-x: auto; border-radius: 8px; }
main > .scroll { padding: .5rem .75rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
tbody:last-child tr:last-child > * { border-bottom: 0; }
table { border-collapse: collapse; width: 100%; text-align: left; }
th, td { padding: .5rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--quiet); font-size: .85rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
td, tbody th { line-height: 1.75; }
.number, .time { font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { text-align: right; }
.entries { min-width: 62rem; font-size: .925rem; }
.entries td:nth-child(3), .entries td:nth-child(4), .entries td:nth-child(5) { white-space: nowrap; }
.tenants { min-width: 56rem; font-size: .95rem; }
.tenants td, .tenants th { vertical-align: middle; }
.tenants .state { white-space: nowrap; }
.wide { overflow-wrap: break-word; max-width: 26rem; }
.target { display: inline-flex; align-items: center; min-height: 44px; color: var(--accent); }
.says { width: 45%; }
.entries tbody th, .entries td { padding-top: .65rem; padding-bottom: .65rem; }
.entries td.says { padding-top: 0; padding-bottom: 0; }
summary { min-height: 44px; padding: .6rem 0; cursor: pointer; }
summary::marker { color: var(--quiet); }
.says summary { padding: .65rem 0; }
.tag { padding: .1rem .5rem; border: 1px solid var(--edge); border-radius: 99px; font-size: .9em; }
.member { display: inline-block; margin-right: .75rem; }
.member .name { color: var(--quiet); font-size: .9em; }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1rem; margin: .25rem 0 .75rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.version { margin-top: 1.5rem; }
.version .pair { gap: 1.25rem 2.5rem; }
figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 .75rem; margin-bottom: .25rem; }
figcaption strong { font-weight: 600; }
figcaption span { color: var(--quiet); }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--quiet); font-size: 11px; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.grid { stroke: var(--line); stroke-width: 1; }
.base { stroke: var(--edge); stroke-width: 1.5; }
.unseen { fill: var(--back); }
.signed { fill: var(--accent); }
.failed { stroke: var(--bad); stroke-width: 1.2; }
.open { fill: var(--paper); stroke: var(--edge); stroke-width: 1.4; }
.hatch-back { fill: var(--paper); }
.hatch-line { fill: var(--bad); }
.patterns { position: absolute; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0 0 .75rem; padding: 0; list-style: none; }
.legend li { display: inline-flex; align-items: center; gap: .5rem; }
.legend svg { flex: none; }
.numbers { font-variant-numeric: tabular-nums; }
.numbers td, .numbers thead th + th { text-align: right; }
.numbers tfoot th, .numbers tfoot td { border-bottom: 0; font-weight: 600; }
.numbers tbody th { white-space: nowrap; }
.numbers th, .numbers td { padding: .3rem .75rem; }
.result { padding: .75rem 0; border: solid var(--line); border-width: 1px 0; }
.result strong { font-variant-numeric: tabular-nums; font-weight: 600; }
.meaning { color: var(--quiet); }
form label { display: block; margin-bottom: .3rem; font-weight: 600; }
input, select {
  width: 100%; min-height: 44px; padding: .5rem .75rem; border: 1px solid var(--edge);
  border-radius: 8px; background: var(--paper); color: var(--ink); font: inherit;
}
::placeholder { color: var(--quiet); opacity: 1; }
[aria-invalid] { border: 2px solid var(--bad); }
.narrow form { margin: 1.25rem 0; }
.narrow form button { margin-top: 1rem; }
.filters {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 12.5rem), 1fr));
  gap: .9rem 1rem; align-items: end;
}
.filters .problem { grid-column: 1 / -1; margin: 0; }
.press { display: flex; gap: .5rem; }
.pages { gap: .75rem; margin: 1rem 0; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 44px;
  padding: .5rem 1.4rem; border: 1px solid transparent; border-radius: 8px;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-hover); }
.plain, .quiet { border-color: var(--edge); background: var(--paper); color: var(--ink); font-weight: 500; }
.plain:hover, .quiet:hover { border-color: var(--ink); background: var(--back); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible,
summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 69rem) {
  main > .scroll { padding: 0; border: 0; background: none; }
  .listing { display: block; min-width: 0; }
  .listing thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .listing tbody { display: grid; gap: .6rem; }
  .listing tr {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr));
    gap: .1rem 1.5rem; padding: .6rem .85rem; background: var(--paper);
    border: 1px solid var(--line); border-radius: 10px;
  }
  .listing th, .listing td, .listing tbody th, .listing td.says {
    display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: .75rem; align-items: baseline;
    padding: 0; border: 0; text-align: left; max-width: none; width: auto;
  }
  .listing tbody [data-label], .listing td { white-space: normal; overflow-wrap: anywhere; }
  .listing [data-label]::before {
    content: attr(data-label); content: attr(data-label) / ""; color: var(--quiet); font-size: .875rem;
    font-weight: 400;
  }
  .listing td.says { display: block; grid-column: 1 / -1; }
  .listing td.says::before { content: none; }
  .listing .tag { justify-self: start; }
  .listing .member { display: inline; }
}
@media (max-width: 640px) {
  .bar, main, footer { padding-left: 1rem; padding-right: 1rem; }
  .bar { padding-bottom: .75rem; }
  header nav { width: 100%; }
  header nav a { flex: auto; justify-content: center; padding: 0 .5rem; }
  .who button { flex: none; padding: .5rem .8rem; white-space: nowrap; }
  .who { width: 100%; margin-left: 0; flex-wrap: nowrap; justify-content: space-between; }
  .card { padding: 1.1rem 1rem; }
  .says dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .says dd { margin-bottom: .4rem; }
  .result { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .result dd { margin-bottom: .5rem; }
  .chart text { font-size: 21px; }
  .narrow .button, .narrow button { width: 100%; }
}
`;
