import type { ErrorCode } from "../platform/errors.ts";
import { KontorError } from "../platform/errors.ts";
import type { Element } from "./stanza.ts";

/** An error for which an XEP has an application-specific condition (RFC 6120 8.3.4). */
export class SpecificError extends KontorError {
  readonly condition: Element;
  /** The type of the stanza error, where the XEP has another one than the table. */
  readonly type: "cancel" | "modify" | undefined;

  constructor(code: ErrorCode, detail: string, condition: Element, type?: "cancel" | "modify") {
    super(code, detail);
    this.condition = condition;
    this.type = type;
  }
}
