import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import * as z from "zod/mini";
import { type Action, may as mayWith, roles } from "../../identity/permissions.ts";
import { type Answer, type CallOptions, call } from "./client.ts";
import { Problem } from "./problem.ts";

const sessionShape = z.object({
  person: z.object({ tenant: z.string(), id: z.string(), localpart: z.string(), name: z.string() }),
  roles: z.array(z.string()),
  grants: z.array(z.object({ role: z.enum(roles), scope: z.nullable(z.string()), expiresAt: z.nullable(z.string()) })),
  actions: z.array(z.string()),
  csrf: z.string(),
});
export type Session = z.infer<typeof sessionShape>;

/** How it stands: `asking` at the start, `out` with why when a session has ended by itself. */
export type State =
  | { readonly is: "asking" }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "out"; readonly ended: boolean }
  | { readonly is: "in"; readonly session: Session };

export interface Api {
  readonly get: (path: string) => Promise<Answer>;
  readonly send: (method: "POST" | "PUT" | "DELETE", path: string, options?: CallOptions) => Promise<Answer>;
}

interface SessionContext {
  readonly state: State;
  readonly api: Api;
  readonly signIn: (jid: string, password: string) => Promise<void>;
  /** Ends this session, or all of this person. */
  readonly signOut: (everywhere: boolean) => Promise<void>;
  readonly ask: () => void;
  /** Reads anew what one may do, with the page left as it is. */
  readonly renew: () => Promise<void>;
}

const Context = createContext<SessionContext | undefined>(undefined);

export function useSessionContext(): SessionContext {
  const context = useContext(Context);
  if (!context) throw new Error("used outside of SessionProvider");
  return context;
}

/** Who is signed in, what they may do, and the API in their name; for pages behind the sign-in. */
export function useSession(): {
  session: Session;
  api: Api;
  /** Whether it is allowed somewhere. */
  may: (action: Action) => boolean;
  /** Whether it is allowed in a tenant; undefined: for the whole installation. */
  mayIn: (action: Action, tenant: string | undefined) => boolean;
  renew: () => Promise<void>;
} {
  const { state, api, renew } = useSessionContext();
  if (state.is !== "in") throw new Error("nobody is signed in");
  const { session } = state;
  return {
    ...{ session, api, renew },
    may: (action) => session.actions.includes(action),
    mayIn: (action, tenant) => mayWith(session.grants, action, tenant),
  };
}

const current = async (): Promise<State> => {
  try {
    return { is: "in", session: sessionShape.parse((await call("GET", "/session")).body) };
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return { is: "out", ended: false };
    return { is: "failed", error };
  }
};

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<State>({ is: "asking" });
  const csrf = state.is === "in" ? state.session.csrf : undefined;

  const ask = useCallback(() => {
    setState({ is: "asking" });
    current().then(setState);
  }, []);
  useEffect(ask, [ask]);

  const api = useMemo<Api>(() => {
    const watched = async (method: string, path: string, options: CallOptions = {}) => {
      try {
        return await call(method, path, csrf === undefined ? options : { ...options, csrf });
      } catch (error) {
        if (error instanceof Problem && error.status === 401) setState({ is: "out", ended: true });
        throw error;
      }
    };
    return { get: (path) => watched("GET", path), send: watched };
  }, [csrf]);

  const renew = useCallback(async () => setState(await current()), []);

  const value = useMemo<SessionContext>(
    () => ({
      state,
      api,
      ask,
      renew,
      signIn: async (jid, password) => {
        await call("POST", "/session", { body: { jid, password } });
        const next = await current();
        if (next.is === "failed") throw next.error;
        setState(next);
      },
      signOut: async (everywhere) => {
        await api.send("DELETE", everywhere ? "/sessions" : "/session");
        setState({ is: "out", ended: false });
      },
    }),
    [state, api, ask, renew],
  );
  return <Context value={value}>{children}</Context>;
}
