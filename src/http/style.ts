/** The one stylesheet of the pages: light and dark, 320 px to desktop, no third party. */

export const STYLE = `:root {
  color-scheme: light dark;
  --ink: #14212b; --paper: #ffffff; --quiet: #4a5a66; --line: #d5dde3; --accent: #0b5e55;
  --on-accent: #ffffff; --back: #f2f5f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8eef2; --paper: #17212a; --quiet: #a9b8c3; --line: #33424e; --accent: #5fd0bf;
    --on-accent: #06211d; --back: #0e151b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--back); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main {
  width: 100%; max-width: 34rem; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px;
}
.brand { margin: 0 0 1.5rem; color: var(--quiet); font-weight: 600; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p, ul, dl { margin: 0 0 1rem; }
ul { padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.small { color: var(--quiet); font-size: .9rem; }
button, .button {
  display: inline-block; min-height: 44px; padding: .6rem 1.4rem; border: 0; border-radius: 8px;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer;
}
button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
a { color: var(--accent); }
@media (max-width: 480px) { main { padding: 1.25rem; } button { width: 100%; } }
`;
