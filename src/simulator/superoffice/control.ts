/**
 * The levers of the simulated SuperOffice: what an administrator, the vendor's operations or bad luck
 * would do, as functions and as the verbs of the control API. Nothing here is part of the real service.
 */
import type { Verbs } from "../control/verbs.ts";
import {
  type AuthorizationLevers,
  authorizationLevers,
  authorizationVerbs,
} from "./levers/authorizations.ts";
import { type PeopleLevers, peopleLevers, peopleVerbs } from "./levers/people.ts";
import {
  type RegistrationLevers,
  registrationLevers,
  registrationVerbs,
} from "./levers/registration.ts";
import { type SwitchLevers, switchLevers, switchVerbs } from "./levers/switches.ts";
import { type TenantLevers, tenantLevers, tenantVerbs } from "./levers/tenants.ts";
import { type TokenLevers, tokenLevers, tokenVerbs } from "./levers/tokens.ts";
import type { World } from "./world.ts";

/** Every lever takes a context identifier in any case and throws when the tenant is not known. */
export type SuperOfficeControl =
  & RegistrationLevers
  & PeopleLevers
  & TenantLevers
  & AuthorizationLevers
  & TokenLevers
  & SwitchLevers;

/** The levers of one world. */
export function createControl(world: World): SuperOfficeControl {
  return {
    ...registrationLevers(world),
    ...peopleLevers(world),
    ...tenantLevers(world),
    ...authorizationLevers(world),
    ...tokenLevers(world),
    ...switchLevers(world),
  };
}

/** The same for other processes. */
export function verbsOf(control: SuperOfficeControl): Verbs {
  return {
    ...registrationVerbs(control),
    ...peopleVerbs(control),
    ...tenantVerbs(control),
    ...authorizationVerbs(control),
    ...tokenVerbs(control),
    ...switchVerbs(control),
  };
}
