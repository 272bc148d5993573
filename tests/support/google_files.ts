/** Google's credential files, as its own tools write them. */

import { testKeyPem } from "./test_keys.ts";

export type Members = Readonly<Record<string, unknown>>;

export const ACCOUNT = "box-office@acme.iam.gserviceaccount.com";
export const PROVIDER = "projects/123/locations/global/workloadIdentityPools/pool/providers/box";
export const IMPERSONATION =
  `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;

/** As `gcloud iam service-accounts keys create` writes it. */
export const KEY: Members = {
  type: "service_account",
  project_id: "acme",
  private_key_id: "0123456789abcdef",
  private_key: testKeyPem("signing"),
  client_email: ACCOUNT,
  client_id: "1",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  universe_domain: "googleapis.com",
};

/** As `gcloud iam workload-identity-pools create-cred-config` writes it. */
export const FEDERATED: Members = {
  universe_domain: "googleapis.com",
  type: "external_account",
  audience: `//iam.googleapis.com/${PROVIDER}`,
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: "https://sts.googleapis.com/v1/token",
  service_account_impersonation_url: IMPERSONATION,
  credential_source: { file: "/var/run/secrets/tokens/google", format: { type: "text" } },
};

/** The environment that holds one. */
export const given = (json: Members) => ({ GOOGLE_CREDENTIALS: JSON.stringify(json) });
