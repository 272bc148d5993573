/**
 * Allow policies of Google's IAM, as far as they say who may sign with a key in Cloud KMS and whether
 * that is logged. Knows the roles that Google predefines; what a role of somebody's own allows it cannot
 * tell, and says so. Source: "Cloud KMS permissions and roles"; `google/iam/v1/policy.proto`.
 */

export interface IamPolicy {
  readonly bindings: readonly IamBinding[];
  readonly auditConfigs: readonly AuditConfig[];
}

export interface IamBinding {
  readonly role: string;
  readonly members: readonly string[];
}

interface AuditConfig {
  readonly service: string;
  readonly logs: readonly { readonly logType: string; readonly exempted: readonly string[] }[];
}

/** Predefined roles with `cloudkms.cryptoKeyVersions.useToSign`. */
const SIGNING_ROLES: ReadonlySet<string> = new Set([
  "roles/owner",
  "roles/cloudkms.cryptoOperator",
  "roles/cloudkms.signer",
  "roles/cloudkms.signerVerifier",
]);

/** @returns null for what is no policy. Members that are empty may be left out */
export function readIamPolicy(value: unknown): IamPolicy | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { bindings = [], auditConfigs = [] } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(bindings) || !Array.isArray(auditConfigs)) return null;
  const policy = {
    bindings: bindings.map((binding) => {
      const { role, members = [] } = Object(binding);
      return { role, members };
    }),
    auditConfigs: auditConfigs.map((config) => {
      const { service, auditLogConfigs = [] } = Object(config);
      const logs = Array.isArray(auditLogConfigs) ? auditLogConfigs : [null];
      return {
        service,
        logs: logs.map((log) => {
          const { logType, exemptedMembers = [] } = Object(log);
          return { logType, exempted: exemptedMembers };
        }),
      };
    }),
  };
  const isWhole = policy.bindings.every((it) => isText(it.role) && isTexts(it.members)) &&
    policy.auditConfigs.every((it) =>
      isText(it.service) && it.logs.every((log) => isText(log.logType) && isTexts(log.exempted))
    );
  return isWhole ? policy : null;
}

/** Who may sign by this policy, each once per role. */
export function signersBy({ bindings }: IamPolicy): readonly {
  readonly member: string;
  readonly role: string;
  /** False: the role is somebody's own, and what it allows is not known here. */
  readonly isCertain: boolean;
}[] {
  return bindings.flatMap(({ role, members }) => {
    const isOwn = /^(projects|organizations)\//.test(role);
    if (!isOwn && !SIGNING_ROLES.has(role)) return [];
    return members.map((member) => ({ member, role, isCertain: !isOwn }));
  });
}

/** Anybody at all. */
export function isEverybody(member: string): boolean {
  return member === "allUsers" || member === "allAuthenticatedUsers";
}

/**
 * Whether uses of keys are written to the audit log, and whose are not. What is said of all services and
 * of Cloud KMS adds up (`AuditConfig`).
 */
export function keyUseLogging({ auditConfigs }: IamPolicy): {
  readonly isOn: boolean;
  readonly exempted: readonly string[];
} {
  const logs = auditConfigs
    .filter(({ service }) => service === "allServices" || service === "cloudkms.googleapis.com")
    .flatMap((config) => config.logs.filter(({ logType }) => logType === "DATA_READ"));
  return {
    isOn: logs.length > 0,
    exempted: [...new Set(logs.flatMap(({ exempted }) => exempted))],
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
