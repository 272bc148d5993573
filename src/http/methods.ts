/** Which methods an address takes, from the routes themselves: for 405 answers. */

/** The part of a Hono route that matters here. */
export interface RegisteredRoute {
  readonly path: string;
  readonly method: string;
}

/** @returns the methods of the routes whose path fits, or none if the address is unknown */
export function allowedMethods(routes: readonly RegisteredRoute[], path: string): string[] {
  const methods = new Set<string>();
  for (const route of routes) {
    if (route.method === "ALL" || !fits(route.path, path)) continue;
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  return [...methods];
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const isOpen = wanted.at(-1) === "*";
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((part, place) =>
    part.startsWith(":") ? given[place] !== "" : part === given[place] || (isOpen && part === "*")
  );
}
