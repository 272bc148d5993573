// Run by google_kms_faults_test.ts in a process of its own: the environment is the subject.
import { createGoogleKmsSigner } from "../../../src/adapters/signing/google_kms.ts";
import { createThreadHost } from "../../../src/adapters/signing/kms_host.ts";
import { SignerFault } from "../../../src/domain/signer_fault.ts";

const signer = createGoogleKmsSigner({
  keyVersion: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
  endpoint: new URL("https://127.0.0.1:9"),
  protectionLevel: "HSM",
  timeoutMs: 5000,
  userAgent: "box-office/test",
  host: createThreadHost(),
});

for (const attempt of ["a", "b"]) {
  const reason = await signer.sign("text", { attempt }).then(
    () => "signed",
    (error) => error instanceof SignerFault ? error.reason : "not a SignerFault",
  );
  await Deno.stdout.write(new TextEncoder().encode(`${reason}\n`));
}
