/**
 * The ceremony as commands for teams that hold it by hand. Only texts: reads no key and calls nobody.
 */

import { importJobId } from "../adapters/signing/key_import_job.ts";
import { IMPORT_METHOD } from "../adapters/signing/kms_admin.ts";
import type { LeastProtection } from "../adapters/signing/kms_checks.ts";
import type { CryptoKeyName } from "../domain/crypto_key_name.ts";

export interface CeremonyOptions {
  readonly cryptoKey: CryptoKeyName;
  readonly protectionLevel: LeastProtection;
  /** Null: the name that `key import` would give it. */
  readonly importJobId: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A script for one run, with openssl 3 for the key and gcloud for the rest. The private key goes
 * from a file in memory into the wrapping; that needs a folder on tmpfs, which the script makes sure of.
 */
export function gcloudCeremony(options: CeremonyOptions): string {
  const { cryptoKey, protectionLevel, now } = options;
  const { projectId, locationId, keyRing, keyRingId, cryptoKeyId } = cryptoKey;
  const job = options.importJobId ?? importJobId({ keyRing, protectionLevel, id: null, now });
  const level = protectionLevel.toLowerCase();
  const place = `--project=${projectId} --location=${locationId}`;
  const inRing = `${place} --keyring=${keyRingId}`;
  return `#!/bin/sh
# Import of the app's private key into ${cryptoKey.name}.
# Needs gcloud, openssl 3 and portal.pem: the Developer Portal's key as PEM, in a folder in memory
# (tmpfs, such as /dev/shm). PowerShell 7 makes PEM of the portal's XML:
#   $key = [Security.Cryptography.RSA]::Create(); $key.FromXmlString((Get-Content -Raw portal.xml))
#   $key.ExportPkcs8PrivateKeyPem() > portal.pem
set -eu
umask 077
cd "\${CEREMONY:?names a folder on tmpfs that holds portal.pem}"
# However it ends. portal.pem stays until the import is done: delete it yourself if that fails.
trap 'rm -f aes.key wrapped' EXIT
trap 'exit 1' HUP INT TERM
test "$(stat -f -c %T .)" = tmpfs || { echo "$CEREMONY is not in memory" >&2; exit 1; }
bits=$(openssl pkey -in portal.pem -noout -text | sed -n '1s/.*(\\([0-9]*\\) bit.*/\\1/p')
case "$bits" in
  2048 | 3072 | 4096) ;;
  *) echo "Cloud KMS holds no key of $bits bits" >&2; exit 1 ;;
esac

# 1. Two people compare this with what cli key show says at the end.
openssl pkey -in portal.pem -pubout -out portal.pub
openssl pkey -pubin -in portal.pub -outform DER | openssl dgst -sha256 -r

# 2. Ring, key and import job. Leave out what is there already: gcloud refuses to make it twice.
gcloud kms keyrings create ${keyRingId} ${place}
gcloud kms keys create ${cryptoKeyId} ${inRing} \\
  --purpose=asymmetric-signing --default-algorithm="rsa-sign-pkcs1-$bits-sha256" \\
  --protection-level=${level} --import-only --skip-initial-version-creation
gcloud kms import-jobs create ${job} ${inRing} \\
  --import-method=${IMPORT_METHOD.toLowerCase().replaceAll("_", "-")} --protection-level=${level}
until test "$(gcloud kms import-jobs describe ${job} ${inRing} \\
  --format='value(state)')" = ACTIVE
do sleep 5; done
gcloud kms import-jobs describe ${job} ${inRing} \\
  --format='value(publicKey.pem)' > job.pub

# 3. An AES-256 key under RSA-OAEP (SHA-256), and the private key under it (RFC 5649). While openssl
# runs, other users of this machine can read the AES key in its arguments (ps): have none.
openssl rand -out aes.key 32
openssl pkeyutl -encrypt -pubin -inkey job.pub -in aes.key -out wrapped \\
  -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
openssl pkcs8 -topk8 -nocrypt -in portal.pem -outform DER |
  openssl enc -id-aes256-wrap-pad -iv A65959A6 \\
    -K "$(od -An -v -tx1 aes.key | tr -d ' \\n')" >> wrapped

# 4. The import.
gcloud kms keys versions import ${inRing} --key=${cryptoKeyId} \\
  --import-job=${job} --algorithm="rsa-sign-pkcs1-$bits-sha256" \\
  --wrapped-key-file=wrapped
rm -f portal.pem

# 5. Once the version is ENABLED, N being its number: the proof, of the text that key import signs, so
# that its digest explains the signature in the cloud's log.
#   printf 'Box Office proves a key\\n%s\\n%s\\n' ${cryptoKey.name}/cryptoKeyVersions/N \\
#     "$(openssl pkey -pubin -in portal.pub -outform DER | openssl dgst -sha256 -r | cut -c1-64)" > text
#   sha256sum text
#   gcloud kms asymmetric-sign ${inRing} --key=${cryptoKeyId} \\
#     --version=N --digest-algorithm=sha256 --input-file=text --signature-file=proof
#   openssl dgst -sha256 -verify portal.pub -signature proof text
#   deno task cli key show --key-version ${cryptoKey.name}/cryptoKeyVersions/N`;
}
