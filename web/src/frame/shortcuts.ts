// Shortcuts of the whole page. They keep quiet while someone types.
import { useEffect, useRef } from 'react';

/** Whether a key press belongs to what is being typed in, or to an open dialog. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || target.closest('[contenteditable="true"]') !== null;
}

/** Runs `actions` by `/`, `?`, `d` or two keys in a row such as `g a`; `mod+k` works everywhere. */
export function useShortcuts(actions: Record<string, () => void>) {
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });
  useEffect(() => {
    let before = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent) => {
      const run = (name: string) => {
        const action = current.current[name];
        if (!action) return false;
        event.preventDefault();
        action();
        return true;
      };
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && run('mod+k')) return;
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector('dialog[open]')) return;
      const done = (before && run(`${before} ${event.key}`)) || run(event.key);
      before = done ? '' : event.key;
      clearTimeout(timer);
      timer = setTimeout(() => (before = ''), 1200);
    };
    document.addEventListener('keydown', press);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', press);
    };
  }, []);
}
