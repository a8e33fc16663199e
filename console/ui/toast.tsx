import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Toast {
  readonly id: number;
  readonly text: string;
}

const Context = createContext<(text: string) => void>(() => undefined);
const SHOWN_MS = 8_000;
const AT_MOST = 4;

/** Says in passing that something was done. Errors are never said so: they stand where they belong until solved. */
export const useToast = (): ((text: string) => void) => useContext(Context);

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const { t } = useTranslation();
  const next = useRef(0);
  const close = useCallback((id: number) => setToasts((all) => all.filter((each) => each.id !== id)), []);
  const show = useCallback((text: string) => {
    next.current++;
    const toast = { id: next.current, text };
    setToasts((all) => [...all.slice(1 - AT_MOST), toast]);
  }, []);
  return (
    <Context value={show}>
      {children}
      <section className="toasts" aria-label={t("ui.messages")} aria-live="polite">
        {toasts.map((toast) => (
          <ToastBox key={toast.id} toast={toast} close={close} />
        ))}
      </section>
    </Context>
  );
}

function ToastBox({ toast, close }: { readonly toast: Toast; readonly close: (id: number) => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    const timer = setTimeout(() => close(toast.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.id, close]);
  return (
    <div className="toast">
      <span>{toast.text}</span>
      <button type="button" className="plain" onClick={() => close(toast.id)} aria-label={t("ui.close")}>
        ×
      </button>
    </div>
  );
}
