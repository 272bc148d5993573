/**
 * The one stylesheet of the pages: light and dark, 320 px to desktop, no third party. Text keeps
 * 4.5:1 against what is behind it, edges of controls 3:1, targets are 44 px high.
 */

/** The colours of every page: text keeps 4.5:1 on `--paper` and `--back`. */
export const PALETTE = `:root {
  color-scheme: light dark;
  --ink: #14212b; --paper: #ffffff; --quiet: #4a5a66; --line: #d5dde3; --accent: #0b5e55;
  --accent-hover: #084740; --on-accent: #ffffff; --back: #f2f5f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8eef2; --paper: #17212a; --quiet: #a9b8c3; --line: #33424e; --accent: #5fd0bf;
    --accent-hover: #8be0d3; --on-accent: #06211d; --back: #0e151b;
  }
}
`;

export const STYLE = `${PALETTE}* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; align-content: center; justify-content: center;
  grid-template-columns: minmax(0, 36rem); gap: 1rem; padding: 1.5rem 1rem;
  background: var(--back); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
header { display: flex; align-items: center; gap: .6rem; font-weight: 600; }
svg { fill: var(--accent); flex: none; }
main {
  padding: 2.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
}
.check { display: block; margin: 0 0 .75rem; }
h1, h2 { line-height: 1.25; overflow-wrap: break-word; }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; }
p, ul, ol, dl { margin: 0 0 1rem; }
ul, ol { padding-left: 1.4rem; }
li { margin-bottom: .35rem; }
em { font-style: normal; font-weight: 600; }
main > :last-child { margin-bottom: 0; }
dl {
  display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .35rem 1.25rem; padding: 1rem 0;
  border: solid var(--line); border-width: 1px 0;
}
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.small { color: var(--quiet); font-size: .9rem; }
.reference { margin: 1.5rem 0 0; }
form { margin: 1.5rem 0 0; }
button, .button {
  display: inline-block; min-height: 44px; padding: .6rem 1.5rem; border-radius: 8px;
  border: 1px solid transparent; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-hover); }
button:focus-visible, .button:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
@media (max-width: 480px) {
  body { align-content: start; }
  main { padding: 1.5rem 1.25rem; }
  button, .button { width: 100%; }
}
`;
