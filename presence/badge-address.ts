/** The public addresses of a badge, for pages that show it. */
export function badgeAddress(publicUrl: string, tenant: string, badge: string) {
  const base = `${publicUrl.replace(/\/$/, "")}/presence/${tenant}/${badge}`;
  return { svg: `${base}.svg`, json: `${base}.json` };
}
