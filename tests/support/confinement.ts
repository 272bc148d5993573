/** A process of the image with less than it may have: fewer hosts, and files that can only be read. */

/** What an operator takes away besides. */
export interface Confinement {
  /** Hosts that may be reached, with their ports; those that are listened on, too. */
  readonly hosts: readonly string[];
  /** Everything of the image but its volume can only be read. Needs `canMount`. */
  readonly isReadOnly: boolean;
}

/** Whether this machine lets us mount something that only a child sees. */
export function canMount(): boolean {
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["-rm", "mount", "--bind", "/tmp", "/tmp"],
      stderr: "null",
    }).outputSync();
    return success;
  } catch {
    return false;
  }
}

/** @returns the command line, in which nothing of the folder can be written but for one below it */
export function readOnly(folder: string, but: string, command: readonly string[]): string[] {
  return ["unshare", "-rm", "sh", "-c", READ_ONLY, "sh", folder, but, ...command];
}

/** Its first argument can only be read from then on, but for its second; runs the others. */
const READ_ONLY = `
  mkdir -p "$2-kept" && cp -a "$2/." "$2-kept" && mount --bind "$1" "$1" &&
  mount --bind "$2-kept" "$2-kept" && mount -o remount,bind,ro "$1" &&
  mount --bind "$2-kept" "$2" && shift 2 && exec "$@"`;

/** @returns the flag, with the hosts that may be reached */
export function narrowed(flag: string, confinement: Confinement | undefined): string {
  return confinement === undefined ? flag : `${flag}=${confinement.hosts.join(",")}`;
}
