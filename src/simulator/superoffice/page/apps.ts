/** The app registration, as the Developer Portal shows it, and what a vendor would change there. */
import { html } from "hono/html";
import type { App } from "../app.ts";
import { fingerprintOf } from "../app_key.ts";
import { buttonForm } from "./buttons.ts";
import { type Html, type PageSource, part } from "./part.ts";

/** Every registered app. */
export function appsPart(source: PageSource): Html {
  const apps = [...source.world.state.apps.values()];
  return part("apps", "App registration", apps.map((app) => appCard(source, app)));
}

function appCard({ verbs }: PageSource, app: App): Html {
  const { clientId, clientSecret, name } = app;
  const about = (what: string) => `${what} of ${name}`;
  const hidden = { client_id: clientId };
  return html`
    <article aria-labelledby="${clientId}">
      <h3 id="${clientId}">${name}</h3>
      <dl>
        <dt>Client ID</dt><dd><code>${clientId}</code></dd>
        <dt>Client secret</dt>
        <dd><details id="secret-${clientId}"><summary>Show</summary>
          <code>${clientSecret}</code></details></dd>
        <dt>Public key</dt><dd>${keyOf(app)}</dd>
        <dt>Redirect URLs</dt>
        <dd>any loopback address${app.redirectUrls.map((url) => html`<br><code>${url}</code>`)}</dd>
        <dt>State-change URL</dt>
        <dd>${app.stateChangeUrl === undefined
          ? "none"
          : html`<code>${app.stateChangeUrl}</code>`}</dd>
      </dl>
      ${buttonForm(verbs, "secret", about("Secret"), hidden)}
      <details id="change-${clientId}">
        <summary>Register a key or an address</summary>
        ${buttonForm(
          verbs,
          "key",
          about("Key"),
          hidden,
          html`<label for="key-${clientId}">Public key, PEM or RSAXML</label>
<textarea id="key-${clientId}" name="key" rows="4" spellcheck="false" required></textarea>`,
        )}
        ${buttonForm(
          verbs,
          "redirect_url",
          about("Redirect URL"),
          hidden,
          urlInput("to", clientId),
        )}
        ${buttonForm(
          verbs,
          "state_change_url",
          about("State-change URL"),
          hidden,
          urlInput("push", clientId),
        )}
      </details>
    </article>
  `;
}

function urlInput(purpose: "to" | "push", clientId: string): Html {
  const id = `${purpose}-${clientId}`;
  const label = purpose === "to" ? "Redirect URL" : "State-change URL";
  return html`<label for="${id}">${label}</label> <input id="${id}" name="url" required>`;
}

function keyOf({ publicKey }: App): Html | string {
  if (!publicKey) return "none: every signature is refused";
  const { bits, sha256 } = fingerprintOf(publicKey);
  return html`RSA, ${bits} bits<br>SHA-256 <code>${sha256}</code>`;
}
