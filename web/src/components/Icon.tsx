// The icons of the page, 16 by 16, drawn with lines. They never carry meaning alone: a word stands beside.
const PATHS = {
  ok: 'M3.5 8.5l3 3 6-7',
  no: 'M4.5 4.5l7 7m0-7l-7 7',
  dash: 'M4 8h8',
  warn: 'M8 2.2L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1',
  out: 'M6 3.5h6.5V10M12 4L4 12',
  turn: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3',
  wait: 'M8 4.5V8l2.2 1.6M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z',
  apps: 'M2.5 2.5h4v4h-4zm7 0h4v4h-4zm-7 7h4v4h-4zm7 0h4v4h-4z',
  chart: 'M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8zM2.7 5L8 8l5.3-3M8 8v6',
  env: 'M2 5l6-3 6 3-6 3zM2 8l6 3 6-3M2 11l6 3 6-3',
  cluster: 'M8 1.5l5.6 3.2v6.6L8 14.5l-5.6-3.2V4.7zM8 5.5v5M5.5 8h5',
  gear: 'M2.5 4.5h7m3 0h1M2.5 11.5h1m3 0h7M12.5 4.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM6.5 11.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z',
  find: 'M11.3 7a4.3 4.3 0 1 1-8.6 0 4.3 4.3 0 0 1 8.6 0zM10.3 10.3l3.2 3.2',
  git: 'M6.2 4a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0zM6.2 12a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0zM13.2 6.5a1.7 1.7 0 1 1-3.4 0 1.7 1.7 0 0 1 3.4 0zM4.5 5.7v4.6M11.5 8.2c0 2-3 2-5.3 3',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  info: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.4M8 5.2v.1',
  up: 'M4.5 9.5L8 6l3.5 3.5',
  down: 'M4.5 6.5L8 10l3.5-3.5',
  plus: 'M8 3.5v9M3.5 8h9',
} as const;

export type IconName = keyof typeof PATHS;

/** A decorative icon. */
export function Icon({ name, tiny, spin }: { name: IconName; tiny?: boolean; spin?: boolean }) {
  return (
    <svg className={`icon${tiny ? ' tiny' : ''}${spin ? ' spin' : ''}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of Trueline: a plumb line. */
export function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M10 1v12" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" />
      <path d="M10 13l3 3-3 3.2L7 16z" fill="var(--accent)" />
      <path d="M3 4h14" stroke="var(--text)" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
