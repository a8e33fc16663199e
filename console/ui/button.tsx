import type { ReactNode } from "react";

interface ButtonProps {
  readonly children: ReactNode;
  readonly kind?: "primary" | "plain" | "danger";
  readonly onClick?: () => void;
  readonly submit?: boolean;
  /** While something runs: stays focusable, does nothing. */
  readonly busy?: boolean;
  readonly label?: string;
  readonly disabled?: boolean;
}

export function Button({ children, kind = "plain", onClick, submit, busy, label, disabled }: ButtonProps) {
  return (
    <button
      type={submit ? "submit" : "button"}
      className={`button ${kind}`}
      onClick={busy ? undefined : onClick}
      aria-disabled={busy || undefined}
      aria-label={label}
      disabled={disabled}
    >
      {children}
    </button>
  );
}
