# Every use of a key is written down, everybody's, and kept in a bucket that can be locked. Data Access logs
# are off by default, and begin when they are switched on.

resource "google_project_iam_audit_config" "kms" {
  project = var.project
  service = "cloudkms.googleapis.com"

  # AsymmetricSign is DATA_READ. No exempted_members: what they sign would never be logged.
  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
  audit_log_config {
    log_type = "ADMIN_READ"
  }

  depends_on = [google_project_service.needed]

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  audit_project = coalesce(var.audit_project, var.project)
  log_location  = coalesce(var.log_location, var.location)

  # Wider than a reconciliation asks for, never narrower; and whatever was changed in the project.
  kept_log = <<-EOT
    log_id("cloudaudit.googleapis.com/activity")
    OR (log_id("cloudaudit.googleapis.com/data_access")
    AND protoPayload.serviceName="cloudkms.googleapis.com")
  EOT
}

resource "google_logging_project_bucket_config" "audit" {
  project        = local.audit_project
  location       = local.log_location
  bucket_id      = "box-office-audit"
  description    = "Uses of Box Office's keys, and changes of their project"
  retention_days = var.retention_days
  locked         = var.lock_retention

  depends_on = [google_project_service.needed]

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_logging_project_sink" "audit" {
  project                = var.project
  name                   = "box-office-audit"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = trimspace(local.kept_log)
  unique_writer_identity = true
}

# A bucket in the sink's own project needs no grant.
resource "google_project_iam_member" "sink_writes" {
  count = local.audit_project == var.project ? 0 : 1

  project = local.audit_project
  role    = "roles/logging.bucketWriter"
  member  = google_logging_project_sink.audit.writer_identity

  condition {
    title      = "box-office-audit"
    expression = "resource.name.endsWith(\"locations/${local.log_location}/buckets/box-office-audit\")"
  }
}

# What auditors see of it: all, and no other log of the project.
resource "google_logging_log_view" "auditors" {
  name        = "auditors"
  bucket      = google_logging_project_bucket_config.audit.id
  description = "For cli ledger reconcile --live --project"
}

resource "google_logging_log_view_iam_binding" "auditors" {
  count = length(local.auditors) == 0 ? 0 : 1

  parent   = "projects/${local.audit_project}"
  location = local.log_location
  bucket   = google_logging_project_bucket_config.audit.bucket_id
  name     = google_logging_log_view.auditors.name
  role     = "roles/logging.viewAccessor"
  members  = local.auditors
}
