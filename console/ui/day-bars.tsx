import { useFormats } from "./formats.ts";

const HIGH = 80;
const STEP = 20;

interface DayBarsProps {
  /** YYYY-MM-DD, without gaps. */
  readonly days: readonly { readonly day: string; readonly value: number }[];
}

/** A bar for each day, for the eye alone: the same stands beside it in words. */
export function DayBars({ days }: DayBarsProps) {
  const { number, calendarDay } = useFormats();
  const most = Math.max(1, ...days.map(({ value }) => value));
  return (
    <svg className="bars" aria-hidden="true" preserveAspectRatio="none" viewBox={`0 0 ${days.length * STEP} ${HIGH}`}>
      {days.map(({ day, value }, at) => {
        const high = Math.max(1, Math.round((value / most) * HIGH));
        return (
          <rect key={day} x={at * STEP + 2} y={HIGH - high} width={STEP - 4} height={high}>
            <title>{`${calendarDay(day)}: ${number(value)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
