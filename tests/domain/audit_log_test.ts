/** What counts as a signature in Cloud Audit Logs, in every form that they are exported in. */

import assert from "node:assert/strict";
import { type AuditLogReading, createAuditLog } from "../../src/domain/audit_log.ts";
import {
  type Bent,
  bigQueryRow,
  DIGEST,
  jsonLines,
  KEY_VERSION,
  logEntry,
  TIME,
} from "../support/audit_entries.ts";

function readTexts(...texts: readonly string[]): AuditLogReading {
  const log = createAuditLog();
  for (const text of texts) {
    const reader = log.text();
    reader.push(text);
    assert.equal(reader.end(), null);
  }
  return log.reading();
}

const readEntries = (...entries: readonly unknown[]) => readTexts(jsonLines(entries));

/** The fault of a text that arrives in pieces of one size. */
function faultOf(text: string, size = text.length) {
  const reader = createAuditLog().text();
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
  return reader.end();
}

const bent = (change: Bent) => readEntries(logEntry(change));
const digestsOf = (reading: AuditLogReading) => reading.signatures.map(({ digest }) => digest);

Deno.test("an entry as it was logged gives when, what, who and from where", () => {
  const { signatures, entries, passedOver, first, last } = readEntries(logEntry());
  assert.deepEqual(signatures, [{
    time: TIME,
    logName: "projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access",
    insertId: "1x0yq2zd5k",
    keyVersion: KEY_VERSION,
    digest: DIGEST,
    refusedWith: null,
    principal: "signer@acme.iam.gserviceaccount.com",
    delegates: [],
    callerIp: "203.0.113.7",
    userAgent: "box-office/0.1.0,gzip(gfe)",
    reason: null,
    isRounded: false,
  }]);
  assert.equal(entries, 1);
  assert.ok(Object.values(passedOver).every((count) => count === 0));
  assert.deepEqual([first, last], [TIME, TIME]);
});

/** The same two entries, however they were exported. */
const TWO = [logEntry(), logEntry({ time: "2026-10-02T09:06:07Z", insertId: "b" })];
const ROWS = [bigQueryRow(), bigQueryRow({ time: "2026-10-02T09:06:07Z", insertId: "b" })];
const FORMS: Readonly<Record<string, string>> = {
  "an array, as gcloud prints it": JSON.stringify(TWO, null, 2),
  "an array on one line": JSON.stringify(TWO),
  "two arrays, one after the other": `${JSON.stringify([TWO[0]])}\n${JSON.stringify([TWO[1]])}\n`,
  "JSON lines": jsonLines(TWO),
  "JSON lines without the last line feed": jsonLines(TWO).trimEnd(),
  "JSON lines with carriage returns and empty lines": jsonLines(TWO).replaceAll("\n", "\r\n\r\n"),
  "objects over several lines, as jq prints them": TWO.map((it) => JSON.stringify(it, null, 2))
    .join("\n"),
  "rows of BigQuery as an array": JSON.stringify(ROWS),
  "rows of BigQuery as JSON lines": jsonLines(ROWS),
  "rows with columns in lower case": jsonLines(ROWS.map(lowered)),
};

/** Every member's name in lower case, but for those inside the request's text. */
function lowered(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.toLowerCase(), lowered(member)]),
  );
}

for (const [form, text] of Object.entries(FORMS)) {
  Deno.test(`signatures are read from ${form}, in whatever pieces it comes`, () => {
    for (const size of [1, 7, text.length]) {
      const log = createAuditLog();
      const reader = log.text();
      for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
      assert.equal(reader.end(), null);
      const { signatures } = log.reading();
      assert.deepEqual(signatures.map(({ digest, keyVersion }) => [digest, keyVersion]), [
        [DIGEST, KEY_VERSION],
        [DIGEST, KEY_VERSION],
      ]);
      assert.match(signatures[0]!.time, /^2026-10-02T09:06:06\.982112(024|000)Z$/);
      assert.equal(signatures[1]!.time, "2026-10-02T09:06:07.000000000Z");
      assert.equal(signatures[0]!.callerIp, "203.0.113.7");
      assert.equal(signatures[0]!.principal, "signer@acme.iam.gserviceaccount.com");
    }
  });
}

Deno.test("a digest may be hex in any case, or base64", () => {
  const base64 = Uint8Array.fromHex(DIGEST).toBase64();
  const forms = [
    DIGEST.toUpperCase(),
    base64,
    base64.slice(0, -1),
    Uint8Array.fromHex(DIGEST).toBase64({ alphabet: "base64url" }),
  ];
  for (const sha256 of forms) assert.deepEqual(digestsOf(bent({ digest: { sha256 } })), [DIGEST]);
});

