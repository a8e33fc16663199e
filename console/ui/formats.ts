import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** A point in time: milliseconds since 1970, or a text as the API writes it. */
type At = string | number;

/** Numbers, dates and times in a language, in the time zone of who reads. */
function formatsOf(language: string) {
  const dates = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(language, options);
    return (at: At) => format.format(new Date(at));
  };
  const numbers = (options?: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options);
    return (value: number) => format.format(value);
  };
  // A day is a day wherever the reader is.
  const dayOfCalendar = dates({ dateStyle: "medium", timeZone: "UTC" });
  const gigabytes = numbers({ style: "unit", unit: "gigabyte", maximumFractionDigits: 1 });
  const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte"].map((unit) =>
    numbers({ style: "unit", unit, maximumFractionDigits: 1 }),
  );
  return {
    number: numbers(),
    /** Of bytes. */
    gigabytes: (bytes: number) => gigabytes(bytes / 1e9),
    /** Of bytes, in the unit that makes it short. */
    size: (bytes: number) => {
      const at = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      return byteUnits[at]?.(bytes / 1_000 ** at) ?? "";
    },
    day: dates({ dateStyle: "medium" }),
    longDay: dates({ dateStyle: "long" }),
    /** Of YYYY-MM-DD. */
    calendarDay: (day: string) => dayOfCalendar(`${day}T00:00Z`),
    time: dates({ dateStyle: "medium", timeStyle: "short" }),
    longTime: dates({ dateStyle: "long", timeStyle: "short" }),
    /** To the second. */
    exactTime: dates({ dateStyle: "medium", timeStyle: "medium" }),
    /** Hours and minutes of today. */
    clock: dates({ timeStyle: "short" }),
  };
}

/** How numbers and times are written in the language of who reads. */
export function useFormats(): ReturnType<typeof formatsOf> {
  const { i18n } = useTranslation();
  return useMemo(() => formatsOf(i18n.language), [i18n.language]);
}
