import { base } from "./jest.config.js";

/** Tests that kill parts of a running system: each file starts one of its own, on the ports of its worker. */
export default {
  ...base,
  testMatch: ["<rootDir>/test/{faults,servers}/*.real.test.ts"],
  setupFiles: ["<rootDir>/test/support/worker.ts"],
  testTimeout: 90_000,
  maxWorkers: 1,
};
