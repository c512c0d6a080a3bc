// Links of navigations, which say themselves whether they lead to what is shown.
import { createLink, type LinkComponent } from '@tanstack/react-router';
import { useEffect, useRef, type AnchorHTMLAttributes, type Ref } from 'react';

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** Set when this is where one is: `page`, or `true` for one of several things on a page. */
  here?: 'page' | 'true' | undefined;
  ref?: Ref<HTMLAnchorElement>;
}

/** Rows that scroll sideways where the window is narrow. */
const ROWS = '.tabs, .segments, .rail';

/** So many pixels beside it are in sight as well: the shadow of what goes on does not lie over it. */
const ROOM = 24;

/** Scrolls a row so far that a link of it is in sight; the page itself stays where it is. */
function bringIntoRow(link: HTMLElement | null) {
  const row = link?.closest(ROWS);
  if (!link || !row) return;
  const [inner, outer] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
  const [left, right] = [inner.left - ROOM - outer.left, inner.right + ROOM - outer.right];
  if (left < 0) row.scrollLeft += left;
  else if (right > 0) row.scrollLeft += right;
}

function Base({ here, ref, ...rest }: Props) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (here) bringIntoRow(link.current);
  }, [here]);
  // The router would mark every link whose address the present one starts with.
  return (
    // eslint-disable-next-line jsx-a11y/anchor-has-content -- the children are among the rest
    <a
      {...rest}
      ref={(element) => {
        link.current = element;
        if (typeof ref === 'function') ref(element);
        else if (ref) ref.current = element;
      }}
      aria-current={here}
    />
  );
}

/** A link that is current only when `here` says so. */
export const NavLink: LinkComponent<typeof Base> = createLink(Base);
