/** Reading what a request carries as ASP.NET does: names in any case, query and form alike. */

export type Params = ReadonlyMap<string, string>;

/** Parameters of the query and, for a form post, of the body, which wins. Names are lower-cased. */
export async function readParams(request: Request): Promise<Params> {
  const params = new Map<string, string>();
  const take = (from: URLSearchParams) => {
    for (const [name, value] of from) params.set(name.toLowerCase(), value);
  };
  take(new URL(request.url).searchParams);
  if (request.method === "POST") {
    const type = request.headers.get("content-type")?.toLowerCase() ?? "";
    const body = await request.text();
    if (type.startsWith("application/x-www-form-urlencoded")) take(new URLSearchParams(body));
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
