/**
 * What drives the stand-in from another process, under `/_control`: faults, states, key versions,
 * and what the key has done. Nothing of it exists at Google.
 *
 * | request | does |
 * |---|---|
 * | `GET /audit` | audit entries, JSON lines |
 * | `GET /signatures` | `{signatures}` |
 * | `GET /key-versions`, `POST` `{algorithm, protectionLevel, state}` | `{keyVersions}`, `{keyVersion}` |
 * | `PUT /state` `{keyVersion, state, effectiveAfterMs}` | 204 |
 * | `PUT /fault`, `DELETE /fault` | 204 |
 */
import { type Context, Hono } from "hono";
import type { AuditLog } from "./audit.ts";
import { type Faults, parseFault } from "./faults.ts";
import type { KeyVersions } from "./key_versions.ts";

export interface ControlParts {
  readonly keyVersions: KeyVersions;
  readonly faults: Faults;
  readonly audit: AuditLog;
  readonly signatures: () => number;
}

export function createControl({ keyVersions, faults, audit, signatures }: ControlParts): Hono {
  const app = new Hono();
  app.onError((error, c) => c.json({ error: error.message }, 400));
  app.get("/audit", (c) => {
    const lines = audit.entries().map((entry) => `${JSON.stringify(entry)}\n`);
    return c.body(lines.join(""), 200, { "content-type": "application/jsonl" });
  });
  app.get("/signatures", (c) => c.json({ signatures: signatures() }));
  app.get("/key-versions", (c) => c.json({ keyVersions: keyVersions.names() }));
  app.post("/key-versions", async (c) => {
    const { algorithm, protectionLevel, state } = await texts(c);
    const keyVersion = await keyVersions.add({
      ...(algorithm !== undefined && { algorithm }),
      ...(protectionLevel !== undefined && { protectionLevel }),
      ...(state !== undefined && { state }),
    });
    return c.json({ keyVersion }, 201);
  });
  app.put("/state", async (c) => {
    const { keyVersion = "", state = "", effectiveAfterMs = "0" } = await texts(c);
    keyVersions.setState(keyVersion, state, Number(effectiveAfterMs));
    return c.body(null, 204);
  });
  app.put("/fault", async (c) => {
    faults.arm(parseFault(await c.req.json()));
    return c.body(null, 204);
  });
  app.delete("/fault", (c) => {
    faults.arm(null);
    return c.body(null, 204);
  });
  return app;
}

async function texts(c: Context): Promise<Readonly<Record<string, string>>> {
  const body: unknown = await c.req.json();
  const members = typeof body === "object" && body !== null ? Object.entries(body) : [];
  return Object.fromEntries(members.map(([key, value]) => [key, String(value)]));
}
