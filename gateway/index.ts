/** The gateway: links into other networks (bridge/, networks/) and the HTTP door of all domains (http/). */
export {
  addLink,
  type BridgeDeps,
  type Bridges,
  type LinkRouteDeps,
  linkRoutes,
  linksTopic,
  startBridges,
} from "./bridge/index.ts";
