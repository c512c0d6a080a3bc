// Times as people say them, with the exact one on hover.
import { useEffect, useState } from 'react';

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [30 * 86_400, 86_400, 'day'],
  [365 * 86_400, 30 * 86_400, 'month'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'year'],
];

/** "3 minutes ago", "in 41 days"; "just now" within ten seconds. */
export function relative(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const size = Math.abs(seconds);
  if (Number.isNaN(size)) return '';
  if (size < 10) return 'just now';
  const [, length, unit] = STEPS.find(([limit]) => size < limit) ?? STEPS[5]!;
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / length), unit);
}

/** "82 ms", "4.1 s". */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function Moment({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'long' })} className="nowrap">
      {relative(at, now)}
    </time>
  );
}

/** A moment, told relatively and kept up to date. */
export function Time({ at }: { at: string }) {
  return <Moment key={at} at={at} />;
}
