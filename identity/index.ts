/** Identity: tenants, people and API tokens; who asks and what they may do. */
export { bearerAuthentication } from "./http.ts";
export { addPeople, addTenant, addToken, listPeople, listTenants, type Person, type Tenant } from "./store.ts";
