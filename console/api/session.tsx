import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import * as z from "zod/mini";
import { type Action, may as mayWith, roles } from "../../identity/permissions.ts";
import { chosenTenant, keepTenant, tenantsOf } from "./chosen-tenant.ts";
import { type Answer, type CallOptions, call, type Following, followEvents } from "./client.ts";
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
  readonly get: (path: string, reason?: string) => Promise<Answer>;
  readonly send: (method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, options?: CallOptions) => Promise<Answer>;
  /** Follows events until that is called off. */
  readonly follow: (path: string, following: Following) => Promise<void>;
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
  /** The tenant that somebody with rights in several looks at; undefined: nobody has chosen. */
  readonly chosen: string | undefined;
  readonly choose: (tenant: string) => void;
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
  /** The tenant that the pages show: one's own, or another one has rights in and has chosen. */
  tenant: string;
  /** All that one may choose from. */
  tenants: readonly string[];
  choose: (tenant: string) => void;
  /** Whether it is allowed in the tenant that is shown. */
  may: (action: Action) => boolean;
  /** Whether it is allowed in a tenant; undefined: for the whole installation. */
  mayIn: (action: Action, tenant: string | undefined) => boolean;
  renew: () => Promise<void>;
} {
  const { state, api, renew, chosen, choose } = useSessionContext();
  if (state.is !== "in") throw new Error("nobody is signed in");
  const { session } = state;
  const tenants = tenantsOf(session, Date.now());
  const tenant = chosen !== undefined && tenants.includes(chosen) ? chosen : session.person.tenant;
  return {
    ...{ session, api, renew, tenant, tenants, choose },
    may: (action) => mayWith(session.grants, action, tenant),
    mayIn: (action, of) => mayWith(session.grants, action, of),
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
  const [chosen, setChosen] = useState(chosenTenant);
  const csrf = state.is === "in" ? state.session.csrf : undefined;

  const ask = useCallback(() => {
    setState({ is: "asking" });
    current().then(setState);
  }, []);
  useEffect(ask, [ask]);

  const api = useMemo<Api>(() => {
    const watched = async <T,>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) setState({ is: "out", ended: true });
        throw error;
      }
    };
    const send: Api["send"] = (method, path, options = {}) =>
      watched(call(method, path, csrf === undefined ? options : { ...options, csrf }));
    return {
      get: (path, reason) => watched(call("GET", path, reason === undefined ? {} : { reason })),
      send,
      follow: (path, following) => watched(followEvents(path, following)),
    };
  }, [csrf]);

  const renew = useCallback(async () => setState(await current()), []);
  const choose = useCallback((tenant: string | undefined) => {
    keepTenant(tenant);
    setChosen(tenant);
  }, []);

  const value = useMemo<SessionContext>(
    () => ({
      state,
      api,
      ask,
      renew,
      chosen,
      choose,
      signIn: async (jid, password) => {
        await call("POST", "/session", { body: { jid, password } });
        const next = await current();
        if (next.is === "failed") throw next.error;
        setState(next);
      },
      signOut: async (everywhere) => {
        await api.send("DELETE", everywhere ? "/sessions" : "/session");
        choose(undefined);
        setState({ is: "out", ended: false });
      },
    }),
    [state, api, ask, renew, chosen, choose],
  );
  return <Context value={value}>{children}</Context>;
}
