// A filter of a list: one of several, or all.
import type { Option } from './Field';

interface Props {
  label: string;
  value: string | undefined;
  onValue: (value: string | undefined) => void;
  /** The words for no filter. */
  all: string;
  options: Option[];
}

/** The filter. */
export function FilterSelect({ label, value, onValue, all, options }: Props) {
  return (
    <select className="input" aria-label={label} value={value ?? ''} onChange={(event) => onValue(event.target.value || undefined)}>
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
