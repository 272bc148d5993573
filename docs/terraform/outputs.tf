output "crypto_keys" {
  description = "For cli key import --key: the key of each environment."
  value       = { for name, key in google_kms_crypto_key.app : name => key.id }
}

output "services" {
  description = "For cli doctor --signer: who may sign for each environment, and nobody else."
  value       = local.services
}

output "ledger_key_versions" {
  description = "For LEDGER_KMS_KEY_VERSION, where there is such a key."
  value       = { for name, key in google_kms_crypto_key.ledger : name => "${key.id}/cryptoKeyVersions/1" }
}

output "audit_log" {
  description = "For cli ledger reconcile --live --project."
  value       = "${google_logging_project_bucket_config.audit.id}/views/${google_logging_log_view.auditors.name}"
}

output "audiences" {
  description = "What a token of the platform must be made out to."
  value = {
    for provider in concat(
      google_iam_workload_identity_pool_provider.deno,
      google_iam_workload_identity_pool_provider.github,
    ) : provider.workload_identity_pool_provider_id => "https://iam.googleapis.com/${provider.name}"
  }
}
