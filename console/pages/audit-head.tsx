import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { useSession } from "../api/session.tsx";
import { useFormats } from "../ui/formats.ts";

const headShape = z.object({
  position: z.number(),
  signed: z.nullable(z.object({ position: z.number(), at: z.string(), keyId: z.string() })),
});
type Head = z.infer<typeof headShape>;

/** How far an audit log is signed. `base` is the log's path in the API. */
export function AuditHead({ base }: { readonly base: string }) {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { api } = useSession();
  const [head, setHead] = useState<Head>();
  useEffect(() => {
    let wanted = true;
    setHead(undefined);
    // The table below says what is wrong when the API is away.
    api.get(`${base}/head`).then(
      ({ body }) => wanted && setHead(headShape.parse(body)),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [api, base]);
  if (!head) return null;
  const { position, signed } = head;
  return (
    <p className="soft">
      {signed
        ? t("audit.signed", { signed: signed.position, position, at: time(signed.at), key: signed.keyId.slice(0, 12) })
        : t("audit.unsigned", { position })}{" "}
      {t("audit.verify")}
    </p>
  );
}
