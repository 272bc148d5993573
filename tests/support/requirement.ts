/**
 * Tests that need a program of the machine. Without it they are shown as ignored; with `CI=true`
 * they run and fail by themselves, so that a build machine cannot lose them silently.
 */

export type Program = "redis-server" | "chromium" | "openssl" | "node" | "deno-2.5";

/**
 * Programs that do as well, and rather: Debian's headless shell is the same Chromium without the windows
 * around it, which take half of the work.
 */
const RATHER: Partial<Record<Program, string>> = { chromium: "chromium-headless-shell" };

/**
 * Spread into `Deno.test`: `Deno.test({ name, ...requires("redis-server"), fn })`.
 *
 * @returns `ignore: true` only where the program is missing and this is not a build machine
 */
export function requires(program: Program): { readonly ignore: boolean } {
  return { ignore: Deno.env.get("CI") !== "true" && !isInstalled(program) };
}

/**
 * @returns where it is
 * @throws Error that names the missing program
 */
export function requireProgram(program: Program): string {
  const path = find(RATHER[program] ?? program) ?? find(program);
  if (path !== null) return path;
  throw new Error(`Cannot run this test: ${program} is not installed on this machine`);
}

/** True if a folder of PATH holds the program, or one that does as well. */
export function isInstalled(program: Program): boolean {
  return find(RATHER[program] ?? program) !== null || find(program) !== null;
}

function find(name: string): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  const paths = folders.map((folder) => `${folder}/${name}`);
  return paths.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}
