// Adding or changing a chart repository. Saving checks it; a refusal says what is wrong, and nothing is lost.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useDialogDraft } from '../../api/drafts';
import { useConnected, useEvents } from '../../api/events';
import type { ChartRepository, ChartRepositoryCheck } from '../../api/types';
import { Button } from '../../components/Button';
import { TextArea, TextField } from '../../components/Field';
import { errorOf, suggestionOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { Stages } from '../../components/Stages';
import { stagesOf } from '../gitops-config/CheckReport';
import { chartRepositoriesQuery, CHECK, newestCheckQuery, saveChartRepository, topicOf } from './data';
import { texts } from './texts';

interface Entries {
  name: string;
  url: string;
  username: string;
  secret: string;
  charts: string;
  ca: string;
  clientCertificate: string;
  clientKey: string;
  proxy: string;
  proxyPassword: string;
}

const entriesOf = (repository: ChartRepository | null): Entries => ({
  name: repository?.name ?? '',
  url: repository?.url ?? '',
  username: repository?.username ?? '',
  secret: '',
  charts: repository?.names.join('\n') ?? '',
  ca: repository?.ca_pem ?? '',
  clientCertificate: repository?.client_certificate_pem ?? '',
  clientKey: '',
  proxyPassword: '',
  proxy: repository?.proxy ?? '',
});

const bare = (address: string) => address.trim().replace(/\/+$/, '');

/** Whether the stored secret would go to another address than it was entered for. */
export function secretNeeded(value: Pick<Entries, 'url' | 'username' | 'ca' | 'proxy'>, repository: ChartRepository | null): boolean {
  if (!repository?.has_secret) return false;
  return bare(value.url) !== bare(repository.url) || value.username.trim() !== repository.username || value.ca.trim() !== (repository.ca_pem ?? '').trim() || value.proxy.trim() !== (repository.proxy ?? '');
}

/** What is sent; an empty secret keeps the one that is stored. */
export function inputOf(value: Entries) {
  return {
    url: value.url.trim(),
    username: value.username.trim(),
    ...(value.secret ? { secret: value.secret } : {}),
    ca_pem: value.ca.trim() || null,
    client_certificate_pem: value.clientCertificate.trim() || null,
    ...(value.clientKey ? { client_key_pem: value.clientKey } : {}),
    ...(value.proxyPassword ? { proxy_password: value.proxyPassword } : {}),
    proxy: value.proxy.trim() || null,
    charts: value.url.trim().startsWith('oci:') ? value.charts.split(/\s+/).filter(Boolean) : [],
  };
}

/** The stages of the check that saves, while it goes on. */
function Going({ name }: { name: string }) {
  const client = useQueryClient();
  const { data: check, refetch } = useQuery(newestCheckQuery(name));
  const connected = useConnected();
  // What happened before the events are heard is asked for once.
  useEffect(() => {
    if (connected) void refetch();
  }, [connected, refetch]);
  const hear = useCallback((kind: string, data: unknown) => kind === CHECK && client.setQueryData(newestCheckQuery(name).queryKey, data as ChartRepositoryCheck), [client, name]);
  useEvents(name ? topicOf(name) : null, hear);
  return check && !check.finished_at ? (
    <section className="card">
      <Stages label={texts.going} stages={stagesOf(check)} live />
    </section>
  ) : (
    <p className="small muted">{texts.check}</p>
  );
}

/** The dialog. */
export function RepositoryDialog({ repository, onClose }: { repository: ChartRepository | null; onClose: () => void }) {
  const [initial] = useState(() => entriesOf(repository));
  const draft = useDialogDraft(`chart-repository.${repository?.name ?? 'new'}`, initial, ['secret', 'clientKey', 'proxyPassword']);
  const { value, set } = draft;
  const saving = useSaving({
    queryKey: chartRepositoriesQuery.queryKey,
    save: () => saveChartRepository(repository?.name ?? value.name.trim(), inputOf(value), repository?.version ?? null),
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  const { error } = saving;
  const client = useQueryClient();
  const close = () => {
    // A check that was given up in the middle may have saved: the list has to tell.
    if (error) void client.invalidateQueries({ queryKey: chartRepositoriesQuery.queryKey });
    onClose();
  };
  const again = secretNeeded(value, repository);
  const suggested = suggestionOf(error, 'url');
  const meant = suggested === value.url ? null : suggested;
  return (
    <FormDialog title={repository?.name ?? texts.create} action={texts.save} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={close}>
      {!repository && <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />}
      <TextField label={texts.url} name="url" required mono value={value.url} onText={(url) => set({ url })} hint={texts.urlHint} error={errorOf(error, 'url')} inputMode="url" autoCapitalize="none" data-autofocus={repository ? true : undefined} />
      {meant && (
        <div>
          <Button small onClick={() => set({ url: meant })}>
            {texts.suggestion(meant)}
          </Button>
        </div>
      )}
      <div className="two">
        <TextField label={texts.username} name="username" value={value.username} onText={(username) => set({ username })} error={errorOf(error, 'username')} autoCapitalize="none" />
        <TextField
          label={texts.secret}
          name="secret"
          type="password"
          required={again}
          autoComplete="new-password"
          value={value.secret}
          placeholder={repository?.has_secret && !again ? texts.secretStored : ''}
          onText={(secret) => set({ secret })}
          hint={again ? texts.secretAgain : texts.secretHint}
          error={errorOf(error, 'secret')}
        />
      </div>
      {value.url.trim().startsWith('oci:') && <TextArea label={texts.charts} name="charts" mono rows={3} value={value.charts} onText={(charts) => set({ charts })} hint={texts.chartsHint} error={errorOf(error, 'charts')} />}
      <details open={Boolean(errorOf(error, 'ca_pem') ?? errorOf(error, 'proxy')) || undefined}>
        <summary>{texts.further}</summary>
        <div className="stack">
          <TextArea label={texts.ca} name="ca_pem" mono rows={3} value={value.ca} onText={(ca) => set({ ca })} hint={texts.caHint} error={errorOf(error, 'ca_pem')} />
          <TextArea label={texts.clientCertificate} name="client_certificate_pem" mono rows={3} value={value.clientCertificate} onText={(clientCertificate) => set({ clientCertificate })} error={errorOf(error, 'client_certificate_pem')} />
          {value.clientCertificate.trim() && <TextArea label={texts.clientKey} name="client_key_pem" mono rows={3} value={value.clientKey} onText={(clientKey) => set({ clientKey })} hint={texts.clientKeyHint} error={errorOf(error, 'client_key_pem')} autoComplete="off" />}
          <TextField label={texts.proxy} name="proxy" value={value.proxy} onText={(proxy) => set({ proxy })} hint={texts.proxyHint} error={errorOf(error, 'proxy')} inputMode="url" autoCapitalize="none" />
          {value.proxy.trim() && <TextField label={texts.proxyPassword} name="proxy_password" type="password" autoComplete="new-password" value={value.proxyPassword} onText={(proxyPassword) => set({ proxyPassword })} error={errorOf(error, 'proxy_password')} />}
        </div>
      </details>
      {saving.isPending ? <Going name={repository?.name ?? value.name.trim()} /> : <p className="small muted">{texts.check}</p>}
    </FormDialog>
  );
}
