/** What every page of ours tells a browser before anything is shown. */

import { html } from "hono/html";

/**
 * @param title all of it
 * @param stylesheet its address, ours
 * @param icon address of a picture of ours, if there is one
 */
export function pageHead(
  title: string,
  stylesheet: string,
  icon: string | null = null,
): ReturnType<typeof html> {
  return html`
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">
      <title>${title}</title>
      <link rel="stylesheet" href="${stylesheet}">
      ${icon === null ? "" : html`<link rel="icon" href="${icon}">`}
    </head>
  `;
}
