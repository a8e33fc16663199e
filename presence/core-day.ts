/** Days of the service's time zone. Pure. */
export const ZONE = "Europe/Berlin";

const format = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

/** The day (YYYY-MM-DD) in Europe/Berlin of a moment, ms since 1970. */
export const dayOf = (ms: number): string => format.format(ms);
