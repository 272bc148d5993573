/** The chapter about the simulator is true: its verbs, its switches, its client, its addresses. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { startTask } from "../support/processes.ts";

const CHAPTER = Deno.readTextFileSync(new URL("../../docs/simulator.md", import.meta.url));

const unique = (values: Iterable<string>) => [...new Set(values)].sort();

/** What stands in code in the first column of the tables under a heading. */
function firstColumn(heading: string): string[] {
  const section = CHAPTER.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const cells = [...section.matchAll(/^\| (`[^|]*)\|/gm)].map(([, cell = ""]) => cell);
  return unique(cells.flatMap(codesOf));
}

/** What stands in code. */
function codesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** A member without what is said about it: `type: Upgrade | …`, `client_id?`. */
const bare = (member: string) => /^\w+/.exec(member)?.[0] ?? member;

Deno.test("the simulator, as its chapter has it", async (t) => {
  const folder = await Deno.makeTempDir();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  await Deno.writeTextFile(`${folder}/app_key.pem`, privateKey);
  await Deno.writeTextFile(`${folder}/public.pem`, publicKey);
  const simulator = startTask("simulator", { args: ["--public-key", `${folder}/public.pem`] });
  try {
    const line = (await simulator.line(/^\{.*\}$/))[0];
    const started = JSON.parse(line);
    const ask = async (verb: string) =>
      await (await fetch(`${started.superoffice}/_control${verb}`)).json();

    await t.step("every verb is documented, and nothing else", async () => {
      const { verbs } = await ask("");
      const names = verbs.map(({ verb }: { verb: string }) => verb);
      assert.deepEqual(firstColumn("Control API"), unique(names));
    });

    await t.step("every member of a verb is documented in its row", async () => {
      const { verbs } = await ask("");
      const rows = CHAPTER.split("\n").filter((line) => line.startsWith("| `"));
      const missing = verbs.flatMap(({ verb, takes }: { verb: string; takes: string[] }) => {
        const row = rows.find((line) => line.split("|")[1]!.includes(`\`${verb}\``)) ?? "";
        const members = row.split("|")[2] ?? "";
        return takes.filter((member) => !member.startsWith("…")).filter((member) => {
          const [name] = /^\w+\??/.exec(member) ?? [""];
          const isTenant = name === "context_identifier" && members.includes("tenant");
          return !isTenant && !members.includes(`\`${name}\``) &&
            !members.includes(`\`${name.replace("?", "")}\``);
        }).map((member) => `${verb}: ${member}`);
      });
      assert.deepEqual(missing, []);
    });

    await t.step("no member is documented that the verbs of its row do not take", async () => {
      const { verbs }: { verbs: { verb: string; takes: string[] }[] } = await ask("");
      const section = CHAPTER.split(/^#{2,3} /m).find((part) => part.startsWith("Control API\n"))!;
      const rows = section.split("\n").filter((line) => line.startsWith("| `"));
      const members = rows.flatMap((row) => {
        const [, names = "", documented = ""] = row.split("|");
        const own = verbs.filter(({ verb }) => names.includes(`\`${verb}\``));
        const taken = own.flatMap(({ verb, takes }) => [verb, ...takes]).map(bare);
        return codesOf(documented).map((member) => ({
          member,
          isTaken: taken.includes(bare(member)),
        }));
      });
      assert.ok(members.length > 30);
      assert.deepEqual(members.filter(({ isTaken }) => !isTaken), []);
    });

    await t.step("every switch is documented, and nothing else", async () => {
      const { defaults } = await ask("/switches");
      assert.deepEqual(firstColumn("Switches"), unique(Object.keys(defaults)));
    });

    await t.step("every lever of the table of faults is a verb or a switch", () => {
      const table = CHAPTER.slice(CHAPTER.indexOf("## Provoke each fault"));
      const known = new Set([...firstColumn("Control API"), ...firstColumn("Switches")]);
      const cells = [...table.matchAll(/^\| [^`|]+\| (`[^|]+)\|[^|]+\|$/gm)].slice(0, 16);
      const named = cells.flatMap(([, cell = ""]) => codesOf(cell));
      assert.ok(named.length > 20);
      assert.deepEqual(named.filter((name) => !known.has(name)), []);
    });

    await t.step("its client, copied as it stands, gets a ticket and uses it", async () => {
      const client = /^```js\n([\s\S]*?)^```$/m.exec(CHAPTER)?.[1] ?? "";
      await Deno.writeTextFile(`${folder}/exchange.mjs`, client);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-all", "--no-config", `${folder}/exchange.mjs`],
        env: { SIMULATOR: line, KEY_FILE: `${folder}/app_key.pem` },
      }).output();
      const said = new TextDecoder().decode(stdout).trim();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      assert.ok(CHAPTER.includes(`It prints \`${said}\``), said);
    });
  } finally {
    await simulator.end();
    await Deno.remove(folder, { recursive: true });
  }
});
