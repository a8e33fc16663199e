import { createContext } from "react";

/** What is wrong with a form's fields, by their names. */
export const FormErrors = createContext<Readonly<Record<string, string>>>({});

/** Thrown by what a form sends with: what is wrong with which of its fields, in the reader's language. */
export class FieldErrors extends Error {
  readonly fields: Readonly<Record<string, string>>;

  constructor(fields: Readonly<Record<string, string>>) {
    super("fields of the form are wrong");
    this.fields = fields;
  }
}
