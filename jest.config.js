/**
 * Unit, case-table and store tests. Tests named *.real.test.ts need the running system and have jest.real.config.js.
 */
export const base = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } },
    ],
  },
  reporters: ["default", "<rootDir>/test/support/count-reporter.js"],
  modulePathIgnorePatterns: ["<rootDir>/\\.kontor"],
  // For a machine that has more to do; what is asserted on is order, never time.
  testTimeout: 30_000,
  testSequencer: "<rootDir>/test/support/longest-first.js",
};

export default {
  ...base,
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "\\.real\\.test\\.ts$"],
};
