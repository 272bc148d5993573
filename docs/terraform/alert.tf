# Two alarms: somebody else used a key; somebody changed who may use it, or what is written down of it.
# They are asked of entries on their way into a log bucket, which audit.tf's sink sees to.

locals {
  # NOT with =, never !=: that is false where the field is missing, and the log has no principalEmail
  # of an identity that is federated. Refused calls count, too: somebody tried.
  other_signer = {
    for name, key in local.keys : name => <<-EOT
      log_id("cloudaudit.googleapis.com/data_access")
      AND protoPayload.methodName:"AsymmetricSign"
      AND protoPayload.resourceName:"/keyRings/${var.key_ring}/cryptoKeys/${name}/"
      AND NOT (protoPayload.authenticationInfo.principalSubject="${local.services[key.environment]}"
      OR protoPayload.authenticationInfo.principalEmail="${trimprefix(local.services[key.environment], "serviceAccount:")}")
    EOT
  }

  # Keys and their versions, policies and audit configuration, what a role of one's own allows, sinks and
  # exclusions, these alarms, and who can become the service.
  change = <<-EOT
    log_id("cloudaudit.googleapis.com/activity")
    AND (protoPayload.serviceName="cloudkms.googleapis.com"
    OR protoPayload.serviceName="logging.googleapis.com"
    OR protoPayload.serviceName="monitoring.googleapis.com"
    OR protoPayload.methodName:"SetIamPolicy"
    OR protoPayload.methodName:"iam.admin.v1.UpdateRole"
    OR protoPayload.methodName:"iam.admin.v1.UndeleteRole"
    OR protoPayload.methodName:"ServiceAccountKey"
    OR protoPayload.methodName:"WorkloadIdentityPool")
  EOT

  channels = concat(
    var.notification_channels,
    [for channel in google_monitoring_notification_channel.email : channel.name],
  )
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  project      = var.project
  display_name = "Box Office: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "other_signer" {
  for_each = local.other_signer

  project               = var.project
  display_name          = "Box Office: another signer of ${each.key}"
  severity              = "CRITICAL"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "AsymmetricSign by anybody but the service"
    condition_matched_log {
      filter = trimspace(each.value)
      label_extractors = {
        principal = "EXTRACT(protoPayload.authenticationInfo.principalSubject)"
        address   = "EXTRACT(protoPayload.requestMetadata.callerIp)"
      }
    }
  }

  alert_strategy {
    auto_close = "604800s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Somebody else used the key ${each.key}"
    content   = <<-EOT
      A principal other than the service asked Cloud KMS to sign with `${each.key}`.
      In a ceremony, the proof of an import does so once. Otherwise take the role from that principal
      at once, which works within seconds, and see docs/terraform.md, "When an alarm comes".
    EOT
  }

  lifecycle {
    precondition {
      condition     = length(local.channels) > 0
      error_message = "An alarm that nobody hears is none: set alert_emails or notification_channels."
    }
  }
}

resource "google_monitoring_alert_policy" "change" {
  project               = var.project
  display_name          = "Box Office: keys, roles or logging changed"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A change of keys, roles, logging or alarms"
    condition_matched_log {
      filter = trimspace(local.change)
      label_extractors = {
        principal = "EXTRACT(protoPayload.authenticationInfo.principalEmail)"
        method    = "EXTRACT(protoPayload.methodName)"
      }
    }
  }

  alert_strategy {
    auto_close = "604800s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Keys, roles or logging of Box Office were changed"
    content   = <<-EOT
      Expected after `terraform apply` and in a ceremony. Otherwise ask who it was, and run
      `terraform plan`: it shows what is not as it was written. See docs/terraform.md, "When an alarm comes".
    EOT
  }
}
