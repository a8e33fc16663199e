/**
 * The secret of an invitation's link: taken out of the address before anything else looks at it, so that it stays
 * neither in the history nor in what the router keeps. It lives in memory only.
 */
export function takeInvitationToken(): string | undefined {
  const { pathname, hash } = window.location;
  if (!pathname.endsWith("/invitation") || hash.length < 2) return undefined;
  window.history.replaceState(null, "", pathname);
  return hash.slice(1);
}
