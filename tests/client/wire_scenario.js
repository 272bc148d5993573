/**
 * Where platforms differ in what `fetch` does: redirects, bodies that are sent twice, aborts, connections
 * that fail. In plain JavaScript, for every runtime the same.
 *
 * @param {typeof import("../../src/client/mod.ts").createTicketClient} createTicketClient
 * @param {{ url: string, tenant: string, credential: string, clientSecret: string }} setting
 */
export async function scenario(createTicketClient, { tenant, ...options }) {
  const client = createTicketClient(options);
  const failure = (work) => work.then(() => "none", (error) => error.code ?? String(error));

  const redirect = await client.fetch(tenant, "redirect", { redirect: "follow" });
  const form = new FormData();
  form.append("name", "A company");
  const bodies = {
    text: "A company",
    bytes: new TextEncoder().encode("A company"),
    blob: new Blob(["A company"]),
    form,
    parameters: new URLSearchParams({ name: "A company" }),
  };
  const repeated = {};
  for (const [kind, body] of Object.entries(bodies)) {
    const answer = await client.fetch(tenant, `expired/${kind}`, { method: "POST", body });
    repeated[kind] = [answer.status, await answer.text()];
  }
  const stream = () => new Blob(["A company"]).stream();
  const post = () => client.fetch(tenant, "expired/stream", { method: "POST", body: stream() });
  const streamed = [await post(), await post()];

  const aborted = new AbortController();
  const waiting = client.fetch(tenant, "silence", { signal: aborted.signal });
  const reason = waiting.catch((error) => error);
  setTimeout(() => aborted.abort("enough"), 0);
  const short = { ...options, callTimeoutMs: 50 };
  const long = await client.fetch(tenant, "endless", { signal: AbortSignal.timeout(50) });
  const nobody = new URL(options.url);
  nobody.port = "9";
  return {
    redirect: [redirect.status, redirect.headers.get("location"), await redirect.text()],
    repeated,
    streamed: await Promise.all(streamed.map(async (it) => [it.status, await it.text()])),
    abort: await reason,
    timeout: await failure(createTicketClient(short).fetch(tenant, "silence")),
    unreachable: await failure(createTicketClient({ ...options, url: nobody }).ticket(tenant)),
    page: await failure(client.ticket("Cust404")),
    endless: await long.text().then(() => "an end", () => "ended by its caller"),
  };
}
