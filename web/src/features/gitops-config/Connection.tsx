// How the host is reached: private authorities, a certificate of one's own, a proxy.
import { TextArea, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import type { FieldsProps } from './AccountFields';
import { addressChanged, keyNeeded } from './form';
import { texts } from './texts';

/** Certificates and proxy of an account. Keys and passwords are written, never read back. */
export function Connection({ config, draft, edit, error }: Pick<FieldsProps, 'config' | 'draft' | 'edit' | 'error'>) {
  const keyStored = draft.clientCertificate.trim() !== '' && !keyNeeded(draft, config);
  const proxyStored = Boolean(config?.proxy) && draft.proxy.trim() !== '' && config !== null && !addressChanged(draft, config);
  return (
    <>
      <TextArea label={texts.ca} name="ca_pem" mono value={draft.ca} onText={(ca) => edit({ ca })} hint={texts.caHint} error={errorOf(error, 'ca_pem')} placeholder="-----BEGIN CERTIFICATE-----" />
      <div className="two">
        <TextArea
          label={texts.clientCertificate}
          name="client_certificate_pem"
          mono
          value={draft.clientCertificate}
          onText={(clientCertificate) => edit({ clientCertificate })}
          hint={texts.clientCertificateHint}
          error={errorOf(error, 'client_certificate_pem')}
          placeholder="-----BEGIN CERTIFICATE-----"
        />
        <TextArea
          label={texts.clientKey}
          name="client_key_pem"
          mono
          required={keyNeeded(draft, config)}
          value={draft.clientKey}
          autoComplete="off"
          onText={(clientKey) => edit({ clientKey })}
          hint={keyStored ? texts.storedHint : texts.clientKeyHint}
          error={errorOf(error, 'client_key_pem')}
          placeholder={keyStored ? `•••••••••• ${texts.stored}` : '-----BEGIN PRIVATE KEY-----'}
        />
      </div>
      <div className="two">
        <TextField label={texts.proxy} name="proxy" value={draft.proxy} onText={(proxy) => edit({ proxy })} hint={texts.proxyHint} error={errorOf(error, 'proxy')} placeholder="http://user@proxy.acme.dev:3128" inputMode="url" />
        <TextField
          label={texts.proxyPassword}
          name="proxy_password"
          type="password"
          value={draft.proxyPassword}
          autoComplete="new-password"
          onText={(proxyPassword) => edit({ proxyPassword })}
          hint={texts.proxyPasswordHint}
          error={errorOf(error, 'proxy_password')}
          placeholder={proxyStored ? `•••••••••• ${texts.stored}` : ''}
        />
      </div>
    </>
  );
}
