/** What the relay sends and gives back, byte by byte, with a web API that shows what arrives. */

import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { openStores } from "../../src/parts_stores.ts";
import { CLIMBING } from "../support/climbing_paths.ts";
import { sendRaw } from "../support/raw_http.ts";
import { withUpstream } from "../support/relay_upstream.ts";
import { API_KEY } from "../support/service.ts";
import { addStoredTenant, FRESH, putTicket } from "../support/stored_tenants.ts";

/** Answers what it got. */
async function echo(request: Request): Promise<Response> {
  const body = await request.text();
  const { method, url, headers } = request;
  return Response.json({ method, url, headers: Object.fromEntries(headers), body });
}

Deno.test("method, path, query and content negotiation arrive; credentials and the connection's headers do not", () =>
  withUpstream(echo, async ({ service, api, upstream }) => {
    const answer = await service.call(`${api}/v1/Agents/X/Do%20it?$select=a,b&x=%2F%3F&y`, {
      method: "PATCH",
      headers: {
        "accept": "application/xml;q=0.5",
        "accept-language": "nb-NO",
        "content-encoding": "br",
        "content-type": "application/json; charset=utf-16",
        "if-match": '"7"',
        "so-timezone": "W. Europe Standard Time",
        "so-apptoken": "the caller's own",
        "cookie": "a=b",
        "x-forwarded-for": "10.0.0.1",
        "x-http-method-override": "DELETE",
        "proxy-authorization": "Basic abc",
        "forwarded": "for=10.0.0.1",
      },
      body: "{}",
    });
    const seen = await answer.json();
    assert.equal(seen.method, "PATCH");
    assert.equal(seen.url, `${upstream.href}v1/Agents/X/Do%20it?$select=a,b&x=%2F%3F&y`);
    assert.equal(seen.body, "{}");
    const { authorization, "so-apptoken": secret, ...others } = seen.headers;
    assert.match(authorization, /^SOTicket 7T:/);
    assert.equal(secret, service.simulator.clientSecret);
    assert.deepEqual(Object.keys(others).sort(), [
      "accept",
      "accept-encoding",
      "accept-language",
      "content-encoding",
      "content-length",
      "content-type",
      "host",
      "if-match",
      "so-timezone",
      "user-agent",
    ]);
    assert.equal(others.accept, "application/xml;q=0.5");
    assert.equal(others["content-encoding"], "br");
    assert.equal(others["content-type"], "application/json; charset=utf-16");
    assert.equal(others.host, upstream.host);
    assert.equal(others["accept-encoding"], "identity");
  }));

Deno.test("every method of HTTP goes through but those that nothing may send", () =>
  withUpstream(echo, async ({ service, api }) => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MERGE"]) {
      const answer = await service.call(`${api}/v1/x`, { method });
      assert.equal((await answer.json()).method, method);
    }
    const head = await service.call(`${api}/v1/x`, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    for (const address of [api, `${api}/`, `${api}?a=b`]) {
      assert.equal((await (await service.call(address)).json()).method, "GET");
    }
    const trace = await sendRaw(service.url, [
      `TRACE ${api}/v1/x HTTP/1.1`,
      `host: ${service.url.host}`,
      `authorization: Bearer ${API_KEY}`,
      "connection: close",
    ]);
    assert.deepEqual([trace.status, trace.headers.get("allow")], [
      405,
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    ]);
  }));

