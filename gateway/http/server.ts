import type { Server } from "node:http";

/**
 * Bounds what one connection may hold. Node's own bound of five minutes for a whole request would cut off an upload
 * over a slow link, so silence is bounded instead, above the bound that file transfer sets itself.
 */
export function setLimits(server: Server): void {
  server.headersTimeout = 15_000;
  server.requestTimeout = 0;
  server.setTimeout(90_000);
  server.keepAliveTimeout = 10_000;
  server.maxConnections = 10_000;
}

/** Takes no new connection, lets running requests end, and after `graceMs` milliseconds cuts off what is left. */
export function closeGently(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
