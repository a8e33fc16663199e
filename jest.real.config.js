import { base } from "./jest.config.js";

/** Tests against the running system that KONTOR_HOME names; './kontor test' starts one for each worker. */
export default {
  ...base,
  testMatch: ["**/*.real.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/(faults|servers|alone)/"],
  setupFiles: ["<rootDir>/test/support/worker.ts"],
  maxWorkers: 1,
};
