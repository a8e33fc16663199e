/** Identity: tenants, people and API tokens; who asks and what they may do. */
export { bearerAuthentication } from "./http.ts";
export {
  addPeople,
  addTenant,
  addToken,
  findPerson,
  findTenant,
  listTenants,
  type Person,
  pagePeople,
  type Tenant,
} from "./store.ts";