Deno.test("a served call whose digest cannot be read is a signature without one", () => {
  const digests = [
    undefined,
    {},
    { sha512: "ab".repeat(64) },
    { sha256: "ab" },
    { sha256: `${"A".repeat(42)}%` },
    { sha256: 5 },
    "x",
  ];
  for (const digest of digests) assert.deepEqual(digestsOf(bent({ digest })), [null]);
  const row = bigQueryRow() as { protopayload_auditlog: { requestJson: string } };
  row.protopayload_auditlog.requestJson = "{";
  assert.deepEqual(digestsOf(readEntries(row)), [null]);
});

Deno.test("the method may have its short or its long name, and no other is a signature", () => {
  const long = "google.cloud.kms.v1.KeyManagementService.AsymmetricSign";
  assert.equal(bent({ method: long }).signatures.length, 1);
  for (
    const method of ["GetPublicKey", "AsymmetricDecrypt", "NoAsymmetricSign", "AsymmetricSigns"]
  ) {
    const { signatures, passedOver } = bent({ method });
    assert.deepEqual([signatures.length, passedOver.otherMethods], [0, 1], method);
  }
});

Deno.test("other services and other logs are counted, and an unnamed service is Cloud KMS", () => {
  assert.equal(bent({ service: "storage.googleapis.com" }).passedOver.otherServices, 1);
  assert.equal(bent({ service: undefined }).signatures.length, 1);
  const text = { textPayload: "hello", timestamp: TIME, logName: "x", insertId: "y" };
  const request = {
    protoPayload: { "@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog" },
    timestamp: TIME,
  };
  assert.equal(readEntries(text, { jsonPayload: {} }, request).passedOver.otherLogs, 3);
});

Deno.test("only a status with a code that is not 0 is a refusal", () => {
  const served = [{}, null, undefined, { code: 0 }, { code: "0" }, { code: true }, {
    message: "x",
  }];
  for (const status of served) assert.equal(bent({ status }).signatures.length, 1, String(status));
  for (const code of [5, "7", 14]) {
    const { signatures, refused, passedOver } = bent({ status: { code, message: "no" } });
    assert.deepEqual([signatures.length, passedOver.refused], [0, 1]);
    assert.equal(refused[0]!.refusedWith, Number(code));
  }
  assert.equal(readEntries(bigQueryRow({ status: { code: 7 } })).passedOver.refused, 1);
});

Deno.test("a workload identity is its subject, and whoever is behind a service account is named", () => {
  const subject = "principal://iam.googleapis.com/projects/1/locations/global/x/subject/y";
  assert.equal(
    bent({ principal: { principalSubject: subject } }).signatures[0]!.principal,
    subject,
  );
  const delegated = {
    principalEmail: "sa@acme.iam.gserviceaccount.com",
    principalSubject: "serviceAccount:sa@acme.iam.gserviceaccount.com",
    serviceAccountDelegationInfo: [
      { principalSubject: subject },
      { firstPartyPrincipal: { principalEmail: "admin@acme.example" } },
      {},
    ],
  };
  const [signature] = bent({ principal: delegated }).signatures;
  assert.equal(signature!.principal, "sa@acme.iam.gserviceaccount.com");
  assert.deepEqual(signature!.delegates, [subject, "admin@acme.example"]);
  assert.equal(bent({ principal: undefined }).signatures[0]!.principal, null);
});

Deno.test("an entry is taken once, by log name, timestamp to the nanosecond, and insert id", () => {
  const others = [
    logEntry({ time: TIME.replace("024Z", "025Z") }),
    logEntry({ insertId: "other" }),
    { ...logEntry(), logName: "projects/acme/logs/other" },
  ];
  const { signatures, passedOver } = readEntries(logEntry(), ...others, logEntry(), ...others);
  assert.deepEqual([signatures.length, passedOver.duplicates], [4, 4]);
});

Deno.test("nobody hides behind the name of another entry", () => {
  const other = logEntry({ digest: { sha256: "00".repeat(32) } });
  assert.deepEqual(digestsOf(readEntries(logEntry(), other)).toSorted(), ["00".repeat(32), DIGEST]);
  const refused = logEntry({ status: { code: 7 } });
  assert.equal(readEntries(refused, logEntry()).signatures.length, 1);
  const nameless = logEntry({ insertId: undefined });
  assert.equal(readEntries(nameless, nameless).signatures.length, 2);
});

