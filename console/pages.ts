import type { ComponentType } from "react";
import type { Action } from "../identity/permissions.ts";
import { AccountPage } from "./pages/account.tsx";
import { ArchivePage } from "./pages/archive.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { DirectoryPage } from "./pages/directory.tsx";
import { GroupsPage } from "./pages/groups.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { OwnMessagesPage } from "./pages/own-messages.tsx";
import { OwnPresencePage } from "./pages/own-presence-page.tsx";
import { PeoplePage } from "./pages/people.tsx";
import { PresenceRulesPage } from "./pages/presence-rules.tsx";
import { RolesPage } from "./pages/roles.tsx";
import { RoomsPage } from "./pages/rooms.tsx";
import { SignInSettingsPage } from "./pages/sign-in-settings.tsx";
import { OwnTenantPage } from "./pages/tenant.tsx";
import { TenantsPage } from "./pages/tenants.tsx";
import { TokensPage } from "./pages/tokens.tsx";

export interface PageEntry {
  readonly path: string;
  /** Key of its texts. */
  readonly name:
    | "overview"
    | "directory"
    | "tenants"
    | "tenant"
    | "people"
    | "groups"
    | "roles"
    | "rooms"
    | "archive"
    | "audit"
    | "tokens"
    | "signInSettings"
    | "presenceRules"
    | "ownMessages"
    | "ownPresence"
    | "account";
  /** What one must be allowed to see it; undefined: everybody who is signed in. */
  readonly action: Action | undefined;
  readonly Element: ComponentType;
}

/** The pages behind the sign-in, in the order of the menu. */
export const pages: readonly PageEntry[] = [
  { path: "/", name: "overview", action: undefined, Element: OverviewPage },
  { path: "/directory", name: "directory", action: "presence:read", Element: DirectoryPage },
  { path: "/tenants", name: "tenants", action: "tenant:list", Element: TenantsPage },
  { path: "/tenant", name: "tenant", action: "tenant:read", Element: OwnTenantPage },
  { path: "/people", name: "people", action: "person:read", Element: PeoplePage },
  { path: "/groups", name: "groups", action: "group:read", Element: GroupsPage },
  { path: "/roles", name: "roles", action: "role:read", Element: RolesPage },
  { path: "/rooms", name: "rooms", action: "rooms:read", Element: RoomsPage },
  { path: "/archive", name: "archive", action: "archive:read", Element: ArchivePage },
  { path: "/audit", name: "audit", action: "audit:read", Element: AuditPage },
  { path: "/tokens", name: "tokens", action: "token:read", Element: TokensPage },
  { path: "/sign-in-settings", name: "signInSettings", action: "sign-in:read", Element: SignInSettingsPage },
  { path: "/presence-rules", name: "presenceRules", action: "presence:change", Element: PresenceRulesPage },
  { path: "/own-messages", name: "ownMessages", action: undefined, Element: OwnMessagesPage },
  { path: "/own-presence", name: "ownPresence", action: undefined, Element: OwnPresencePage },
  { path: "/account", name: "account", action: undefined, Element: AccountPage },
];
