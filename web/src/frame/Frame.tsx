// The frame around every page: rail, bar, banner, search, shortcuts.
import { Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { Fragment, useEffect, useRef, useState } from 'react';
import { Announcer } from '../components/Announcer';
import { Dialog } from '../components/Dialog';
import { Icon } from '../components/Icon';
import { ExportBanner } from '../features/age-identity/ExportBanner';
import { GateBanner } from '../features/gitops-config/GateBanner';
import { Crumbs } from './Crumbs';
import { Palette } from './Palette';
import { PersonMenu } from './PersonMenu';
import { ConfigurationTabs, Rail } from './Rail';
import { useShortcuts } from './shortcuts';
import { texts } from './texts';

function Keys({ keys }: { keys: string[] }) {
  return keys.map((key) => (
    <kbd className="kbd" key={key}>
      {key}
    </kbd>
  ));
}

function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={texts.shortcuts} onClose={onClose}>
      <div className="body">
        <dl className="shortcuts">
          {texts.shortcutList.map((shortcut) => (
            <Fragment key={shortcut.what}>
              <dt>
                <Keys keys={shortcut.keys} />
                {shortcut.also && (
                  <>
                    or <Keys keys={shortcut.also} />
                  </>
                )}
              </dt>
              <dd>{shortcut.what}</dd>
            </Fragment>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

/** After a change of page the reading goes on at its content, unless it only changed its search. */
function useFocusOnNavigation() {
  const path = useLocation({ select: (location) => location.pathname });
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return main;
}

/** The frame of all pages but the sign-in page. */
export function Frame() {
  const router = useRouter();
  const main = useFocusOnNavigation();
  const path = useLocation({ select: (location) => location.pathname });
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null);
  const go = (to: string) => () => void router.navigate({ to });
  useShortcuts({
    '/': () => setOpen('palette'),
    'mod+k': () => setOpen('palette'),
    '?': () => setOpen('shortcuts'),
    'g a': go('/applications'),
    'g c': go('/charts'),
    'g e': go('/environments'),
    'g o': go('/configuration/gitops'),
  });
  return (
    <>
      <a className="skip" href="#main">
        {texts.skip}
      </a>
      <div className="frame">
        <Rail />
        <div>
          <header className="bar">
            <Crumbs />
            <button type="button" className="search" onClick={() => setOpen('palette')} aria-label={texts.search} aria-keyshortcuts="/ Control+K">
              <Icon name="find" />
              <span>{texts.search}</span>
              <span className="kbd">/</span>
            </button>
            <PersonMenu />
          </header>
          <GateBanner />
          <ExportBanner />
          <main className="page" id="main" tabIndex={-1} ref={main}>
            {path.startsWith('/configuration') && <ConfigurationTabs />}
            <Outlet />
          </main>
        </div>
      </div>
      <Announcer />
      {open === 'palette' && <Palette onClose={() => setOpen(null)} />}
      {open === 'shortcuts' && <Shortcuts onClose={() => setOpen(null)} />}
    </>
  );
}
