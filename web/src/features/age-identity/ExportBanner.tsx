// The quiet banner for administrators until the age identity was exported.
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { LinkButton } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { gateQuery } from '../gitops-config/data';
import { useMay } from '../session/data';
import { ageIdentityQuery } from './data';
import { texts } from './texts';

/** One sentence and one button; it waits until a Git account is connected, so that there is one banner at a time. */
export function ExportBanner() {
  const administrator = useMay('administrator');
  const here = useLocation({ select: (location) => location.pathname === '/configuration/keys' });
  const gate = useQuery({ ...gateQuery, enabled: administrator });
  const identity = useQuery({ ...ageIdentityQuery, enabled: administrator && gate.data?.open === true, retry: false });
  if (!administrator || here || !gate.data?.open || !identity.data || identity.data.exported_at) return null;
  return (
    <aside className="banner quiet" aria-label={texts.banner.label}>
      <Icon name="info" />
      <span>{texts.banner.sentence}</span>
      <span className="right">
        <LinkButton to="/configuration/keys">{texts.banner.action}</LinkButton>
      </span>
    </aside>
  );
}
