/**
 * `deno task simulator`: SuperOffice and Cloud KMS stand-ins in one process, for development and for
 * other people's clients. The first line on stdout is one JSON object with everything a client needs;
 * the rest of what it says goes to stderr. Runs until SIGINT or SIGTERM.
 */
import { Command, InvalidArgumentError } from "commander";
import { startCloudKms } from "./cloud_kms/server.ts";
import { requireRedirectUrl } from "./superoffice/redirect_urls.ts";
import { startSuperOffice } from "./superoffice/server.ts";

interface Options {
  readonly publicKey?: string;
  readonly redirectUrl: readonly string[];
  readonly port: number;
  readonly tenantPort: number;
  readonly kmsPort: number;
}

if (import.meta.main) {
  const command = new Command("simulator")
    .description("SuperOffice and Cloud KMS stand-ins on this machine")
    .option("--public-key <file>", "register this app key (PEM or RSAXML) instead of the KMS's own")
    .option("--redirect-url <url>", "register a redirect URL; repeatable", collect, [])
    .option("--port <n>", "port of SuperOffice's log-in host; 0: any", parsePort, 0)
    .option("--tenant-port <n>", "ports of its tenant hosts, N and N+1; 0: any", parseTenantPort, 0)
    .option("--kms-port <n>", "port of Cloud KMS; 0: any", parsePort, 0)
    .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2))
    .configureOutput({ writeOut: (text) => write(Deno.stdout, text), writeErr: hint })
    .parse(Deno.args, { from: "user" });
  try {
    await run(command.opts<Options>());
  } catch (error) {
    hint(`${error instanceof Error ? error.message : "Cannot start the simulator"}\n`);
    Deno.exit(2);
  }
}

async function run(options: Options): Promise<void> {
  const { publicKey, redirectUrl, port, tenantPort, kmsPort } = options;
  const registered = publicKey === undefined
    ? undefined
    : await Deno.readTextFile(publicKey).catch(blame("--public-key"));
  const kms = await startCloudKms({ port: kmsPort }).catch(blame("--kms-port"));
  const superoffice = await startSuperOffice({
    port,
    tenantPorts: tenantPort === 0 ? [0, 0] : [tenantPort, tenantPort + 1],
    publicKeyPem: registered ?? kms.publicKeyPem(),
    redirectUrls: redirectUrl,
    kms,
  }).catch(blame("--port, --tenant-port or --public-key"));
  const [tenant] = superoffice.control.tenants();
  if (!tenant) throw new Error("Cannot start the simulator: it has no tenant");
  const { contextIdentifier } = tenant;
  const started = {
    superoffice: superoffice.url,
    kms: kms.url,
    client_id: superoffice.clientId,
    client_secret: superoffice.clientSecret,
    key_version: kms.keyVersion,
    context_identifier: contextIdentifier,
    ...superoffice.control.approve(contextIdentifier),
  };
  const stopped = nextSignal();
  write(Deno.stdout, `${JSON.stringify(started)}\n`);
  hint(
    `SuperOffice stand-in at ${superoffice.url}: open it to watch and to provoke faults\n` +
      `Tenants live at ${superoffice.tenantUrls.join(" or ")}\n` +
      `  (${superoffice.url}/api/state/${contextIdentifier} says where)\n` +
      `Cloud KMS stand-in at ${kms.url}\n` +
      `${contextIdentifier} has consented. Ctrl-C ends both.\n`,
  );
  await stopped;
  // A request that was never sent to its end would keep its connection, and this, open for ever.
  await Promise.race([Promise.all([superoffice.close(), kms.close()]), nextSignal(), after(2000)]);
  Deno.exit(0);
}

/** Which option is to be changed; the error itself names neither port nor file. */
function blame(option: string): (error: Error) => never {
  return (error) => {
    const isKnown = error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.NotFound;
    const what = error instanceof Deno.errors.AddrInUse ? "a port is taken" : "no such file";
    throw new Error(`Cannot use ${option}: ${isKnown ? what : error.message}`);
  };
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => resolve());
    }
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError("Not a port.");
  return port;
}

/** The next one must be a port as well. */
function parseTenantPort(text: string): number {
  return text === "65535" ? parsePort("65536") : parsePort(text);
}

function collect(url: string, urls: readonly string[]): readonly string[] {
  try {
    return [...urls, requireRedirectUrl(url)];
  } catch {
    throw new InvalidArgumentError("Neither a URL nor a pattern.");
  }
}

function hint(text: string): void {
  write(Deno.stderr, text);
}

function write(to: { writeSync(octets: Uint8Array): number }, text: string): void {
  const octets = new TextEncoder().encode(text);
  for (let at = 0; at < octets.length;) at += to.writeSync(octets.subarray(at));
}
