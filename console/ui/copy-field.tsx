import { useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { useToast } from "./toast.tsx";

/** A text to take elsewhere. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const { t } = useTranslation();
  const toast = useToast();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      // Browsers have it over HTTPS only.
      await navigator.clipboard.writeText(text);
      toast(t("ui.copied"));
    } catch {
      field.current?.select();
      toast(t("ui.copySelected"));
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="copy">
        <input ref={field} id={id} readOnly value={text} />
        <Button label={t("ui.copyOne", { what: label })} onClick={() => void copy()}>
          {t("ui.copy")}
        </Button>
      </div>
    </div>
  );
}
