// A form: Enter submits, errors stand at their fields and in a summary on top, which takes the focus.
import { useEffect, useRef, type ReactNode } from 'react';
import { Problem } from '../api/http';
import { Notice, ProblemWords } from './States';

/** The server's sentence about one field, if it had one. */
export function errorOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.errors.find((each) => each.field === field || each.field.endsWith(`.${field}`))?.message;
}

/** What was probably meant in a field, if the server could tell. */
export function suggestionOf(error: unknown, field: string): string | null {
  return error instanceof Problem ? (error.errors.find((each) => each.field === field)?.suggestion ?? null) : null;
}

interface Props {
  onSubmit: () => void;
  error?: unknown;
  /** Shown in place of the usual words about `error`. */
  summary?: ReactNode;
  className?: string;
  children: ReactNode;
  'aria-label'?: string;
}

/** Puts the cursor where the first wrong entry is. */
function showFirst(form: HTMLFormElement | null) {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

/** A form. `children` are its body and foot. */
export function Form({ onSubmit, error, summary, className, children, ...rest }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) showFirst(form.current);
  }, [error]);
  return (
    <form
      {...rest}
      ref={form}
      className={className}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {Boolean(error) && (summary ?? <Summary error={error} />)}
      {children}
    </form>
  );
}

/** What is wrong; what the sentence itself does not say yet stands below it. */
export function Summary({ error }: { error: unknown }) {
  const errors = error instanceof Problem ? error.errors.filter((each) => !error.message.includes(each.message)) : [];
  return (
    <Notice tone="bad">
      <ProblemWords error={error} />
      {errors.length > 0 && (
        <ul>
          {errors.map((each) => (
            <li key={each.field + each.code + each.message}>{each.message}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}
