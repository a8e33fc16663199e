import { type ReactNode, useContext, useId } from "react";
import { useTranslation } from "react-i18next";
import { FormErrors } from "./form-errors.ts";

interface Base {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly required?: boolean;
}

interface FrameProps extends Base {
  readonly children: (attributes: {
    id: string;
    name: string;
    required: boolean | undefined;
    "aria-invalid": true | undefined;
    "aria-describedby": string | undefined;
  }) => ReactNode;
}

/** Label, control, hint and error: tied together for those who do not see them side by side. */
export function FieldFrame({ name, label, hint, required, children }: FrameProps) {
  const id = useId();
  const { t } = useTranslation();
  const error = useContext(FormErrors)[name];
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {required ? null : <span className="soft"> ({t("ui.optional")})</span>}
      </label>
      {children({
        id,
        name,
        required,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": described || undefined,
      })}
      {hint ? (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="error">
          {error}
        </p>
      ) : null}
    </div>
  );
}

interface TextProps extends Base {
  readonly type?: "text" | "password" | "email" | "number" | "date" | "datetime-local";
  readonly autoComplete?: string;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly defaultValue?: string | number | undefined;
  /** Hears each change while somebody types. */
  readonly onText?: (text: string) => void;
}

export function TextField({ name, label, hint, required, type = "text", onText, ...rest }: TextProps) {
  return (
    <FieldFrame name={name} label={label} hint={hint} required={required ?? false}>
      {(attributes) => (
        <input {...attributes} {...rest} type={type} onChange={onText && ((event) => onText(event.target.value))} />
      )}
    </FieldFrame>
  );
}

interface AreaProps extends Base {
  readonly maxLength: number;
  readonly minLength?: number;
  readonly rows?: number;
  readonly defaultValue?: string;
}

export function AreaField({ name, label, hint, required, rows = 3, ...rest }: AreaProps) {
  return (
    <FieldFrame name={name} label={label} hint={hint} required={required ?? false}>
      {(attributes) => <textarea {...attributes} {...rest} rows={rows} />}
    </FieldFrame>
  );
}

/** Why somebody does something, which the audit log keeps. */
export function ReasonField({ hint }: { readonly hint?: string }) {
  const { t } = useTranslation();
  return <AreaField name="reason" label={t("ui.reason")} hint={hint ?? t("ui.reasonHint")} required maxLength={300} />;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface SelectProps extends Base {
  readonly choices: readonly Choice[];
  readonly defaultValue?: string;
}

export function SelectField({ name, label, hint, required, choices, defaultValue }: SelectProps) {
  return (
    <FieldFrame name={name} label={label} hint={hint} required={required ?? false}>
      {(attributes) => (
        <select {...attributes} defaultValue={defaultValue}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}

/** A box to tick; its value in the form is `on` or nothing, or `value`. */
export function CheckField(props: {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly defaultChecked?: boolean;
}) {
  const id = useId();
  const { label, hint, ...rest } = props;
  return (
    <div className="check">
      <input type="checkbox" id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint ? (
          <p className="hint" id={`${id}-hint`}>
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}

interface RadioProps {
  readonly name: string;
  readonly legend: string;
  readonly choices: readonly (Choice & { readonly hint: string })[];
  readonly defaultValue?: string;
}

/** One of several, each with what it means. */
export function RadioFields({ name, legend, choices, defaultValue }: RadioProps) {
  const id = useId();
  const error = useContext(FormErrors)[name];
  return (
    <fieldset aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{legend}</legend>
      {choices.map(({ value, label, hint }) => (
        <div className="check" key={value}>
          <input
            type="radio"
            id={`${id}-${value}`}
            name={name}
            value={value}
            defaultChecked={value === defaultValue}
            aria-invalid={error ? true : undefined}
            aria-describedby={`${id}-${value}-hint`}
          />
          <div>
            <label htmlFor={`${id}-${value}`}>{label}</label>
            <p className="hint" id={`${id}-${value}-hint`}>
              {hint}
            </p>
          </div>
        </div>
      ))}
      {error ? (
        <p id={`${id}-error`} className="error">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
