/**
 * What a process of the service holds, as the kernel and the probe in it tell: memory, timers, sockets
 * and other handles. And the judgement of many such samples: what grows is a leak.
 */

import type { Process } from "../../tests/support/processes.ts";
import { median } from "../support/report.ts";

export interface Sample {
  /** Resident, of the whole process. Bytes. */
  readonly resident: number;
  /** Alive in the main isolate after garbage was collected. Bytes. */
  readonly heap: number;
  /** Set and not yet due, of the main isolate. */
  readonly timers: number;
  readonly sockets: number;
  /** Open files, pipes and the like. */
  readonly files: number;
}

/** Takes the samples of one process, one at a time. */
export function createSampler(process: Process): () => Promise<Sample> {
  let taken = 0;
  return async () => {
    taken++;
    process.kill("SIGUSR2");
    const [line] = await process.line(new RegExp(`^{"probe":${taken},.*}$`));
    const { timers, heap } = JSON.parse(line) as { readonly timers: number; readonly heap: number };
    const status = await Deno.readTextFile(`/proc/${process.pid}/status`);
    const resident = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    return { resident, heap, timers, ...await handlesOf(process.pid) };
  };
}

async function handlesOf(pid: number): Promise<Pick<Sample, "sockets" | "files">> {
  const folder = `/proc/${pid}/fd`;
  const links: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    // A handle may close between the two looks.
    links.push(await Deno.readLink(`${folder}/${name}`).catch(() => ""));
  }
  const sockets = links.filter((link) => link.startsWith("socket:")).length;
  return { sockets, files: links.filter((link) => link !== "").length - sockets };
}

export interface Growth {
  /** Median of the first third. */
  readonly first: number;
  /** Median of the last third. */
  readonly last: number;
  /** Part by which it grew; below zero: it shrank. */
  readonly part: number;
}

/** Last third against first third. @throws Error if there are fewer than three samples */
export function growthOf(samples: readonly Sample[], of: keyof Sample): Growth {
  const third = Math.floor(samples.length / 3);
  if (third === 0) throw new Error("Cannot judge the memory: there are too few samples");
  const first = median(samples.slice(0, third).map((sample) => sample[of]));
  const last = median(samples.slice(-third).map((sample) => sample[of]));
  return { first, last, part: last / first - 1 };
}

/** Medians of ten equal parts: a slope is a leak, a step is none. Fewer if there are few samples. */
export function tenthsOf(samples: readonly Sample[], of: keyof Sample): number[] {
  const size = Math.max(1, Math.floor(samples.length / 10));
  return Array.from(
    { length: Math.floor(samples.length / size) },
    (_, at) => median(samples.slice(at * size, (at + 1) * size).map((sample) => sample[of])),
  );
}

/** What must not be more at rest afterwards than it was at rest before. */
export const COUNTED = ["timers", "sockets", "files"] as const;

/** @returns a word for each that is more */
export function grownBetween(before: Sample, after: Sample): string[] {
  return COUNTED.filter((of) => after[of] > before[of]).map((of) =>
    `${of} ${before[of]} to ${after[of]}`
  );
}
