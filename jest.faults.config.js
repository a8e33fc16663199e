import { base } from "./jest.config.js";

/** Tests that kill parts of a running system: each file starts one of its own, so they run one after the other. */
export default {
  ...base,
  testMatch: ["<rootDir>/test/{faults,servers}/*.real.test.ts"],
  testTimeout: 90_000,
  maxWorkers: 1,
};
