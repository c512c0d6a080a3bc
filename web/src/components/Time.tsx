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

const DAY = 86_400_000;

const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** "in 41 days", "tomorrow", "3 days ago": days by the reader's calendar, however many; on the day itself "in 5 hours". */
export function inDays(at: string, now: number): string {
  const days = Math.round((midnight(new Date(at)) - midnight(new Date(now))) / DAY);
  if (Number.isNaN(days)) return '';
  return days === 0 ? relative(at, now) : new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(days, 'day');
}

/** "today 09:12", "yesterday 23:50", "12 Nov 09:12" by the clock of the reader. */
export function onTheClock(at: string, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const clock = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((midnight(today) - midnight(then)) / DAY);
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  return `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(then.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' }) })} ${clock}`;
}

type Words = (at: string, now: number) => string;

function Moment({ at, words }: { at: string; words: Words }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'long' })} className="nowrap">
      {words(at, now)}
    </time>
  );
}

/** A moment, told relatively unless other words are wanted, and kept up to date. */
export function Time({ at, words = relative }: { at: string; words?: Words }) {
  return <Moment key={at} at={at} words={words} />;
}
