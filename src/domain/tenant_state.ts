/**
 * SuperOffice's words for a tenant's state, where we do something about them (docs.superoffice.com,
 * "Check tenant status"). Whether a tenant can be used is for SuperOffice to say (`IsRunning`).
 */

/** Why a tenant is not running: one constant word. */
export type StoppedReason = "suspended" | "deleted" | "maintenance" | "not_running";

/** @param state of a tenant that does not run */
export function stoppedReason(state: string): StoppedReason {
  switch (state) {
    case "Suspended":
      return "suspended";
    case "Deleted":
    case "Deleting":
    case "DeleteFailed":
      return "deleted";
    case "OfflineMaintenance":
    case "OnlineMaintenance":
      return "maintenance";
    default:
      return "not_running";
  }
}
