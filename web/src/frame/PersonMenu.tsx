// The person at the page: theme, password, tokens, sign out.
import { useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { chooseTheme, chosenTheme, type Theme } from '../components/theme';
import { sessionQuery, signOut, useSession } from '../features/session/data';
import { PasswordDialog } from '../features/session/PasswordDialog';
import { texts } from '../features/session/texts';

const THEMES: Theme[] = ['system', 'light', 'dark'];

function ThemeItems() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <fieldset className="line item-row">
      <legend className="hidden">{texts.themeLabel}</legend>
      <span className="segments">
        {THEMES.map((each) => (
          <label key={each} className="small">
            <input
              type="radio"
              name="theme"
              checked={theme === each}
              onChange={() => {
                chooseTheme(each);
                setTheme(each);
              }}
            />
            {texts.theme[each]}
          </label>
        ))}
      </span>
    </fieldset>
  );
}

/** A button with the person's initials, and what is behind it. */
export function PersonMenu() {
  const session = useSession();
  const client = useQueryClient();
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);
  if (!session) return null;
  const leave = async () => {
    await signOut().catch(() => undefined);
    client.clear();
    client.setQueryData(sessionQuery.queryKey, null);
    await router.navigate({ to: '/sign-in' });
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- only Esc is heard here
    <div
      className="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button type="button" className="face" ref={button} aria-expanded={open} aria-label={`You: ${session.user.name}`} data-initials={session.user.name.slice(0, 2).toUpperCase()} onClick={() => setOpen(!open)} />
      {open && (
        <div>
          <div className="who">
            <div className="strong">{session.user.name}</div>
            <div className="small muted">{session.user.email}</div>
          </div>
          <ThemeItems />
          <button type="button" className="item" onClick={() => { setPassword(true); setOpen(false); }}>
            {texts.changePassword}
          </button>
          <Link to="/configuration/users" className="item" onClick={() => setOpen(false)}>
            {texts.tokens}
          </Link>
          <button type="button" className="item" onClick={() => void leave()}>
            {texts.signOut}
          </button>
        </div>
      )}
      {password && <PasswordDialog onClose={() => setPassword(false)} />}
    </div>
  );
}
