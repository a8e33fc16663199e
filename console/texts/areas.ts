import * as accessibility from "./accessibility.ts";
import * as account from "./account.ts";
import * as app from "./app.ts";
import * as archive from "./archive.ts";
import * as audit from "./audit.ts";
import * as directory from "./directory.ts";
import * as emergency from "./emergency.ts";
import * as groups from "./groups.ts";
import * as invitation from "./invitation.ts";
import * as overview from "./overview.ts";
import * as ownMessages from "./own-messages.ts";
import * as ownPresence from "./own-presence.ts";
import * as people from "./people.ts";
import * as presenceFigures from "./presence-figures.ts";
import * as presenceRules from "./presence-rules.ts";
import * as presenceWebhooks from "./presence-webhooks.ts";
import * as problems from "./problems.ts";
import * as roleNames from "./role-names.ts";
import * as roles from "./roles.ts";
import * as room from "./room.ts";
import * as roomExport from "./room-export.ts";
import * as roomInvitations from "./room-invitations.ts";
import * as roomRules from "./room-rules.ts";
import * as rooms from "./rooms.ts";
import * as signIn from "./sign-in.ts";
import * as signInSettings from "./sign-in-settings.ts";
import * as tenant from "./tenant.ts";
import * as tenants from "./tenants.ts";
import * as tokens from "./tokens.ts";
import * as ui from "./ui.ts";

/** What the console says in a language, by area; the file of an area holds both languages. */
const textsIn = (language: "de" | "en") => ({
  accessibility: accessibility[language],
  account: account[language],
  app: app[language],
  archive: archive[language],
  audit: audit[language],
  directory: directory[language],
  emergency: emergency[language],
  groups: groups[language],
  invitation: invitation[language],
  overview: overview[language],
  ownMessages: ownMessages[language],
  ownPresence: ownPresence[language],
  people: people[language],
  presenceFigures: presenceFigures[language],
  presenceRules: presenceRules[language],
  presenceWebhooks: presenceWebhooks[language],
  problems: problems[language],
  roleNames: roleNames[language],
  roles: roles[language],
  room: room[language],
  roomExport: roomExport[language],
  roomInvitations: roomInvitations[language],
  roomRules: roomRules[language],
  rooms: rooms[language],
  signIn: signIn[language],
  tenant: tenant[language],
  signInSettings: signInSettings[language],
  tenants: tenants[language],
  tokens: tokens[language],
  ui: ui[language],
});

export const de = textsIn("de");
export const en = textsIn("en");