Deno.test("no credential and nothing of the connection comes back, whatever SuperOffice sends", () => {
  let ticket = "";
  const handle = (request: Request) => {
    ticket = request.headers.get("authorization")!.slice("SOTicket ".length);
    const secret = request.headers.get("so-apptoken")!;
    return new Response("answer", {
      status: 206,
      headers: [
        ["content-type", "text/x-odd"],
        ["etag", '"7"'],
        ["content-range", "bytes 0-5/6"],
        ["x-echo", `SOTicket ${ticket}`],
        ["x-secret", secret],
        ["x-encoded", encodeURIComponent(ticket)],
        ["x-tab", `7T:\t${ticket.slice(3)}`],
        ["set-cookie", "session=1"],
        ["so-apptoken", secret],
        ["www-authenticate", "SOTicket"],
        ["authorization", "x"],
        ["strict-transport-security", "max-age=1"],
        ["alt-svc", 'h3=":443"'],
        ["access-control-allow-origin", "*"],
        ["cache-control", "public, max-age=600"],
        ["x-request-id", "theirs"],
        ["connection", "x-hop"],
        ["x-hop", "1"],
      ],
    });
  };
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`, { headers: { "x-request-id": "ours" } });
    assert.deepEqual([answer.status, await answer.text()], [206, "answer"]);
    const { date: _, ...headers } = Object.fromEntries(answer.headers);
    assert.deepEqual(headers, {
      "cache-control": "no-store",
      "content-length": "6",
      "content-range": "bytes 0-5/6",
      "content-type": "text/x-odd",
      "etag": '"7"',
      "x-request-id": "ours",
    });
    assert.ok(ticket.length > 100);
  });
});

Deno.test("a redirect is an answer: one below the web API leads back here, another leads nowhere", () => {
  let requests = 0;
  let to = "";
  const handle = () => {
    requests++;
    return new Response(null, { status: 302, headers: { location: to } });
  };
  return withUpstream(handle, async ({ service, api, upstream }) => {
    const ask = async (location: string) => {
      to = location;
      const answer = await service.call(`${api}/v1/x`, { redirect: "manual" });
      await answer.body?.cancel();
      return [answer.status, answer.headers.get("location")];
    };
    assert.deepEqual(await ask(`${upstream.href}v1/y?z=1`), [302, `${api}/v1/y?z=1`]);
    assert.deepEqual(await ask("y"), [302, `${api}/v1/y`]);
    for (const elsewhere of ["https://evil.example/", "/other", "//evil.example/", "https://["]) {
      assert.deepEqual(await ask(elsewhere), [302, null]);
    }
    assert.equal(requests, 6);
  });
});

Deno.test("no path climbs out of the tenant's web API", () => {
  const seen: string[] = [];
  const handle = (request: Request) => {
    seen.push(request.url);
    return new Response();
  };
  return withUpstream(handle, async ({ service, tenant, api, upstream }) => {
    const get = async (target: string) =>
      (await sendRaw(service.url, [
        `GET ${target} HTTP/1.1`,
        `host: ${service.url.host}`,
        `authorization: Bearer ${API_KEY}`,
        "connection: close",
      ])).status;
    for (const path of CLIMBING) {
      assert.ok([400, 404].includes(await get(`${api}/${path}`)), path);
    }
    assert.equal(seen.length, 0);
    for (
      const path of [
        "/evil.example/x",
        "@evil.example/",
        ":80/",
        "http://evil.example/",
        "a..b",
        ".hidden",
      ]
    ) {
      assert.equal(await get(`${api}/${path}`), 200, path);
      assert.ok(seen.pop()!.startsWith(upstream.href), path);
    }
    const absolute = `http://evil.example/v1/tenants/${tenant}/api/v1/x`;
    assert.equal(await get(absolute), 200);
    assert.deepEqual(seen, [`${upstream.href}v1/x`]);
  });
});

Deno.test("an answer that is compressed all the same arrives as it was sent", () => {
  const text = "compressed ".repeat(1000);
  const handle = () =>
    new Response(gzipSync(text), {
      headers: { "content-type": "text/plain", "content-encoding": "gzip" },
    });
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    assert.equal(answer.headers.get("content-encoding"), "gzip");
    assert.equal(await answer.text(), text);
    const raw = await service.call(`${api}/v1/x`, { headers: { "accept-encoding": "identity" } });
    assert.equal(gunzipSync(await raw.bytes()).toString(), text);
  });
});

Deno.test("a status that is none of HTTP's is no answer, and nobody's fault here", () =>
  withUpstream(() => new Response(), async ({ service, tenant }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answering = (async () => {
      const connection = await listener.accept();
      await connection.read(new Uint8Array(64 * 1024));
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 777 Odd\r\ncontent-length: 0\r\n\r\n"),
      );
      connection.close();
    })();
    const stores = await openStores(service.config);
    const webapiUrl = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/${tenant}/api/`;
    const other = await addStoredTenant({ stores }, 4712);
    await putTicket({ stores }, other, FRESH, webapiUrl);
    stores.close();
    const answer = await service.call(`/v1/tenants/${other}/api/v1/x`);
    assert.deepEqual([answer.status, (await answer.json()).code], [503, "upstream_unavailable"]);
    assert.deepEqual(service.log.lines.filter(({ event }) => event === "http.fault"), []);
    await answering;
  }));

Deno.test("a host with a path in it chooses no door", () =>
  withUpstream(echo, async ({ service, api }) => {
    const answer = await sendRaw(service.url, [
      "GET /v1/tenants HTTP/1.1",
      `host: x${api}/v1/y?`,
      `authorization: Bearer ${API_KEY}`,
      "connection: close",
    ]);
    assert.equal(answer.status, 400);
  }));

Deno.test("a host that is none is refused, and no fault of ours", () =>
  withUpstream(echo, async ({ service }) => {
    for (const host of ["[", ":", "a:b", "x:99999", "[]"]) {
      const answer = await sendRaw(service.url, [
        "POST /consent/callback HTTP/1.1",
        `host: ${host}`,
        "content-length: 0",
        "connection: close",
      ]);
      assert.equal(answer.status, 400, host);
    }
    assert.deepEqual(service.log.lines.filter(({ event }) => event === "http.fault"), []);
  }));
