// Links of navigations, which say themselves whether they lead to what is shown.
import { createLink, type LinkComponent } from '@tanstack/react-router';
import type { AnchorHTMLAttributes } from 'react';

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** Set when this is where one is: `page`, or `true` for one of several things on a page. */
  here?: 'page' | 'true' | undefined;
}

function Base({ here, ...rest }: Props) {
  // The router would mark every link whose address the present one starts with.
  // eslint-disable-next-line jsx-a11y/anchor-has-content -- the children are among the rest
  return <a {...rest} aria-current={here} />;
}

/** A link that is current only when `here` says so. */
export const NavLink: LinkComponent<typeof Base> = createLink(Base);
