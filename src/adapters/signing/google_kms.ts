/**
 * The app's private key in Cloud KMS. Sends a digest, never the text; makes one attempt a call, never
 * a second; and lets no signature out that this process has not verified against the key version's
 * own public key. Refuses keys that are protected less than configured. Errors carry a constant word,
 * nothing of the request or the answer.
 */

import { Buffer } from "node:buffer";
import { createHash, type KeyObject, verify } from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { Signer } from "../../usecases/ports.ts";
import { crc32c } from "./crc32c.ts";
import { requireWanted, within } from "./deadline.ts";
import { checkPublicKeyAnswer, checkSignAnswer, type LeastProtection } from "./kms_checks.ts";
import {
  callOptions,
  type KmsSdk,
  loadKmsSdk,
  openKmsClient,
  requireSafeEndpoint,
} from "./kms_client.ts";
import { toSignerFault } from "./kms_fault.ts";

export interface GoogleKmsOptions {
  /** `projects/…/cryptoKeyVersions/N`, the project by its id: its number is refused. */
  readonly keyVersion: string;
  /** Null for Google's. Plain http only on this machine, and then without credentials. */
  readonly endpoint: URL | null;
  /** The least protection accepted. */
  readonly protectionLevel: LeastProtection;
  /**
   * For the signature, and again for what the first signature needs before it (credentials and the
   * public key). A signature that comes later than this may still have been made.
   */
  readonly timeoutMs: number;
  /** `name/revision`: what the audit log shows first. */
  readonly userAgent: string;
  /** For tests: how the package is loaded. */
  readonly loadSdk?: () => Promise<KmsSdk>;
}

/**
 * A signer for one key version. Nothing is loaded, resolved or connected before the first `sign`.
 * The public key is fetched once, before the first signature, and kept.
 * @throws Error if the key version's name or the endpoint is not usable
 */
export function createGoogleKmsSigner(options: GoogleKmsOptions): Signer {
  const { keyVersion, endpoint, timeoutMs, userAgent, loadSdk = loadKmsSdk } = options;
  requireKeyVersionName(keyVersion);
  if (endpoint) requireSafeEndpoint(endpoint);

  const sdk = once(() => loadSdk());
  const client = once(async () => openKmsClient(await sdk.get(), endpoint));
  const publicKey = once(async () => {
    const calling = callOptions(timeoutMs, { "user-agent": userAgent });
    const [answer] = await (await client.get()).getPublicKey({ name: keyVersion }, calling);
    return checkPublicKeyAnswer(answer, options);
  });

  async function attemptOnce(text: string, { attempt, signal }: SignOptions): Promise<Uint8Array> {
    requireWanted(signal);
    // Reading the package is this machine's own work: it has no deadline.
    await within(sdk.get(), { signal });
    const key = await within(publicKey.get(), { timeoutMs, signal });
    const kms = await client.get();
    requireWanted(signal);
    const headers = { "user-agent": userAgent, "x-goog-request-reason": attempt };
    const signing = kms.asymmetricSign(
      signRequest(keyVersion, text),
      callOptions(timeoutMs, headers),
    );
    const [answer] = await within(signing, { timeoutMs, signal });
    const signature = checkSignAnswer(answer, options);
    if (!verifies(key, text, signature)) {
      // A wrong public key would refuse every signature for ever: fetch it anew.
      publicKey.forget();
      throw new SignerFault("bad_signature", { retryable: true });
    }
    return signature;
  }

  return {
    keyVersion,
    async sign(text, signOptions) {
      try {
        return { signature: await attemptOnce(text, signOptions), keyVersion };
      } catch (error) {
        throw toSignerFault(error);
      }
    },
  };
}

type SignOptions = Parameters<Signer["sign"]>[1];

/** The digest of the text's UTF-8 bytes, and the checksum that lets Google see it arrive whole. */
function signRequest(name: string, text: string): {
  name: string;
  digest: { sha256: Uint8Array };
  digestCrc32c: { value: number };
} {
  const sha256 = createHash("sha256").update(text, "utf8").digest();
  return { name, digest: { sha256 }, digestCrc32c: { value: crc32c(sha256) } };
}

function verifies(key: KeyObject, text: string, signature: Uint8Array): boolean {
  return verify("sha256", Buffer.from(text, "utf8"), key, signature);
}

function requireKeyVersionName(name: string): void {
  if (KEY_VERSION_NAME.test(name)) return;
  throw new Error(
    "Cannot sign with the key version: its name is not projects/…/cryptoKeyVersions/N",
  );
}

const KEY_VERSION_NAME =
  /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/\d+$/;

interface Once<T> {
  /** Starts the work, or joins it, or gives what it gave. A failure is not kept. */
  get(): Promise<T>;
  forget(): void;
}

function once<T>(work: () => Promise<T>): Once<T> {
  let kept: Promise<T> | null = null;
  return {
    get() {
      if (kept) return kept;
      const started = work();
      kept = started;
      started.catch(() => {
        if (kept === started) kept = null;
      });
      return started;
    },
    forget() {
      kept = null;
    },
  };
}
