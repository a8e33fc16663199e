import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fieldIssues } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { FieldErrors, FormErrors } from "./form-errors.ts";
import { ProblemNote } from "./problem-note.tsx";

interface FormProps {
  readonly children: ReactNode;
  readonly submit: string;
  readonly kind?: "primary" | "danger";
  /** Sends the values. What it throws is shown: at the fields it names, else above the form. */
  readonly onSubmit: (values: FormData) => Promise<void>;
  readonly extra?: ReactNode;
  /** Why it cannot be sent as it stands. */
  readonly refused?: string | undefined;
}

interface Failure {
  readonly error: unknown;
  readonly fields: Readonly<Record<string, string>>;
}

const fine: Failure = { error: undefined, fields: {} };

/** A form that checks its fields in the reader's language, then sends them once and shows what the API says. */
export function Form({ children, submit, kind = "primary", onSubmit, extra, refused }: FormProps) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<Failure>(fine);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (failure === fine) return;
    const wrong = form.current?.querySelector("[aria-invalid], [role=alert]");
    if (wrong instanceof HTMLElement) wrong.focus();
  }, [failure]);

  /** Why a field's value will not do, as the browser found by its attributes. */
  const faultOf = (field: Element): string | undefined => {
    if (!("validity" in field) || !(field.validity instanceof ValidityState) || field.validity.valid) return undefined;
    const { valueMissing, tooShort, patternMismatch, typeMismatch, rangeUnderflow, rangeOverflow } = field.validity;
    if (valueMissing) return t("ui.required");
    if (tooShort) return t("ui.tooShort", { count: Number(field.getAttribute("minlength")) });
    if (typeMismatch && field.getAttribute("type") === "email") return t("ui.notEmail");
    if (rangeUnderflow || rangeOverflow) {
      return t("ui.outOfRange", { min: field.getAttribute("min") ?? "", max: field.getAttribute("max") ?? "" });
    }
    return patternMismatch ? t("ui.pattern") : t("ui.invalid");
  };

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy || refused !== undefined) return;
    const element = event.currentTarget;
    const faults = [...element.elements].flatMap((field) => {
      const fault = faultOf(field);
      return fault ? [[field.getAttribute("name") ?? "", fault]] : [];
    });
    if (faults.length > 0) {
      setFailure({ error: undefined, fields: Object.fromEntries(faults) });
      return;
    }
    setFailure(fine);
    setBusy(true);
    try {
      await onSubmit(new FormData(element));
    } catch (error) {
      if (error instanceof FieldErrors) {
        setFailure({ error: undefined, fields: error.fields });
        return;
      }
      const issues = fieldIssues(error).filter(({ field }) => element.elements.namedItem(field) !== null);
      setFailure({
        error: issues.length > 0 ? undefined : error,
        fields: Object.fromEntries(issues.map(({ field, message }) => [field, t("ui.refused", { message })])),
      });
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} noValidate onSubmit={send}>
      <FormErrors value={failure.fields}>
        {failure.error === undefined ? null : <ProblemNote error={failure.error} />}
        {children}
      </FormErrors>
      <div className="actions">
        <Button submit kind={kind} busy={busy} refused={refused}>
          {busy ? t("ui.busy") : submit}
        </Button>
        {extra}
      </div>
    </form>
  );
}
