// Text that is copied by a click: ids, commits, addresses.
import { useState } from 'react';
import { announce } from './Announcer';
import { Icon } from './Icon';

/** Shows `shown` (or the text itself) and copies `text`. */
export function CopyText({ text, shown, what }: { text: string; shown?: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      announce(`Copied ${what}.`);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      announce('The browser does not allow copying here.');
    }
  };
  return (
    <button type="button" className="copy mono" onClick={() => void copy()} title={`Copy ${what}: ${text}`}>
      {shown !== '' && <span>{shown ?? text}</span>}
      <Icon name={copied ? 'ok' : 'copy'} tiny />
      <span className="hidden">Copy {what}</span>
    </button>
  );
}
