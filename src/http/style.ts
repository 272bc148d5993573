/**
 * The one stylesheet of the pages: light and dark, 320 px to desktop, no third party. Text keeps
 * 4.5:1 against what is behind it, edges of controls 3:1, targets are 44 px high.
 */

/** The colours of every page: text keeps 4.5:1 on `--paper` and `--back`. */
export const PALETTE = `:root {
  color-scheme: light dark;
  --ink: #14212b; --paper: #ffffff; --quiet: #42515d; --line: #d5dde3; --accent: #0b5e55;
  --accent-hover: #084740; --on-accent: #ffffff; --back: #f2f5f7; --edge: #6b7c88;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8eef2; --paper: #17212a; --quiet: #a9b8c3; --line: #33424e; --accent: #5fd0bf;
    --accent-hover: #8be0d3; --on-accent: #06211d; --back: #0e151b; --edge: #8495a1;
  }
}
`;

export const STYLE = `${PALETTE}* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; align-content: center; justify-content: center;
  grid-template-columns: minmax(0, 38rem); gap: 1.25rem; padding: 2rem 1rem;
  background: var(--back); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
header { display: flex; align-items: center; gap: .75rem; }
header p { margin: 0; min-width: 0; overflow-wrap: anywhere; line-height: 1.35; }
header strong { font-size: 1.05rem; font-weight: 600; }
header span { display: inline-block; color: var(--quiet); }
svg { fill: var(--accent); flex: none; }
.logo {
  flex: none; height: 40px; width: auto; max-width: 9rem; object-fit: contain; border-radius: 8px;
}
main {
  padding: 2.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  overflow-wrap: break-word;
}
.check { display: block; margin: 0 0 .75rem; }
h1, h2 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1.05rem; }
p, ul, ol, dl { margin: 0 0 1rem; }
main ul, ol { padding-left: 1.4rem; }
li { margin-bottom: .4rem; }
.lead { font-size: 1.05rem; }
main > :last-child { margin-bottom: 0; }
dl { padding: .85rem 0; border: solid var(--line); border-width: 1px 0; }
dl div { display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: .15rem 0; }
dt { flex: 0 0 10rem; color: var(--quiet); }
dd { flex: 1 1 12rem; margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.small { color: var(--quiet); font-size: .9rem; }
.reference { margin: 1.75rem 0 0; }
code { display: block; overflow-wrap: anywhere; }
form { margin: 1.5rem 0 1rem; }
.choice { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 1rem; }
.choice > * { margin: 0; }
button, .button {
  display: inline-block; min-height: 44px; padding: .6rem 1.5rem; border-radius: 8px;
  border: 1px solid transparent; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-hover); }
.quiet { border-color: var(--edge); background: none; color: var(--ink); font-weight: 500; }
.quiet:hover { border-color: var(--ink); background: var(--back); }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; border-radius: 4px; }
button:focus-visible, .button:focus-visible { border-radius: 8px; }
footer { color: var(--quiet); font-size: .9rem; }
footer ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: 0; padding: 0; list-style: none; }
footer li { margin: 0; }
footer a { display: inline-flex; align-items: center; min-height: 44px; color: inherit; text-underline-offset: .2em; }
footer a:hover, footer [aria-current] { color: var(--ink); }
footer [aria-current] { font-weight: 600; text-decoration: none; }
@media (prefers-color-scheme: dark) {
  .logo { background: #ffffff; padding: 3px; }
}
@media (max-width: 480px) {
  body { align-content: start; gap: 1rem; padding: 1.25rem .75rem; }
  main { padding: 1.5rem 1.25rem; }
  button, .button, .choice > * { width: 100%; }
}
`;
