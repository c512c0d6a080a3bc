// Buttons, and links that look like them.
import { createLink, type LinkComponent } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon } from './Icon';

type Look = 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look | undefined;
  small?: boolean;
  /** Shows that its work is going on; it stays focusable and does nothing meanwhile. */
  busy?: boolean;
}

/** A button; never closed without a reason shown beside it, only while its own work is going on. */
export function Button({ look, small, busy, children, type = 'button', onClick, ...rest }: ButtonProps) {
  const names = ['button', look, small && 'small'].filter(Boolean).join(' ');
  return (
    <button
      {...rest}
      // eslint-disable-next-line react/button-has-type -- the type is given with a default
      type={type}
      className={names}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy && <Icon name="turn" spin />}
      {children}
    </button>
  );
}

function BaseLinkButton({ look, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { look?: Look }) {
  // eslint-disable-next-line jsx-a11y/anchor-has-content -- the children are among the rest
  return <a {...rest} className={look ? `button ${look}` : 'button'} />;
}

/** A link within the page that looks like a button. */
export const LinkButton: LinkComponent<typeof BaseLinkButton> = createLink(BaseLinkButton);

/** A link to another site, in a tab of its own. */
export function Outside({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
      <Icon name="out" tiny />
      <span className="hidden"> (opens in a new tab)</span>
    </a>
  );
}
