/**
 * The image that a Dockerfile describes, as a folder on this machine: runs its `COPY` and its `deno`
 * commands, then its own command line, with every path of the image mapped below the folder. Needs
 * no container engine, so it shows nothing about the base image, users or mounts.
 */

import { cp } from "node:fs/promises";
import { type Confinement, narrowed, readOnly } from "./confinement.ts";
import type { Browser, Page } from "../../src/demo_browser.ts";

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly rest: string;
}

/** Reads a Dockerfile: comments dropped, continued lines joined. */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line)).join("\n");
  return lines.replaceAll(/\\\n/g, " ").split("\n").filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name, rest] = /^\s*(\S+)\s+(.*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) throw new Error("Cannot read the Dockerfile");
      return { name: name.toUpperCase(), rest: rest.trim() };
    });
}

/** @returns the words of an instruction in exec form */
export function execForm(rest: string): string[] {
  const words: unknown = JSON.parse(rest);
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
    throw new Error("Cannot read the instruction: not in exec form");
  }
  return words;
}

type Environment = Readonly<Record<string, string>>;

/** A process of the image. */
export interface Container {
  readonly url: URL;
  /** Everything on stdout and stderr so far. */
  output(): string;
  /** Sends the signal. @returns the exit code */
  stop(signal: "SIGTERM" | "SIGINT"): Promise<number>;
}

export interface Image {
  /** Where a path of the image is on this machine. */
  at(path: string): string;
  /** Runs the image's command and waits until it listens. */
  start(env: Environment, confinement?: Confinement): Promise<Container>;
  /** Runs the health check's command. @returns its exit code */
  healthCheck(env: Environment): Promise<number>;
  /** Runs another script with the image's own flags. @returns what it wrote to stdout */
  runScript(source: string, env: Environment): Promise<string>;
  close(): Promise<void>;
}

/** How long the service may take to listen on a busy machine. */
const START_MS = 30_000;

const decoder = new TextDecoder();

