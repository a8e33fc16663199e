import { writeFileSync } from "node:fs";

/** Writes how many tests passed and failed to the file that TEST_COUNTS_FILE names. A file that cannot be loaded failed. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = results;
    const counts = { passed, failed: numFailedTests + numRuntimeErrorTestSuites };
    if (process.env.TEST_COUNTS_FILE) writeFileSync(process.env.TEST_COUNTS_FILE, JSON.stringify(counts));
  }
}
