# What is planned, without Google: `terraform test`, with Terraform 1.11 or newer and no account.

mock_provider "google" {
  override_during = plan

  mock_resource "google_service_account" {
    defaults = {
      name  = "projects/acme/serviceAccounts/box-office-online@acme.iam.gserviceaccount.com"
      email = "box-office-online@acme.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_iam_workload_identity_pool" {
    defaults = { name = "projects/1/locations/global/workloadIdentityPools/oidc-deno-com" }
  }
}

variables {
  project      = "acme"
  environments = { online = {} }
  auditors     = ["group:auditors@example.com"]
  alert_emails = ["security@example.com"]
}

run "the_service_alone_may_sign" {
  command = plan

  assert {
    condition = {
      for it in data.google_iam_policy.key["app-online"].binding : it.role => it.members
      } == {
      "roles/cloudkms.signer" = toset(["serviceAccount:box-office-online@acme.iam.gserviceaccount.com"])
      "roles/cloudkms.publicKeyViewer" = toset([
        "group:auditors@example.com",
        "serviceAccount:box-office-online@acme.iam.gserviceaccount.com",
      ])
    }
    error_message = "Somebody else has a role on the key."
  }
  assert {
    condition     = length(data.google_iam_policy.ring.binding) == 0
    error_message = "Somebody has a role on the ring."
  }
  assert {
    condition     = output.services == { online = "serviceAccount:box-office-online@acme.iam.gserviceaccount.com" }
    error_message = "The service has another name."
  }
}

run "a_ceremony_has_its_roles_until_its_end" {
  command = plan

  variables {
    ceremony = { environment = "online", members = ["user:ann@example.com"], ends = "2026-12-01T18:00:00Z" }
    environments = {
      online = { ledger_key = true }
      sod    = {}
    }
  }

  assert {
    condition = toset([
      for it in data.google_iam_policy.key["app-online"].binding : it.role if length(it.condition) == 1
    ]) == toset(["roles/cloudkms.admin", "roles/cloudkms.signerVerifier"])
    error_message = "The roles on the key are others."
  }
  assert {
    condition = toset([
      for it in data.google_iam_policy.ring.binding : it.role if length(it.condition) == 1
    ]) == toset(["roles/cloudkms.importer", "roles/cloudkms.viewer"])
    error_message = "The roles on the ring are others."
  }
  assert {
    condition = alltrue([
      for name in ["app-sod", "ledger-online"] : length(data.google_iam_policy.key[name].binding) == 2
    ])
    error_message = "The ceremony reaches another key."
  }
}

run "an_identity_elsewhere_is_known_by_its_subject" {
  command = plan

  variables {
    environments = {
      online = { deno_deploy = { subject = "deployment:acme/tickets/production", org_id = "o", app_id = "a" } }
    }
  }

  assert {
    condition = strcontains(
      google_monitoring_alert_policy.other_signer["app-online"].conditions[0].condition_matched_log[0].filter,
      "principalSubject=\"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/oidc-deno-com/subject/deployment:acme/tickets/production\"",
    )
    error_message = "The alarm does not know the service."
  }
}

run "a_number_for_a_project_is_refused" {
  command = plan
  variables {
    project = "123456"
  }
  expect_failures = [var.project]
}

run "a_service_that_the_alarm_cannot_know_is_refused" {
  command = plan
  variables {
    environments = { online = { service = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*" } }
  }
  expect_failures = [var.environments]
}

run "an_alarm_that_nobody_hears_is_refused" {
  command = plan
  variables {
    alert_emails = []
  }
  expect_failures = [google_monitoring_alert_policy.other_signer]
}

run "a_ceremony_for_no_environment_is_refused" {
  command = plan
  variables {
    ceremony = { environment = "stage", members = ["user:ann@example.com"], ends = "2026-12-01T18:00:00Z" }
  }
  expect_failures = [google_kms_key_ring_iam_policy.box_office]
}
