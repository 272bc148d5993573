/** What the tests of the simulator's page share: read it, press its buttons as a bare form does. */
import type { Stage } from "./superoffice_client.ts";

/** The page's HTML. */
export async function pageOf({ url }: Pick<Stage, "url">): Promise<string> {
  return await (await fetch(url)).text();
}

export interface Pressed {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

/** Presses a button as a browser without scripts does, and stays where that leads. */
export async function press(
  { url }: Pick<Stage, "url">,
  id: string,
  form: Readonly<Record<string, string>> = {},
): Promise<Pressed> {
  const response = await fetch(`${url}/_page/${id}`, {
    method: "POST",
    body: new URLSearchParams(form),
    redirect: "manual",
  });
  const { status, headers } = response;
  return { status, location: headers.get("location"), html: await response.text() };
}

/** One part of the page. */
export function sectionOf(html: string, id: string): string {
  return new RegExp(`<section id="${id}"[^]*?</section>`).exec(html)?.[0] ?? "";
}

/** What can be read, without tags. */
export function wordsOf(html: string): string {
  return html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}
