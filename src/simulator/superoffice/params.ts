/** Reading what a request carries as ASP.NET does: names in any case, query and form alike. */
import { isFromElsewhere } from "../control/own_request.ts";

export type Params = ReadonlyMap<string, string>;

/** What a person answers in the site's own forms: a link or another page must not answer for them. */
const answers: ReadonlySet<string> = new Set(["username", "tenant", "decision"]);

/**
 * Parameters of the query and, for a form post, of the body, which wins. Names are lower-cased. A
 * person's answers count only in a form of the site's own.
 */
export async function readParams(request: Request): Promise<Params> {
  const params = new Map<string, string>();
  const take = (from: URLSearchParams, isOwnForm = false) => {
    for (const [spelt, value] of from) {
      const name = spelt.toLowerCase();
      if (isOwnForm || !answers.has(name)) params.set(name, value);
    }
  };
  take(new URL(request.url).searchParams);
  if (request.method === "POST") {
    const type = request.headers.get("content-type")?.toLowerCase() ?? "";
    const body = await request.text();
    const isForm = type.startsWith("application/x-www-form-urlencoded");
    if (isForm) take(new URLSearchParams(body), !isFromElsewhere(request));
  }
  return params;
}

/** Members of a JSON object by lower-cased name; undefined when the text is no JSON object. */
export function readJsonMembers(text: string): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
}
