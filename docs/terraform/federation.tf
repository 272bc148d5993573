# Workloads elsewhere that prove who they are with a token of their platform: no key file anywhere.
# The audience is the one that Google expects of its own: outputs.tf prints it.

locals {
  deno_apps = [for it in values(var.environments) : it.deno_deploy if it.deno_deploy != null]
}

resource "google_iam_workload_identity_pool" "deno" {
  count = length(local.deno_apps) == 0 ? 0 : 1

  project                   = var.project
  workload_identity_pool_id = "oidc-deno-com"
  display_name              = "Deno Deploy"

  depends_on = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "deno" {
  count = length(local.deno_apps) == 0 ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.deno[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "oidc-deno-com"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition = join(" || ", [
    for it in local.deno_apps :
    "(assertion.sub == '${it.subject}' && assertion.org_id == '${it.org_id}' && assertion.app_id == '${it.app_id}')"
  ])

  oidc {
    issuer_uri = "https://oidc.deno.com"
  }
}

resource "google_iam_workload_identity_pool" "github" {
  count = var.github == null ? 0 : 1

  project                   = var.project
  workload_identity_pool_id = "github-com"
  display_name              = "GitHub Actions"

  depends_on = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  count = var.github == null ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github-com"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  attribute_condition                = "assertion.repository_id == '${var.github.repository_id}'"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
