/** File transfer: upload slots over XMPP (XEP-0363), streamed PUT and GET over HTTP, bytes on disk, deletion. */
export { uploadDoor } from "./component.ts";
export { fileDeletion } from "./deletion.ts";
export { diskBytes } from "./disk.ts";
export { fileRouter } from "./http.ts";
export { linkedFiles } from "./linked.ts";
export { linkedReading } from "./linked-reading.ts";
export { countBytes } from "./space.ts";
export { sweepFiles } from "./sweep.ts";
