import { base } from "./jest.config.js";

/** Tests against the running system that KONTOR_HOME names; './kontor test' starts it. */
export default {
  ...base,
  testMatch: ["**/*.real.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/faults/", "<rootDir>/test/servers/"],
  testTimeout: 30_000,
};
