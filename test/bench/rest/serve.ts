/** A process that serves one side; it gets its order over IPC and ends with its parent. */
import { listen } from "../../../platform/health.ts";
import { bareApp } from "./bare.ts";
import { ourApp } from "./ours.ts";
import { order } from "./protocol.ts";

process.once("message", async (message) => {
  const asked = order.parse(message);
  const server = await listen(asked.kind === "ours" ? ourApp(asked) : bareApp(asked), { host: "127.0.0.1", port: 0 });
  const address = server.address();
  if (typeof address === "object" && address) process.send?.({ port: address.port });
});
process.once("disconnect", () => process.exit(0));
