import { type ReactNode, useId } from "react";

interface ButtonProps {
  readonly children: ReactNode;
  readonly kind?: "primary" | "plain" | "danger";
  readonly onClick?: () => void;
  readonly submit?: boolean;
  /** While something runs: stays focusable, does nothing. */
  readonly busy?: boolean;
  readonly label?: string;
  /** Why it does nothing here: said beside it, and it stays focusable, so that everybody learns of it. */
  readonly refused?: string | undefined;
}

export function Button({ children, kind = "plain", onClick, submit, busy, label, refused }: ButtonProps) {
  const id = useId();
  const idle = busy || refused !== undefined;
  return (
    <>
      <button
        type={submit && refused === undefined ? "submit" : "button"}
        className={`button ${kind}`}
        onClick={idle ? undefined : onClick}
        aria-disabled={idle || undefined}
        aria-label={label}
        aria-describedby={refused === undefined ? undefined : id}
      >
        {children}
      </button>
      {refused === undefined ? null : (
        <span className="because" id={id}>
          {refused}
        </span>
      )}
    </>
  );
}
