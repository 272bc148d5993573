# The app's keys: made in the Developer Portal, so import-only and empty until the ceremony. Rings and
# keys can never be deleted in Cloud KMS; for Terraform, deleting a key is destroying all its versions.

resource "google_kms_key_ring" "box_office" {
  project  = var.project
  name     = var.key_ring
  location = var.location

  depends_on = [google_project_service.needed]

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key" "app" {
  for_each = var.environments

  name                          = "app-${each.key}"
  key_ring                      = google_kms_key_ring.box_office.id
  purpose                       = "ASYMMETRIC_SIGN"
  import_only                   = true
  skip_initial_version_creation = true

  version_template {
    algorithm        = each.value.algorithm
    protection_level = "HSM"
  }

  lifecycle {
    prevent_destroy = true
    # What was imported stays; a version of another size needs no other key.
    ignore_changes = [version_template[0].algorithm]
  }
}

# Signs checkpoints, never tokens; in a key of its own, since signatures by another version of the app's
# key would be unexplained.
resource "google_kms_crypto_key" "ledger" {
  for_each = { for name, it in var.environments : name => it if it.ledger_key }

  name     = "ledger-${each.key}"
  key_ring = google_kms_key_ring.box_office.id
  purpose  = "ASYMMETRIC_SIGN"

  version_template {
    algorithm        = "EC_SIGN_ED25519"
    protection_level = "SOFTWARE"
  }

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  keys = merge(
    { for name, key in google_kms_crypto_key.app : key.name => { environment = name, id = key.id, is_app = true } },
    { for name, key in google_kms_crypto_key.ledger : key.name => { environment = name, id = key.id, is_app = false } },
  )
}
