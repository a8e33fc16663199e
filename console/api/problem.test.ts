import { describe, expect, it } from "@jest/globals";
import { fieldIssues, Problem } from "./problem.ts";

describe("a problem", () => {
  it("names the fields that were refused", () => {
    const problem = new Problem(400, {
      type: "urn:kontor:problem:bad-request",
      detail: "body.localpart: Too big; body.quotas.people: Too small; query.limit: no number",
      requestId: "r-1",
    });
    expect(problem).toMatchObject({ status: 400, code: "bad-request", requestId: "r-1" });
    expect(fieldIssues(problem)).toEqual([
      { field: "localpart", message: "Too big" },
      { field: "quotas", message: "Too small" },
    ]);
  });

  it.each([undefined, "<html>", { type: 7 }, {}])("may be the answer of something else: %p", (body) => {
    const problem = new Problem(502, body);
    expect(problem).toMatchObject({ status: 502, code: "http", detail: "", message: "HTTP 502" });
    expect(fieldIssues(problem)).toEqual([]);
  });

  it("is not every error", () => {
    expect(fieldIssues(new TypeError("body.name: x"))).toEqual([]);
  });
});
