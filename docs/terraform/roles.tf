# Who may do what. The policies of ring and keys are whole: a member that somebody adds by hand shows in
# the next plan and is gone after the next apply. What is granted on the project or above it they cannot
# see: cli doctor looks at the project, nobody here further up.

resource "google_service_account" "service" {
  for_each = {
    for name, it in var.environments : name => it if it.service == null && it.deno_deploy == null
  }

  project      = var.project
  account_id   = "box-office-${each.key}"
  display_name = "Box Office, ${each.key}: signs system user tokens"

  depends_on = [google_project_service.needed]
}

resource "google_service_account_iam_binding" "workloads" {
  for_each = {
    for name, it in google_service_account.service : name => it
    if length(var.environments[name].workloads) > 0
  }

  service_account_id = each.value.name
  role               = "roles/iam.workloadIdentityUser"
  members            = var.environments[each.key].workloads
}

locals {
  # One member for each environment, spelled as IAM and the log's principalSubject spell it.
  services = {
    for name, it in var.environments : name => (
      it.service != null ? it.service :
      it.deno_deploy != null ? "principal://iam.googleapis.com/${google_iam_workload_identity_pool.deno[0].name}/subject/${it.deno_deploy.subject}" :
      "serviceAccount:${google_service_account.service[name].email}"
    )
  }

  auditors = concat(var.auditors, [
    for pool in google_iam_workload_identity_pool.github :
    "principal://iam.googleapis.com/${pool.name}/subject/${var.github.subject}"
  ])

  # The four roles of docs/keys.md, by where they are granted.
  ceremony_on_ring = var.ceremony == null ? [] : ["roles/cloudkms.importer", "roles/cloudkms.viewer"]
  ceremony_on_key  = var.ceremony == null ? [] : ["roles/cloudkms.admin", "roles/cloudkms.signerVerifier"]
}

data "google_iam_policy" "ring" {
  dynamic "binding" {
    for_each = local.ceremony_on_ring
    content {
      role    = binding.value
      members = var.ceremony.members
      condition {
        title      = "ceremony"
        expression = "request.time < timestamp(\"${var.ceremony.ends}\")"
      }
    }
  }
}

resource "google_kms_key_ring_iam_policy" "box_office" {
  key_ring_id = google_kms_key_ring.box_office.id
  policy_data = data.google_iam_policy.ring.policy_data

  lifecycle {
    precondition {
      condition     = var.ceremony == null || contains(keys(var.environments), try(var.ceremony.environment, ""))
      error_message = "ceremony.environment is none of the environments."
    }
  }
}

data "google_iam_policy" "key" {
  for_each = local.keys

  binding {
    role    = "roles/cloudkms.signer"
    members = [local.services[each.value.environment]]
  }

  binding {
    role    = "roles/cloudkms.publicKeyViewer"
    members = distinct(concat([local.services[each.value.environment]], local.auditors))
  }

  dynamic "binding" {
    for_each = each.value.is_app && try(var.ceremony.environment, null) == each.value.environment ? local.ceremony_on_key : []
    content {
      role    = binding.value
      members = var.ceremony.members
      condition {
        title      = "ceremony"
        expression = "request.time < timestamp(\"${var.ceremony.ends}\")"
      }
    }
  }
}

resource "google_kms_crypto_key_iam_policy" "key" {
  for_each = local.keys

  crypto_key_id = each.value.id
  policy_data   = data.google_iam_policy.key[each.key].policy_data

  # Nobody may sign before it is written down, kept and watched.
  depends_on = [
    google_project_iam_audit_config.kms,
    google_logging_project_sink.audit,
    google_project_iam_member.sink_writes,
    google_monitoring_alert_policy.other_signer,
    google_monitoring_alert_policy.change,
  ]
}

resource "google_project_iam_member" "policy_readers" {
  for_each = toset(var.policy_readers)

  project = var.project
  role    = "roles/iam.securityReviewer"
  member  = each.key
}
