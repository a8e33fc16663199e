import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ReasonField } from "./field.tsx";
import { Form } from "./form.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  /** Gets the reason that goes into the audit log, and closes the dialog. What it throws is shown in it. */
  readonly onConfirm: (reason: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something that is not easily undone, and for the reason of it. */
export function ConfirmDialog({ title, text, action, danger, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Form
        submit={action}
        kind={danger ? "danger" : "primary"}
        onSubmit={async (values) => {
          await onConfirm(String(values.get("reason") ?? "").trim());
        }}
        extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}
      >
        <ReasonField />
      </Form>
    </Dialog>
  );
}
