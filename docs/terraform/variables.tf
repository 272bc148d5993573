variable "project" {
  description = "Id of the project that holds the keys; best one that holds nothing else."
  type        = string

  validation {
    condition     = !can(tonumber(var.project))
    error_message = "This is a project's number. Cloud KMS signs with keys that are named by its id only."
  }
}

variable "location" {
  description = "Where the keys are: a region near the service. Can never be changed."
  type        = string
  default     = "europe-west4"
}

variable "key_ring" {
  description = "Name of the key ring, which is made here and is for Box Office alone. Can never be changed."
  type        = string
  default     = "box-office"
}

variable "environments" {
  description = <<-EOT
    SuperOffice's environments (sod, stage, online), each with a key app-<environment> and a service of
    its own. Who signs: `service`, an identity that there is already; or `deno_deploy`, an app there; or
    else a service account that is made.
      algorithm    of the key that the Developer Portal makes
      service      serviceAccount:… or principal://…: one identity, since the alarm must know it
      deno_deploy  subject: deployment:ORGANIZATION/APP/CONTEXT; and the ids of organization and app,
                   since a name can be taken again by somebody else
      workloads    who may act as the service account that is made: principal://…, or for GKE
                   serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]
      ledger_key   a key ledger-<environment> that signs checkpoints (LEDGER_KMS_KEY_VERSION)
  EOT
  type = map(object({
    algorithm   = optional(string, "RSA_SIGN_PKCS1_2048_SHA256")
    service     = optional(string)
    deno_deploy = optional(object({ subject = string, org_id = string, app_id = string }))
    workloads   = optional(list(string), [])
    ledger_key  = optional(bool, false)
  }))

  validation {
    condition     = length(setsubtract(keys(var.environments), ["sod", "stage", "online"])) == 0
    error_message = "An environment is sod, stage or online."
  }
  validation {
    condition = alltrue([
      for it in values(var.environments) :
      can(regex("^RSA_SIGN_PKCS1_(2048|3072|4096)_SHA256$", it.algorithm))
    ])
    error_message = "SuperOffice takes RSA_SIGN_PKCS1_2048_SHA256, 3072 and 4096, and nothing else."
  }
  validation {
    condition = alltrue([
      for it in values(var.environments) :
      it.service == null || can(regex("^(serviceAccount:[^@]+@[^@]+|principal://[^*]+)$", it.service))
    ])
    error_message = "A service is one serviceAccount:… or principal://…; of a principalSet the log does not show the name."
  }
  validation {
    condition = alltrue([
      for it in values(var.environments) :
      it.deno_deploy == null || can(regex("^deployment:[^/']+/[^/']+/[^/']+$", it.deno_deploy.subject))
    ])
    error_message = "The subject of an app on Deno Deploy is deployment:ORGANIZATION/APP/CONTEXT."
  }
  validation {
    condition     = alltrue([for it in values(var.environments) : it.deno_deploy == null || it.service == null])
    error_message = "Either service or deno_deploy: one identity signs."
  }
}

variable "github" {
  description = "A GitHub repository, by its number, whose workflow of this subject may read what auditors may: for reconciliations by a timer."
  type        = object({ repository_id = string, subject = string })
  default     = null
}

variable "ceremony" {
  description = "Who may import the key of one environment, and until when, such as 2026-12-01T18:00:00Z. null before and after."
  type        = object({ environment = string, members = list(string), ends = string })
  default     = null

  validation {
    condition     = var.ceremony == null || can(formatdate("YYYY", var.ceremony.ends))
    error_message = "ceremony.ends is no time, such as 2026-12-01T18:00:00Z."
  }
}

variable "auditors" {
  description = "Who may read the kept log and the public keys, and nothing else: group:auditors@example.com."
  type        = list(string)
  default     = []
}

variable "policy_readers" {
  description = "Who may read policies, for cli doctor: its checks signers and key_use_logging."
  type        = list(string)
  default     = []
}

variable "audit_project" {
  description = "Id of the project that keeps the log; best one that whoever runs Box Office does not administer. null: the keys' own."
  type        = string
  default     = null
}

variable "log_location" {
  description = "Where the log is kept: a region of Cloud Logging, eu, us or global. null: as the keys."
  type        = string
  default     = null
}

variable "retention_days" {
  description = "How long the log is kept."
  type        = number
  default     = 400
}

variable "lock_retention" {
  description = "Nobody can shorten the time or delete the log. Can never be undone: switch it on when all else works."
  type        = bool
  default     = false
}

variable "alert_emails" {
  description = "Who is told of an alarm."
  type        = list(string)
  default     = []
}

variable "notification_channels" {
  description = "Channels that there are already: projects/…/notificationChannels/…"
  type        = list(string)
  default     = []
}
