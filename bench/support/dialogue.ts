/** A helper process that is started once and asked often: a line of JSON in, a line of JSON out. */

import { fromFileUrl } from "../../tests/support/paths.ts";

export interface Dialogue<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  end(): Promise<void>;
}

/** Starts a file of `bench/processes`. Its messages are shown. */
export function startDialogue<Question, Answer>(file: string): Dialogue<Question, Answer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net",
      fromFileUrl(new URL(`../processes/${file}`, import.meta.url)),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async ask(question) {
      await input.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
      while (!text.includes("\n")) {
        const { value, done } = await output.read();
        if (done) throw new Error(`Cannot measure: ${file} ended`);
        text += value;
      }
      const end = text.indexOf("\n");
      const answer: Answer = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      return answer;
    },
    async end() {
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}

/** The helper's side: answers each line of stdin until it ends. */
export async function answerLines<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
): Promise<void> {
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const question: Question = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      console.log(JSON.stringify(await answer(question)));
    }
  }
}
