// Fields of forms: label above, hint and error below, tied together for assistive technology.
import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react';
import { Icon } from './Icon';

interface Described {
  label: string;
  /** The field's name on the wire: errors of the server find it by this. */
  name: string;
  hint?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** Stands at the end of the label's line: a link, a switch. */
  aside?: ReactNode;
}

interface Ties {
  id: string;
  name: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
  'aria-required': true | undefined;
}

/** The frame of a field; `children` gets what ties the control to its label, hint and error. */
export function Field({ label, name, hint, error, required, aside, children }: Described & { children: (ties: Ties) => ReactNode }) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div className="field" data-field={name}>
      <div className="row">
        <label className="label" htmlFor={id}>
          {label}
          {required && (
            <span className="star" aria-hidden="true">
              {' '}
              *
            </span>
          )}
        </label>
        {aside && <span className="small">{aside}</span>}
      </div>
      {children({
        id,
        name,
        'aria-describedby': described || undefined,
        'aria-invalid': error ? true : undefined,
        'aria-required': required ? true : undefined,
      })}
      {error && (
        <span className="error" id={`${id}-error`}>
          <Icon name="warn" tiny />
          <span>{error}</span>
        </span>
      )}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type TextProps = Described & { mono?: boolean; onText: (text: string) => void } & Omit<InputHTMLAttributes<HTMLInputElement>, 'name' | 'required' | 'onChange'>;

/** A line of text. */
export function TextField({ label, name, hint, error, required, aside, mono, onText, ...rest }: TextProps) {
  return (
    <Field {...{ label, name, hint, error, aside }} required={required ?? false}>
      {(ties) => (
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          {...rest}
          {...ties}
          className={mono ? 'input mono' : 'input'}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}

type AreaProps = Described & { mono?: boolean; onText: (text: string) => void } & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'name' | 'required' | 'onChange'>;

/** Several lines of text. */
export function TextArea({ label, name, hint, error, required, aside, mono, onText, ...rest }: AreaProps) {
  return (
    <Field {...{ label, name, hint, error, aside }} required={required ?? false}>
      {(ties) => (
        <textarea spellCheck={false} rows={4} {...rest} {...ties} className={mono ? 'input mono' : 'input'} onChange={(event) => onText(event.target.value)} />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

type SelectProps = Described & { options: Option[]; onText: (text: string) => void } & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'name' | 'required' | 'onChange'>;

/** One of several, by the browser's own list. */
export function SelectField({ label, name, hint, error, required, aside, options, onText, ...rest }: SelectProps) {
  return (
    <Field {...{ label, name, hint, error, aside }} required={required ?? false}>
      {(ties) => (
        <select {...rest} {...ties} className="input" onChange={(event) => onText(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckboxProps {
  name: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  children: ReactNode;
}

/** A yes or no. */
export function Checkbox({ name, checked, onChecked, children }: CheckboxProps) {
  return (
    <label className="choice">
      <input type="checkbox" name={name} checked={checked} onChange={(event) => onChecked(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}

interface RadioProps<T extends string> {
  legend: string;
  name: string;
  value: T;
  options: { value: T; label: ReactNode; hint?: ReactNode }[];
  onValue: (value: T) => void;
  /** Side by side instead of one below the other: joined, or each on its own. */
  segments?: boolean;
  inline?: boolean;
  hint?: ReactNode;
}

/** One of a few, all seen at once. */
export function RadioField<T extends string>({ legend, name, value, options, onValue, segments, inline, hint }: RadioProps<T>) {
  const id = useId();
  return (
    <fieldset className="field" data-field={name} aria-describedby={hint ? `${id}-hint` : undefined}>
      <legend className="label">{legend}</legend>
      <div className={segments ? 'segments' : inline ? 'line' : 'stack tight'}>
        {options.map((option) => (
          <label key={option.value} className={segments ? undefined : 'choice'}>
            <input type="radio" name={id} value={option.value} checked={option.value === value} onChange={() => onValue(option.value)} />
            <span>
              {option.label}
              {option.hint && <span className="muted small"> {option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </fieldset>
  );
}
