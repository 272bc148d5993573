/** What every page of ours tells a browser before anything is shown. */

import { html } from "hono/html";

/** @param title all of it. @param stylesheet its address, ours */
export function pageHead(title: string, stylesheet: string): ReturnType<typeof html> {
  return html`
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">
      <title>${title}</title>
      <link rel="stylesheet" href="${stylesheet}">
    </head>
  `;
}