/** Builds the image of the repository's Dockerfile. */
export async function buildImage(instructions: readonly Instruction[]): Promise<Image> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-image-" });
  const at = (path: string) => `${folder}${path}`;
  const denoDir = at("/deno-dir");
  const close = () => Deno.remove(folder, { recursive: true });
  const env: Record<string, string> = { DENO_DIR: denoDir, NO_COLOR: "1" };
  let workdir = "/";
  try {
    await Deno.mkdir(denoDir);
    // What this test run has in its own cache needs no second download.
    link(await npmCache(), `${denoDir}/npm`);
    for (const { name, rest } of instructions) {
      if (name === "WORKDIR") await Deno.mkdir(at(workdir = rest), { recursive: true });
      if (name === "COPY") await copy(rest, at(workdir));
      if (name === "RUN") await build(rest, at, at(workdir), denoDir);
      if (name === "ENV") {
        for (const pair of rest.split(/\s+/)) {
          const [key = "", value = ""] = pair.split("=");
          env[key] = value.startsWith("/") ? at(value) : value;
        }
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  const only = (name: string): string => {
    const found = instructions.filter((instruction) => instruction.name === name);
    if (found.length !== 1) throw new Error(`Cannot run the image: ${found.length} of ${name}`);
    return found[0]!.rest;
  };
  const spawn = (words: readonly string[], more: Environment, confinement?: Confinement) => {
    const [program, ...args] = words.map((word) => mapped(word, at))
      .map((word) => word === "--allow-net" ? narrowed(word, confinement) : word);
    if (program !== "deno") throw new Error(`Cannot run the image: it starts ${program}`);
    const command = [Deno.execPath(), ...args];
    const confined = confinement?.isReadOnly ? readOnly(folder, at("/data"), command) : command;
    return new Deno.Command(confined[0]!, {
      args: confined.slice(1),
      cwd: at(workdir),
      clearEnv: true,
      env: { ...env, ...more },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  };
  const command = execForm(only("ENTRYPOINT"));
  return {
    at,
    close,
    start: (more, confinement) => listening(spawn(command, more, confinement).spawn()),
    async healthCheck(more) {
      const words = execForm(only("HEALTHCHECK").replace(/^.*?\bCMD\s+/, ""));
      return (await spawn(words, more).output()).code;
    },
    async runScript(source, more) {
      await Deno.writeTextFile(`${at(workdir)}/script.ts`, source);
      const { code, stdout, stderr } = await spawn([...command.slice(0, -1), "script.ts"], more)
        .output();
      if (code !== 0) throw new Error(`The script failed: ${decoder.decode(stderr)}`);
      return decoder.decode(stdout);
    },
  };
}

async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(decoder.decode(stdout)).npmCache;
}

/** Links thousands of files, which nobody writes into, but for those that a build would open to all. */
function link(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (isDirectory) link(source, target);
    else if (!isForAll(source) || !isLinked(source, target)) Deno.copyFileSync(source, target);
  }
}

function isForAll(path: string): boolean {
  const { mode } = Deno.statSync(path);
  return [0o444, 0o555].includes((mode ?? 0) & 0o555);
}

/** @returns false on another file system */
function isLinked(from: string, to: string): boolean {
  try {
    Deno.linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** `COPY [--flag…] source… target`: a folder's content goes into the target, a file goes beside. */
async function copy(rest: string, workdir: string): Promise<void> {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
  const target = `${workdir}/${words.pop()!}`;
  for (const source of words) {
    const from = new URL(`../../${source}`, import.meta.url);
    const isFolder = (await Deno.stat(from)).isDirectory;
    await cp(from, isFolder ? target : `${target}/${source}`, { recursive: true });
  }
}

/** Runs the `deno` commands of a build, and makes and opens the folders that it does. */
async function build(
  rest: string,
  at: (path: string) => string,
  cwd: string,
  denoDir: string,
): Promise<void> {
  for (const step of rest.split("&&")) {
    const [program, ...args] = step.trim().split(/\s+/);
    if (program === "install") {
      const folders = args.filter((arg) => arg.startsWith("/"));
      for (const path of folders) await Deno.mkdir(at(path), { recursive: true });
    } else if (program === "chmod") {
      const mode = args.map((arg) => arg.startsWith("/") ? at(arg) : arg);
      await new Deno.Command("chmod", { args: mode }).output();
    } else if (program === "deno") {
      const env = { DENO_DIR: denoDir, NO_COLOR: "1" };
      const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, env }).output();
      if (code !== 0) throw new Error(`The build failed: ${step}: ${decoder.decode(stderr)}`);
    } else throw new Error(`Cannot run the build: it starts ${program}`);
  }
}

/** Paths of a permission flag, below the folder. */
function mapped(word: string, at: (path: string) => string): string {
  const [, flag, list] = /^(--allow-(?:read|write)=)(.*)$/.exec(word) ?? [];
  return flag === undefined ? word : flag + list!.split(",").map(at).join(",");
}

async function listening(child: Deno.ChildProcess): Promise<Container> {
  let text = "";
  const listens = Promise.withResolvers<URL>();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const [, url] = /^Box Office listens at (\S+)\n/m.exec(text) ?? [];
      if (url !== undefined) listens.resolve(new URL(url));
    }
  };
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)])
    .then(([status]) => status);
  ended.then(() => listens.reject(new Error(`The service ended before it listened:\n${text}`)));
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    const url = await listens.promise;
    return {
      url,
      output: () => text,
      async stop(signal) {
        child.kill(signal);
        return (await ended).code;
      },
    };
  } finally {
    clearTimeout(timer);
  }
}

/** A whole consent, pressed through. @returns the last page */
export async function consent(browser: Browser, url: URL): Promise<Page> {
  let page = await browser.open(url);
  for (const button of ["Connect SuperOffice", "Sign in", "I approve", "Continue"]) {
    page = await browser.press(page, button);
  }
  return page;
}
