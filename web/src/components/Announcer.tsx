// The live region: what a screen reader hears when something happens without a change of focus.
import { useSyncExternalStore } from 'react';

let text = '';
const watchers = new Set<() => void>();

/** Says a sentence to people who do not see the page. */
export function announce(sentence: string) {
  // The same sentence twice in a row is heard twice only when its text differs.
  text = sentence === text ? `${sentence}\u00A0` : sentence;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Holds the live region; once on the page. */
export function Announcer() {
  const sentence = useSyncExternalStore(watch, () => text);
  return (
    <div className="hidden" role="status" aria-live="polite">
      {sentence}
    </div>
  );
}
