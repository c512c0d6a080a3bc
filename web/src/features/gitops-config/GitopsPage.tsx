// Global configuration > GitOps.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { GitopsConfig, Provider } from '../../api/types';
import { Outside } from '../../components/Button';
import { Asked, Notice } from '../../components/States';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { AccountForm } from './AccountForm';
import { Accounts } from './Accounts';
import { gateQuery, gitopsConfigsQuery, providersQuery } from './data';
import { select, type GitopsSearch } from './form';
import './gitops.css';
import { ProviderCards } from './ProviderCards';
import { texts } from './texts';

function Body({ providers, configs, search }: { providers: Provider[]; configs: GitopsConfig[]; search: GitopsSearch }) {
  const [done, setDone] = useState<string | null>(null);
  const selection = select(providers, configs, search);
  if (!selection) return null;
  const { provider, config } = selection;
  return (
    <div className="stack">
      <ProviderCards providers={providers} configs={configs} selected={provider.kind} />
      <Accounts provider={provider} configs={configs} config={config} />
      <AccountForm key={config?.name ?? `new-${provider.kind}`} provider={provider} providers={providers} config={config} configs={configs} done={done} onDone={setDone} />
    </div>
  );
}

function ForAdministrators({ search }: { search: GitopsSearch }) {
  const providers = useQuery(providersQuery);
  const configs = useQuery(gitopsConfigsQuery);
  return (
    <Asked of={providers} what="the providers">
      {(kinds) => (
        <Asked of={configs} what="the accounts">
          {(page) => <Body providers={kinds.items} configs={page.items} search={search} />}
        </Asked>
      )}
    </Asked>
  );
}

function ForOthers() {
  const gate = useQuery(gateQuery);
  return (
    <Asked of={gate}>
      {(state) => (
        <Notice tone={state.open ? 'info' : 'warn'}>
          {state.active ? texts.openGate(state.active) : texts.closedGate} {texts.forbidden}{' '}
          {!state.open && state.administrators.length > 0 && texts.gate.ask(state.administrators)}
        </Notice>
      )}
    </Asked>
  );
}

/** The page of Git accounts. */
export function GitopsPage({ search }: { search: GitopsSearch }) {
  const administrator = useMay('administrator');
  const docs = useQuery(providersQuery).data?.items.find((provider) => provider.docs_url)?.docs_url;
  return (
    <>
      <PageHead title={texts.title} actions={docs && <Outside href={docs}>{texts.learnMore}</Outside>}>
        {texts.lead}
      </PageHead>
      {administrator ? <ForAdministrators search={search} /> : <ForOthers />}
    </>
  );
}
