// A search that follows what is typed after a short pause.
import { useEffect, useState } from 'react';

interface Props {
  label: string;
  value: string | undefined;
  onValue: (value: string | undefined) => void;
}

const PAUSE = 250;

/** The field; `onValue` hears of a text once nothing was typed for a quarter of a second. */
export function SearchField({ label, value, onValue }: Props) {
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => {
    if (typed === (value ?? '')) return undefined;
    const timer = setTimeout(() => onValue(typed || undefined), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onValue]);
  return <input className="input grow" type="search" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}
