import { createContext } from "react";

/** What is wrong with a form's fields, by their names. */
export const FormErrors = createContext<Readonly<Record<string, string>>>({});