Deno.test("one call exported by Cloud Logging and by BigQuery is one signature, in either order", () => {
  const [entry, row] = [jsonLines([logEntry()]), jsonLines([bigQueryRow()])];
  for (const texts of [[entry, row], [row, entry], [row, row, entry, row]]) {
    const { signatures, passedOver } = readTexts(...texts);
    assert.deepEqual(signatures.map(({ time }) => time), [TIME]);
    assert.equal(passedOver.duplicates, texts.length - 1);
  }
  const nameless = [logEntry({ insertId: undefined }), bigQueryRow({ insertId: undefined })];
  assert.equal(readEntries(...nameless).signatures.length, 2);
});

Deno.test("signatures come in the order of their time, below a millisecond and across zones", () => {
  const times = [
    "2026-10-02T09:06:06.982112025Z",
    "2026-10-02T09:06:06.98Z",
    "2026-10-02T11:06:06.982112024+02:00",
    "2026-10-02T09:06:06Z",
  ];
  const { signatures, first, last } = readEntries(...times.map((time) => logEntry({ time })));
  assert.deepEqual(signatures.map(({ time }) => time), [
    "2026-10-02T09:06:06.000000000Z",
    "2026-10-02T09:06:06.980000000Z",
    "2026-10-02T09:06:06.982112024Z",
    "2026-10-02T09:06:06.982112025Z",
  ]);
  assert.deepEqual([first, last], [signatures[0]!.time, signatures[3]!.time]);
});

/** A log that cannot be read, and the line that is named. */
const GARBLED: readonly (readonly [what: string, text: string, line: number])[] = [
  ["a line is no JSON", `${jsonLines(TWO)}garbage\n`, 3],
  ["a line is cut off in a string", `${jsonLines(TWO).slice(0, 40)}\n${jsonLines(TWO)}`, 1],
  ["a line is cut off after a member", `${jsonLines(TWO)}{"a":1,\n${jsonLines(TWO)}`, 3],
  ["the last line is cut off", jsonLines(TWO).slice(0, -30), 2],
  ["something follows a value", `${jsonLines(TWO).trimEnd()} x\n`, 2],
  ["a comma stands between lines", `${JSON.stringify(TWO[0])},\n${JSON.stringify(TWO[1])}`, 1],
  ["an array is cut off between entries", `[\n${JSON.stringify(TWO[0])},\n`, 3],
  ["an array is cut off in an entry", JSON.stringify(TWO, null, 2).slice(0, -100), 54],
  ["an array has a comma too many", `[${JSON.stringify(TWO[0])},]`, 1],
  ["an array misses a comma", `[${JSON.stringify(TWO[0])}\n${JSON.stringify(TWO[1])}]`, 2],
  ["an array holds a number", `[\n${JSON.stringify(TWO[0])},\n5]`, 3],
  ["brackets do not fit", '{"a":[}]\n', 1],
  ["a value is no log entry", `${jsonLines(TWO)}{}\n`, 3],
  ["an error was saved", '{"error":{"code":403,"status":"PERMISSION_DENIED"}}', 1],
  ["a signature has no time", jsonLines([...TWO, logEntry({ time: undefined })]), 3],
  ["a signature's day is none", jsonLines([logEntry({ time: "2026-02-31T00:00:00Z" })]), 1],
  ["a signature's zone is missing", jsonLines([logEntry({ time: "2026-02-03T00:00:00" })]), 1],
  ["a signature names no key", jsonLines([logEntry({ keyVersion: "" })]), 1],
  ["an audit entry names no method", jsonLines([{ protoPayload: {}, timestamp: TIME }]), 1],
  ["it is nested deeper than anybody reads", `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, 1],
  ["it is no text of ours", "PK\u0003\u0004", 1],
];

for (const [what, text, line] of GARBLED) {
  Deno.test(`a log is refused and line ${line} named when ${what}`, () => {
    assert.equal(faultOf(text)?.line, line);
    if (text.length < 10_000) assert.equal(faultOf(text, 1)?.line, line);
  });
}

Deno.test("a value that is longer than any entry is refused before it is held", () => {
  const reader = createAuditLog().text();
  reader.push('{"a":"');
  for (let pieces = 0; pieces < 20; pieces++) reader.push("a".repeat(1024 * 1024));
  assert.match(reader.end()!.why, /longer than any log entry/);
});

Deno.test("an empty log is a log, and an empty array", () => {
  for (const text of ["", "\n", "[]", " [ ] \n"]) assert.equal(readTexts(text).entries, 0);
});

Deno.test("members with the names of what every object has are nothing special", () => {
  const text = JSON.stringify(logEntry()).replace(
    "{",
    '{"__proto__":{"textPayload":1},"constructor":1,',
  );
  assert.deepEqual(digestsOf(readTexts(text)), [DIGEST]);
  const hidden = JSON.stringify(logEntry()).replace(
    '"status":{}',
    '"status":{"__proto__":{"code":7}}',
  );
  assert.equal(readTexts(hidden).signatures.length, 1);
});
