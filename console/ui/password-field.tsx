import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FieldFrame } from "./field.tsx";

interface PasswordProps {
  readonly name: string;
  readonly label: string;
  readonly autoComplete: "new-password" | "current-password";
  /** Id of what describes it further, such as rules. */
  readonly describedBy?: string;
  readonly onValue: (value: string) => void;
}

/** A password with a switch that shows it. */
export function PasswordField({ name, label, autoComplete, describedBy, onValue }: PasswordProps) {
  const { t } = useTranslation();
  const [seen, setSeen] = useState(false);
  return (
    <FieldFrame name={name} label={label} required>
      {(attributes) => (
        <div className="password">
          <input
            {...attributes}
            aria-describedby={[describedBy, attributes["aria-describedby"]].filter(Boolean).join(" ") || undefined}
            type={seen ? "text" : "password"}
            autoComplete={autoComplete}
            spellCheck={false}
            autoCapitalize="off"
            maxLength={1000}
            onChange={(event) => onValue(event.target.value)}
          />
          <button
            type="button"
            className="button plain"
            aria-pressed={seen}
            aria-label={`${t("ui.showPassword")}: ${label}`}
            onClick={() => setSeen(!seen)}
          >
            {t("ui.showPassword")}
          </button>
        </div>
      )}
    </FieldFrame>
  );
}
