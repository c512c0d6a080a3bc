// The banner under the bar while no Git account is connected.
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { LinkButton } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useMay, useSession } from '../session/data';
import { gateQuery } from './data';
import { texts } from './texts';

/** One sentence and one button; for whom may not connect an account, the names of those who may. */
export function GateBanner() {
  const session = useSession();
  const administrator = useMay('administrator');
  const here = useLocation({ select: (location) => location.pathname === '/configuration/gitops' });
  const gate = useQuery({ ...gateQuery, enabled: session !== null });
  if (here || !gate.data || gate.data.open) return null;
  return (
    <aside className="banner" aria-label="Git account">
      <Icon name="warn" />
      <span>{administrator ? texts.gate.sentence : texts.gate.ask(gate.data.administrators)}</span>
      {administrator && (
        <span className="right">
          <LinkButton to="/configuration/gitops" look="primary">
            {texts.gate.action}
          </LinkButton>
        </span>
      )}
    </aside>
  );
}
