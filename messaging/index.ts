/** Messaging: tenant rooms (XEP-0045) whose ordered log in PostgreSQL is what archive, history and bridges read. */
export { openBackground } from "./background.ts";
export { commitEntries, prepareDays } from "./commit.ts";
export { createCommitter } from "./committer.ts";
export { roomsDoor } from "./component.ts";
export { exportRooms } from "./export.ts";
export { roomRoutes } from "./http.ts";
export { countInbox, putInbox } from "./inbox.ts";
export { countMinute, roomInboxTopic, setFarOccupants } from "./live.ts";
export { type LogEntry, readLog, roomLogTopic } from "./log.ts";
export { openPersonalArchive } from "./personal/database.ts";
export { personalDeletion } from "./personal/deletion.ts";
export { personalErasure } from "./personal/erasure.ts";
export { personalRoutes } from "./personal/http.ts";
export { exportDeletion } from "./room-export/deletion.ts";
export { roomExportRoutes } from "./room-export/http.ts";
export { startExports } from "./room-export/jobs.ts";
export { countRooms, ensureRoom, findRoom } from "./store.ts";
export { invitationDeletion } from "./store-invitations.ts";
