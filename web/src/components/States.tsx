// What a list or page shows when there is nothing, not yet anything, or an error.
import { Link } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { Problem } from '../api/http';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';

/** Says what this is for, and offers the one next action. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** A skeleton that appears only after 200 ms, so that quick answers do not flicker. */
export function Loading({ what = 'the list' }: { what?: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className="skeleton" role="status">
      <span className="hidden">Loading {what}</span>
      <i /> <i /> <i />
    </div>
  );
}

const ICONS = { bad: 'no', warn: 'warn', good: 'ok', info: 'info' } as const satisfies Record<string, IconName>;

/** A sentence that stands out. Errors are read aloud at once. */
export function Notice({ tone, children }: { tone: keyof typeof ICONS; children: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} />
      <div>{children}</div>
    </div>
  );
}

/** The words of the server about an error, with the page that mends it where there is one. */
export function ProblemWords({ error }: { error: unknown }) {
  if (!(error instanceof Problem)) return <>Something went wrong in the page itself. Reload it and try again.</>;
  return (
    <>
      {error.message}
      {error.body.link?.startsWith('/') && (
        <>
          {' '}
          <Link to={error.body.link}>Open the page that mends it</Link>.
        </>
      )}
      {error.body.request_id && <div className="small muted">Request {error.body.request_id}</div>}
    </>
  );
}

/** An error in place of what was asked for, with a retry. */
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <Notice tone="bad">
      <ProblemWords error={error} />
      <div className="line">
        <Button small onClick={onRetry}>
          Try again
        </Button>
      </div>
    </Notice>
  );
}

export interface Request<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows one of the three states of a request, or its data. */
export function Asked<T>({ of, what, children }: { of: Request<T>; what?: string; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) return <Failed error={of.error} onRetry={() => void of.refetch()} />;
  return <Loading {...(what ? { what } : {})} />;
}
