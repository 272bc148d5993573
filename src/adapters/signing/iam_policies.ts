/**
 * Reads allow policies at Google: of a key or key ring from Cloud KMS, of a project from the Resource
 * Manager. Asks once, changes nothing, and repeats nothing of an answer but the policy.
 * Source: Cloud KMS REST v1, `cryptoKeys.getIamPolicy`; Resource Manager v3, `projects.getIamPolicy`.
 */

import { type IamPolicy, readIamPolicy } from "../../domain/iam_policy.ts";
import { isPlainLoopback } from "../../domain/secure_url.ts";
import { SignerFault, type SignerFaultReason } from "../../domain/signer_fault.ts";
import type { GoogleCredentials } from "./google_credentials.ts";
import { requireSafeEndpoint } from "./kms_client.ts";

export interface IamPolicies {
  /** @param resource name of a crypto key or a key ring. @throws SignerFault */
  ofKey(resource: string, signal: AbortSignal): Promise<IamPolicy>;
  /** @param project its id. @throws SignerFault */
  ofProject(project: string, signal: AbortSignal): Promise<IamPolicy>;
}

export interface IamPoliciesOptions {
  /** Cloud KMS; null for Google's. On this machine it is the Resource Manager as well. */
  readonly endpoint: URL | null;
  /**
   * One for each: whoever the endpoint names must not be sent what the Resource Manager takes. Not used
   * for plain http on this machine.
   */
  readonly credentials: {
    readonly cloudKms: GoogleCredentials;
    readonly resourceManager: GoogleCredentials;
  };
  readonly userAgent: string;
}

const CLOUD_KMS = new URL("https://cloudkms.googleapis.com");
const RESOURCE_MANAGER = new URL("https://cloudresourcemanager.googleapis.com");

/** With conditions in it. Bindings with one are left out below it, or the call is refused. */
const POLICY_VERSION = 3;

/** A policy has 1500 members at most. */
const MAX_BODY_BYTES = 1024 * 1024;

/** @throws Error for an endpoint that would carry credentials in the clear */
export function createIamPolicies(options: IamPoliciesOptions): IamPolicies {
  const { endpoint, credentials, userAgent } = options;
  if (endpoint !== null) requireSafeEndpoint(endpoint);
  const isPlain = endpoint !== null && isPlainLoopback(endpoint);

  const ask = async (
    url: URL,
    { body, who: credentialsOf }: { readonly body: string | null; readonly who: GoogleCredentials },
    signal: AbortSignal,
  ): Promise<IamPolicy> => {
    const who = isPlain ? {} : await credentialsOf();
    const type = body === null ? {} : { "content-type": "application/json" };
    const response = await fetch(url, {
      method: body === null ? "GET" : "POST",
      headers: { accept: "application/json", "user-agent": userAgent, ...type, ...who },
      redirect: "manual",
      signal,
      ...(body === null ? {} : { body }),
    }).catch(() => {
      // What fetch says repeats the address.
      throw new SignerFault(signal.aborted ? "timeout" : "network");
    });
    const text = await readBody(response, signal);
    if (response.status !== 200) throw new SignerFault(REASONS[response.status] ?? "unavailable");
    const policy = readIamPolicy(parse(text));
    if (policy === null) throw new SignerFault("invalid");
    return policy;
  };

  return {
    async ofKey(resource, signal) {
      const url = new URL(`/v1/${resource}:getIamPolicy`, endpoint ?? CLOUD_KMS);
      url.searchParams.set("options.requestedPolicyVersion", String(POLICY_VERSION));
      return await ask(url, { body: null, who: credentials.cloudKms }, signal);
    },
    async ofProject(project, signal) {
      const base = isPlain ? endpoint : RESOURCE_MANAGER;
      const url = new URL(`/v3/projects/${project}:getIamPolicy`, base);
      const body = JSON.stringify({ options: { requestedPolicyVersion: POLICY_VERSION } });
      return await ask(url, { body, who: credentials.resourceManager }, signal);
    },
  };
}

const REASONS: Readonly<Record<number, SignerFaultReason>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "denied",
  404: "not_found",
  429: "quota",
};

async function readBody(response: Response, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    // Leaving the loop early cancels the stream.
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) throw new SignerFault("invalid");
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    if (error instanceof SignerFault) throw error;
    throw new SignerFault(signal.aborted ? "timeout" : "network");
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
