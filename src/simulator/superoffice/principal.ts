/** Who a request comes from, as `GET User/currentPrincipal` tells it. */
import type { Plain } from "./carrier_json.ts";
import { userTypeOf } from "./contacts.ts";
import type { Person, Tenant } from "./tenant.ts";

/** All members of the principal; what this tenant does not have is 0 or empty. */
export function principalOf(tenant: Tenant, person: Person): Plain {
  const userType = userTypeOf(person);
  const isSystem = userType === "SystemAssociate";
  return {
    UserType: userType,
    Associate: person.initials,
    AssociateId: person.associateId,
    IsPerson: !isSystem,
    PersonId: 0,
    CountryId: 578,
    HomeCountryId: 578,
    // The tenant's own company.
    ContactId: 1,
    GroupId: 1,
    BusinessId: 0,
    CategoryId: 0,
    ContactOwner: 0,
    RoleId: 0,
    RoleName: isSystem ? "System" : person.administrator ? "Administrator" : "User",
    RoleDescription: "",
    RoleType: isSystem ? "System" : "Employee",
    Licenses: [],
    FullName: `${person.firstName} ${person.lastName}`,
    EMailAddress: person.username,
    FunctionRights: person.administrator ? ["admin-all"] : [],
    EjUserId: 0,
    EjAccessLevel: 0,
    EjUserStatus: "StatusNone",
    ProvidedCredentials: [],
    SecondaryGroups: [],
    DatabaseContextIdentifier: tenant.contextIdentifier,
    UserName: person.username,
  };
}
