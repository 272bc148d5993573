/**
 * Checks of what Google allows and logs: who may sign with the key, and whether every use of it is
 * written down. Sees the policies of key, key ring and project, and says so where it may not read one:
 * folders and organizations above are never looked at.
 */

import { createGoogleCredentials } from "../adapters/signing/google_credentials.ts";
import { createIamPolicies, type IamPolicies } from "../adapters/signing/iam_policies.ts";
import { KMS_SCOPE } from "../adapters/signing/kms_client.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import type { KmsKey } from "../config_keys.ts";
import { type IamPolicy, isEverybody, keyUseLogging, signersBy } from "../domain/iam_policy.ts";
import { shown } from "../domain/shown_text.ts";
import { SignerFault, type SignerFaultReason } from "../domain/signer_fault.ts";
import { AGENT } from "../parts.ts";
import { commandAccess } from "../parts_google.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";

/** For Google's own Resource Manager. An endpoint that is another's to name gets `KMS_SCOPE`. */
const PROJECT_SCOPE = "https://www.googleapis.com/auth/cloud-platform.read-only";

const READER = "Grant roles/iam.securityReviewer to whoever runs the doctor";

const GRANT =
  "Grant roles/cloudkms.signer on the key to the service, unless a folder or the organization does";

/** Nothing to check where the key is not in Cloud KMS. */
export function policyChecks(ward: Ward): Check[] {
  const { signing } = ward.config;
  if (signing.kind !== "google_kms") return [];
  const { key, standby } = signing;
  const projectId = projectOf(key);
  const access = commandAccess(ward.config.google);
  const policies = createIamPolicies({
    endpoint: key.endpoint,
    credentials: {
      cloudKms: createGoogleCredentials({ projectId, scope: KMS_SCOPE, access }),
      resourceManager: createGoogleCredentials({ projectId, scope: PROJECT_SCOPE, access }),
    },
    userAgent: AGENT,
  });
  const keys = standby === null ? [key] : [key, standby];
  const deadlineMs = 2 * CHECK_MS;
  return [
    {
      name: "signers",
      deadlineMs,
      run: (signal) => sayingWhy(checkSigners(policies, keys, ward.signers, signal)),
    },
    {
      name: "key_use_logging",
      deadlineMs,
      run: (signal) => sayingWhy(checkLogging(policies, [...new Set(keys.map(projectOf))], signal)),
    },
  ];
}

/** Where a role was found: the last part of a resource's name. */
interface Held {
  readonly member: string;
  readonly role: string;
  readonly on: string;
  readonly isCertain: boolean;
}

async function checkSigners(
  policies: IamPolicies,
  keys: readonly KmsKey[],
  known: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  const held: Held[] = [];
  const unread: string[] = [];
  for (const resource of new Set(keys.flatMap(resourcesOf))) {
    const isProject = !resource.includes("/");
    const policy = await readable(
      isProject ? policies.ofProject(resource, signal) : policies.ofKey(resource, signal),
    );
    const on = isProject ? `project ${resource}` : resource.split("/").slice(-2).join(" ");
    if (policy === null) unread.push(on);
    else held.push(...signersBy(policy).map((it) => ({ ...it, on })));
  }
  const certain = held.filter(({ isCertain }) => isCertain);
  const everybody = certain.filter(({ member }) => isEverybody(member));
  if (everybody.length > 0) {
    return problem(`anybody may sign: ${textOf(everybody)}`, "Take that binding out at once");
  }
  const members = [...new Set(certain.map(({ member }) => member))];
  const others = certain.filter(({ member }) => !known.includes(member));
  if (known.length > 0 && others.length > 0) {
    return problem(`others may sign, too: ${textOf(others)}`, "Take the role from them");
  }
  if (members.length > 1 && known.length === 0) {
    return warning(
      `${members.length} may sign: ${textOf(certain)}`,
      "Name this service's own with --signer, and take the role from the others",
    );
  }
  const vague = held.filter(({ isCertain, member }) => !isCertain && !known.includes(member));
  if (vague.length > 0) {
    return warning(
      `roles of your own may allow signing: ${textOf(vague)}`,
      "Look whether they hold cloudkms.cryptoKeyVersions.useToSign",
    );
  }
  const alone = members.length === 0 ? "nobody" : `${members.map(shown).join(", ")} alone`;
  if (unread.length > 0) {
    return warning(
      `${alone} may sign, as far as it shows: the policy of ${unread.join(", ")} may not be read`,
      READER,
    );
  }
  const says = "by the policies of key, key ring and project";
  const isOurs = ({ member }: Held) => known.length === 0 || known.includes(member);
  if (!held.some(isOurs)) {
    return warning(`${known.length === 0 ? "nobody" : "no --signer"} may sign, ${says}`, GRANT);
  }
  return ok(`${alone} may sign, ${says}`);
}

async function checkLogging(
  policies: IamPolicies,
  projects: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  for (const project of projects) {
    const policy = await readable(policies.ofProject(project, signal));
    if (policy === null) {
      return warning(`the policy of project ${project} may not be read`, READER);
    }
    const { isOn, exempted } = keyUseLogging(policy);
    if (!isOn) {
      return problem(
        `uses of keys are not logged in project ${project}`,
        "Turn on Data Access audit logs (DATA_READ) for Cloud KMS",
      );
    }
    if (exempted.length > 0) {
      return problem(
        `uses of keys by ${exempted.map(shown).join(", ")} are not logged in project ${project}`,
        "Exempt nobody from DATA_READ of Cloud KMS",
      );
    }
  }
  return ok(`every use of a key is logged in project ${projects.join(", ")}`);
}

/** @returns the finding, or why there is no policy to judge */
async function sayingWhy(finding: Promise<Finding>): Promise<Finding> {
  try {
    return await finding;
  } catch (error) {
    if (!(error instanceof SignerFault)) throw error;
    const [text, remedy] = faultWords(error.reason);
    return problem(`the policies cannot be read: ${text}`, remedy);
  }
}

function faultWords(reason: SignerFaultReason): readonly [text: string, remedy: string] {
  switch (reason) {
    case "unauthenticated":
      return ["Google takes none of this machine's credentials", "Look at signing_key"];
    case "not_found":
      return ["there is no such key or project", "Look at KMS_KEY_VERSION"];
    case "quota":
      return ["Google's quota is used up", "Ask again later"];
    case "invalid":
      return ["Google's answer cannot be read", "Look for a proxy in between"];
    default:
      return ["Google does not answer", "Look at the way there: proxy, firewall"];
  }
}

/** @returns null where it may not be read */
async function readable(policy: Promise<IamPolicy>): Promise<IamPolicy | null> {
  try {
    return await policy;
  } catch (error) {
    if (error instanceof SignerFault && error.reason === "denied") return null;
    throw error;
  }
}

function textOf(held: readonly Held[]): string {
  const texts = held.map(({ member, role, on }) => `${shown(member)} (${shown(role)} on ${on})`);
  return [...new Set(texts)].join(", ");
}

function projectOf({ keyVersion }: KmsKey): string {
  return keyVersion.split("/")[1]!;
}

/** Crypto key, key ring, project: a role on one of them goes for the version. */
function resourcesOf(key: KmsKey): string[] {
  const parts = key.keyVersion.split("/");
  return [parts.slice(0, 8).join("/"), parts.slice(0, 6).join("/"), projectOf(key)];
}
