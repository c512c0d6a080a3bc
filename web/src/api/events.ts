// Live updates: one event stream for the whole page, over the topics that are being looked at. A page that nobody
// sees has none: a browser has only a few connections to a server, for all its tabs together.
import { useEffect, useSyncExternalStore } from 'react';

type Listener = (kind: string, data: unknown) => void;

/** What events are called; `missed` says that some were lost and what is shown has to be read again. */
const KINDS = ['deployment', 'check', 'application', 'gate', 'chart-repository-check', 'cluster', 'resources', 'missed'];
const listeners = new Map<string, Set<Listener>>();
const watchers = new Set<() => void>();
let source: EventSource | null = null;
let opened = '';
let connected = false;
let scheduled = false;
/** Whether the page is hidden, and was for a while. */
let asleep = false;
let falling: ReturnType<typeof setTimeout> | undefined;
/** How long a page that is hidden keeps its stream, so that a look at another tab does not exchange it. */
const GRACE = 5000;

function setConnected(value: boolean) {
  if (connected === value) return;
  connected = value;
  for (const watcher of watchers) watcher();
}

function deliver(kind: string, text: string) {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return;
  }
  for (const set of listeners.values()) for (const listener of set) listener(kind, data);
}

function open() {
  scheduled = false;
  const topics = asleep ? [] : [...listeners.keys()].toSorted();
  const address = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join('&');
  if (address === opened) return;
  source?.close();
  setConnected(false);
  opened = address;
  source = null;
  if (!address || typeof EventSource === 'undefined') return;
  source = new EventSource(`/api/v1/events?${address}`);
  source.addEventListener('open', (event) => {
    // The server sends an event of this name too; only the browser's own tells of a connection.
    if (event instanceof MessageEvent) return;
    // What happened before the stream was there, or while it was exchanged for one of other topics, was not heard.
    deliver('missed', '{}');
    setConnected(true);
  });
  source.addEventListener('error', () => setConnected(false));
  for (const kind of KINDS) source.addEventListener(kind, (event) => deliver(kind, (event as MessageEvent<string>).data));
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(open, 20);
}

function sleep() {
  asleep = document.visibilityState === 'hidden';
  open();
}

// What was missed while nobody looked is read again, for a stream that opens says so.
document.addEventListener('visibilitychange', () => {
  clearTimeout(falling);
  if (document.visibilityState === 'hidden') falling = setTimeout(sleep, GRACE);
  else if (asleep) sleep();
});

// A tab that is opened in the background was never seen.
if (document.visibilityState === 'hidden') falling = setTimeout(sleep, GRACE);

/** Calls `listener` for every event from now on, until what it gives is called. */
export function listen(topic: string, listener: Listener): () => void {
  const set = listeners.get(topic) ?? new Set();
  set.add(listener);
  listeners.set(topic, set);
  schedule();
  return () => {
    set.delete(listener);
    if (set.size === 0) listeners.delete(topic);
    schedule();
  };
}

/** Calls `listener` for every event while the component is shown; `topic` null listens to nothing. */
export function useEvents(topic: string | null, listener: Listener) {
  useEffect(() => (topic ? listen(topic, listener) : undefined), [topic, listener]);
}

function watch(watcher: () => void) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Whether live updates arrive; while they do not, pages ask again from time to time. */
export function useConnected(): boolean {
  return useSyncExternalStore(watch, () => connected);
}
