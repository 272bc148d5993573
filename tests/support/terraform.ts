/**
 * Reads the Terraform example as far as tests ask: blocks by their header, attributes that are plain
 * values, and texts with their `${…}` filled in. No reader of the language: what it does not expect it
 * refuses.
 */

import assert from "node:assert/strict";

const FOLDER = new URL("../../docs/terraform/", import.meta.url);

/** Every `.tf` file, one after another. */
export const TERRAFORM = [...Deno.readDirSync(FOLDER)]
  .filter(({ name }) => name.endsWith(".tf"))
  .map(({ name }) => Deno.readTextFileSync(new URL(name, FOLDER)))
  .join("\n");

/** The example's own values. */
export const EXAMPLE = Deno.readTextFileSync(new URL("terraform.tfvars.example", FOLDER));

/** What is between the braces behind a header that stands once. */
export function blockOf(header: string, text = TERRAFORM): string {
  const [block, ...others] = blocksOf(header, text);
  assert.ok(block !== undefined && others.length === 0, `${header} is not there once`);
  return block;
}

/** The same of every block with that header; what it is in is indented as `terraform fmt` does. */
export function blocksOf(header: string, text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf(`${header} {`); at >= 0; at = text.indexOf(`${header} {`, at + 1)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const indent = text.slice(start, at);
    if (indent.trim() !== "") continue;
    found.push(text.slice(at, text.indexOf(`\n${indent}}`, at)));
  }
  return found;
}

/** A plain text, number or flag. */
export function attributeOf(block: string, name: string): string {
  const [, value] = new RegExp(`^ *${name} *= "?([^"$\\s]+)"?$`, "m").exec(block) ?? [];
  assert.ok(value !== undefined, `${name} is no plain value`);
  return value;
}

/**
 * A text between `<<-EOT` and `EOT`, as Terraform writes it.
 * @param start what stands before it, up to the `<<-EOT`
 * @param filled the value of each expression that may be in it
 */
export function textOf(start: string, filled: Readonly<Record<string, string>> = {}): string {
  const at = TERRAFORM.indexOf(`${start}<<-EOT\n`);
  assert.ok(at >= 0, `${start} is no text`);
  const [, body = ""] = /<<-EOT\n([\s\S]*?)\n *EOT\n/.exec(TERRAFORM.slice(at)) ?? [];
  const text = body.split("\n").map((line) => line.trim()).join("\n");
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, expression: string) => {
    assert.ok(Object.hasOwn(filled, expression), `nobody says what ${expression} is`);
    return filled[expression]!;
  });
}

/** Every text in quotes, in order. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(/"([^"$]*)"/g)].map(([, quoted]) => quoted!);
}
