import { writeFileSync } from "node:fs";

/** Writes how many tests passed and failed to the file that KONTOR_TEST_COUNTS names. A file that cannot be loaded failed. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = results;
    const counts = { passed, failed: numFailedTests + numRuntimeErrorTestSuites };
    if (process.env.KONTOR_TEST_COUNTS) writeFileSync(process.env.KONTOR_TEST_COUNTS, JSON.stringify(counts));
  }
}
