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
import { type PushLevers, pushLevers, pushVerbs } from "./levers/pushes.ts";
import { type PeopleLevers, peopleLevers, peopleVerbs } from "./levers/people.ts";
import {
  type RegistrationLevers,
  registrationLevers,
  registrationVerbs,
} from "./levers/registration.ts";
import { type SwitchLevers, switchLevers, switchVerbs } from "./levers/switches.ts";
import { type TenantLifeLevers, tenantLifeLevers, tenantLifeVerbs } from "./levers/tenant_life.ts";
import { type TenantLevers, tenantLevers, tenantVerbs } from "./levers/tenants.ts";
import { type TokenLevers, tokenLevers, tokenVerbs } from "./levers/tokens.ts";
import { createPushes } from "./pushes.ts";
import type { World } from "./world.ts";

/** Every lever takes a context identifier in any case and throws when the tenant is not known. */
export type SuperOfficeControl =
  & RegistrationLevers
  & PeopleLevers
  & TenantLevers
  & TenantLifeLevers
  & PushLevers
  & AuthorizationLevers
  & TokenLevers
  & SwitchLevers;

/** The levers of one world. */
export function createControl(world: World): SuperOfficeControl {
  const pushes = createPushes(world);
  return {
    ...registrationLevers(world),
    ...peopleLevers(world),
    ...tenantLevers(world),
    ...tenantLifeLevers(world, pushes),
    ...pushLevers(world, pushes),
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
    ...tenantLifeVerbs(control),
    ...pushVerbs(control),
    ...authorizationVerbs(control),
    ...tokenVerbs(control),
    ...switchVerbs(control),
  };
}
