/** Something that stops a command and that the person at the terminal can mend; the message says how. */
export class StackError extends Error {
  override readonly name: string = "StackError";
}

/** A home that another supervisor runs already. */
export class AlreadyRuns extends StackError {}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
