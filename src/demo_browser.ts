/**
 * A browser without a screen: follows redirects, keeps cookies per host, and sends the forms of a
 * page as a person would by pressing a button. For the demo and for tests; knows no script.
 */

/** A page as the browser shows it. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface Browser {
  open(url: string | URL): Promise<Page>;
  /** Presses the button with this text: sends its form. @throws Error if there is no such button */
  press(page: Page, button: string): Promise<Page>;
  /** Sends a form of one's own. */
  post(url: string | URL, fields: Readonly<Record<string, string>>): Promise<Page>;
}

const MAX_REDIRECTS = 10;

export function createBrowser(): Browser {
  const jar = new Map<string, Map<string, string>>();

  const keep = (url: URL, headers: Headers) => {
    const cookies = jar.get(url.host) ?? new Map<string, string>();
    jar.set(url.host, cookies);
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name.trim(), value);
    }
  };

  const send = async (url: URL, init: RequestInit): Promise<Page> => {
    let target = url;
    let request = init;
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const cookies = [...jar.get(target.host) ?? []].map(([name, value]) => `${name}=${value}`);
      const headers = new Headers(request.headers);
      if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
      const response = await fetch(target, { ...request, headers, redirect: "manual" });
      keep(target, response.headers);
      const text = await response.text();
      const location = response.headers.get("location");
      if (location === null || response.status < 300 || response.status > 399) {
        return { url: target, status: response.status, text, headers: response.headers };
      }
      target = new URL(location, target);
      request = {};
    }
    throw new Error("Cannot open the page: too many redirects");
  };

  const post = (url: string | URL, fields: Iterable<readonly [string, string]>) =>
    send(new URL(url), {
      method: "POST",
      body: new URLSearchParams([...fields].map(([...x]) => x)),
    });

  return {
    open: (url) => send(new URL(url), {}),
    post: (url, fields) => post(url, Object.entries(fields)),
    async press(page, button) {
      for (const form of formsOf(page.text)) {
        const pressed = form.buttons.find((known) => known.label === button);
        if (pressed === undefined) continue;
        const url = new URL(form.action || page.url.href, page.url);
        const fields = [...form.fields, ...pressed.field];
        if (form.method === "post") return await post(url, fields);
        url.search = new URLSearchParams(fields.map(([...field]) => field)).toString();
        return await send(url, {});
      }
      throw new Error(
        `Cannot press "${button}": the page at ${page.url.pathname} has no such button`,
      );
    },
  };
}

type Field = readonly [name: string, value: string];

interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: readonly Field[];
  readonly buttons: readonly { readonly label: string; readonly field: readonly Field[] }[];
}

function formsOf(text: string): Form[] {
  return [...text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes, body]) => ({
    action: attribute(attributes!, "action") ?? "",
    method: (attribute(attributes!, "method") ?? "get").toLowerCase(),
    fields: [...body!.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input]) => {
      const type = attribute(input!, "type");
      const choosable = type === "radio" || type === "checkbox";
      if (choosable && !/\bchecked\b/.test(input!)) return [];
      return fieldOf(input!);
    }),
    buttons: [...body!.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)].map((
      [, button, label],
    ) => ({ label: unescape(label!).trim(), field: fieldOf(button!) })),
  }));
}

function fieldOf(attributes: string): Field[] {
  const name = attribute(attributes, "name");
  return name === null ? [] : [[name, attribute(attributes, "value") ?? ""]];
}

function attribute(attributes: string, name: string): string | null {
  const match = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes);
  return match === null ? null : unescape(match[1]!);
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
