import faults from "./jest.faults.config.js";

/** Tests of what something costs, which is more where others compute at the same time: nothing runs beside them. */
export default { ...faults, testMatch: ["<rootDir>/test/alone/*.real.test.ts"] };
