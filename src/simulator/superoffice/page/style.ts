/**
 * The page's stylesheet: light and dark, 320 px to a wide screen, the system's own type. Text keeps
 * 4.5:1 against what is behind it; colour only underlines what words say.
 */

export const STYLE = `:root {
  color-scheme: light dark;
  --ink: #14212b; --quiet: #4f5f6b; --paper: #ffffff; --back: #f2f5f7; --line: #d5dde3;
  --edge: #8496a3; --accent: #0b5e55; --good: #0b5e55; --bad: #a3341a; --hover: #e6edf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4ebf0; --quiet: #a3b3bf; --paper: #17212a; --back: #0e151b; --line: #2c3a45;
    --edge: #64788a; --accent: #5fd0bf; --good: #5fd0bf; --bad: #ff9d82; --hover: #22303b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 100rem; padding: 1rem; background: var(--back); color: var(--ink);
  font: .875rem/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
header { margin-bottom: .75rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .75rem; }
header p { margin: 0; color: var(--quiet); }
h1, h2, h3, p, dl { margin: 0; }
h1 { font-size: 1.25rem; }
h2 { font-size: 1rem; margin-bottom: .6rem; }
h3 { font-size: .875rem; }
code { font: .8125rem/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
code, dd, h3 { overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .2em; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.none, caption, dt { color: var(--quiet); }
#notice { margin: .75rem 0; }
.scripted #notice { position: fixed; right: 1rem; bottom: 1rem; left: 1rem; z-index: 1; margin: 0; }
#notice p {
  padding: .6rem .9rem; background: var(--paper); border: 1px solid var(--edge);
  border-left: 4px solid var(--good); border-radius: 5px;
}
#notice.failed p { border-color: var(--bad); }
.columns, .wide, .narrow { display: grid; gap: 1rem; align-content: start; }
.wide, .narrow, section { min-width: 0; }
section {
  padding: 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
}
section > form, section > h3, section > p, article { margin-top: .9rem; }
h2 + p, h2 + article, h3 + p { margin-top: 0; }
article + article { border-top: 1px solid var(--line); padding-top: .9rem; }
h3 code, h3 span { margin-right: .4rem; font-weight: 400; }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .2rem .9rem; margin: .4rem 0; }
dd { margin: 0; }
form, .authorization { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
form, details > form { margin-top: .4rem; }
.authorization { gap: 0 .9rem; margin-top: .6rem; }
.authorization form { margin: 0; }
article > details { margin-top: .6rem; }
button, input, textarea {
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge);
  border-radius: 5px; padding: .25rem .6rem; min-height: 2rem;
}
button { cursor: pointer; }
button:hover { background: var(--hover); }
input, textarea { flex: 1 1 10rem; min-width: 0; }
textarea { flex-basis: 100%; font: .8125rem/1.4 ui-monospace, monospace; }
summary { cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.scroll { overflow: auto; max-height: 30rem; margin-top: .4rem; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; }
th { font-weight: 600; }
tr { border-top: 1px solid var(--line); }
thead tr { border: 0; }
thead th { color: var(--quiet); position: sticky; top: 0; background: var(--paper); }
tbody th, time, .answer, .verdict strong, .signed code { white-space: nowrap; }
@media (max-width: 34rem) {
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .35rem; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .5rem 0; }
  td, tbody th { padding: 0; }
  .verdict { flex: 1 1 60%; }
  .who, .signed { flex: 0 0 100%; }
  .usual::before { content: "default "; }
}
@media (min-width: 62rem) {
  body { padding: 1.25rem 1.5rem; }
  .scripted #notice { left: auto; right: 1.5rem; min-width: 24rem; max-width: 40rem; }
  .columns { grid-template-columns: minmax(0, 1fr) minmax(20rem, 27rem); }
}
@media (pointer: coarse) {
  button, input, summary { min-height: 2.75rem; }
}
`;
