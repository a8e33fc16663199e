import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface SecretProps {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** Shows what is shown once. */
export function SecretDialog({ title, text, secret, onClose }: SecretProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <p>
        <code className="secret">{secret}</code>
      </p>
      <Button kind="primary" onClick={onClose}>
        {t("ui.close")}
      </Button>
    </Dialog>
  );
}
