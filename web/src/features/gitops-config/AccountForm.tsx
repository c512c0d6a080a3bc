// One account: its form, and beside it the report of its check.
import { Fragment } from 'react';
import type { GitopsConfig } from '../../api/types';
import { Button } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { Faster } from '../../components/Faster';
import { Checkbox, TextField } from '../../components/Field';
import { errorOf, Form, Summary } from '../../components/Form';
import { Notice } from '../../components/States';
import { Tag } from '../../components/Tag';
import { inDays, onTheClock, Time } from '../../components/Time';
import { AccountFields } from './AccountFields';
import { CheckReport } from './CheckReport';
import { scopeOf } from './form';
import { RepositoryRules } from './RepositoryRules';
import { texts } from './texts';
import { useAccount, type Account, type AccountProps } from './useAccount';

function Head({ provider, config }: Pick<AccountProps, 'provider' | 'config'>) {
  return (
    <header>
      <h2>{config?.name ?? texts.newAccount(provider.label)}</h2>
      {config?.active && (
        <Tag tone="good" icon="ok">
          {texts.active}
        </Tag>
      )}
      {config && <span className="muted small">{texts.applications(config.applications)}</span>}
    </header>
  );
}

function Conflict({ account }: { account: Account }) {
  const { theirs } = account;
  if (!theirs) return null;
  return <Faster words={texts.conflict(theirs.saved_by)} at={theirs.saved_at} load={texts.loadTheirs} save={texts.saveMine} onLoad={account.loadTheirs} onSave={account.saveMine} />;
}

function SwitchQuestion({ account, place }: { account: Account; place: string }) {
  const { asking } = account;
  if (!asking) return null;
  return (
    <Ask title={texts.switchTitle(account.name)} action={texts.switchYes} onYes={asking.yes} onClose={asking.no}>
      <p>{texts.switchChanges(account.name, place)}</p>
      <p className="muted">{texts.switchStays(asking.from.name, asking.from.applications)}</p>
    </Ask>
  );
}

/** What is known of the stored credential: whether it works, when it ends, what it may still call. */
function Credential({ config }: { config: GitopsConfig }) {
  const { expires_at: ends, rate, credential_state: state } = config;
  const format = new Intl.NumberFormat('en');
  const waiting = rate?.waiting_until && Date.parse(rate.waiting_until) > Date.now() ? rate.waiting_until : null;
  const parts = {
    failing: state === 'failing' && <b className="bad">{texts.failing}</b>,
    ends: ends && (
      <span className={state === 'ending' ? 'warn' : undefined}>
        {Date.parse(ends) < Date.now() ? texts.ended : texts.ends} <Time at={ends} words={inDays} />
      </span>
    ),
    rate: rate?.limit != null && (rate.left == null ? texts.callsLimit(format.format(rate.limit)) : texts.callsLeft(format.format(rate.left), format.format(rate.limit))),
    waiting: waiting && (
      <b className="warn">
        {texts.waiting} <Time at={waiting} words={onTheClock} />
      </b>
    ),
  };
  const told = Object.entries(parts).filter(([, part]) => part);
  return told.map(([name, part], at) => (
    <Fragment key={name}>
      {(at > 0 || config.check) && ' · '}
      {part}
    </Fragment>
  ));
}

/** How the account stands: who saved it, when it was checked last, and its credential. */
function Standing({ config }: { config: GitopsConfig }) {
  const { check } = config;
  return (
    <>
      {texts.savedBy} {config.saved_by} <Time at={config.saved_at} />
      <span className="block">
        {check && (
          <>
            {texts.last} <Time at={check.finished_at ?? check.created_at} words={onTheClock} />
            {check.failed && <b className="bad"> {texts.lastFailed}</b>}
          </>
        )}
        <Credential config={config} />
      </span>
    </>
  );
}

function Foot({ account, config }: { account: Account; config: GitopsConfig | null }) {
  return (
    <footer>
      <Button type="submit" look="primary" busy={account.busy === 'save'}>
        {texts.save}
      </Button>
      <Button busy={account.busy === 'check'} onClick={account.check}>
        {texts.check}
      </Button>
      {account.draft.changed && (
        <Button look="quiet" onClick={account.discard}>
          {texts.discard}
        </Button>
      )}
      {config && !config.active && !account.draft.changed && (
        <Button look="danger" onClick={account.remove}>
          {texts.remove}
        </Button>
      )}
      <span className="right small muted">
        {account.draft.changed ? (
          texts.unsaved
        ) : config ? (
          <Standing config={config} />
        ) : null}
      </span>
    </footer>
  );
}

/** The form of an account, and the report of its check. */
export function AccountForm(props: AccountProps) {
  const { provider, providers, config } = props;
  const account = useAccount(props);
  const { draft, edit, error } = account;
  return (
    <div className="columns">
      <Form className="card account" onSubmit={account.save} error={error} summary={<span />} aria-label={config?.name ?? texts.newAccount(provider.label)}>
        <Head provider={provider} config={config} />
        <div className="body stack">
          {account.summary && <Summary error={account.summary} />}
          <Conflict account={account} />
          {account.done && <Notice tone="good">{account.done}</Notice>}
          <AccountFields {...{ provider, providers, config, edit, error }} draft={draft.value} check={account.report ?? config?.check ?? null} />
          <RepositoryRules {...{ provider, config, edit, error }} draft={draft.value} />
          {!config && (
            <TextField label={texts.name} name="name" required value={account.name} onText={(name) => edit({ name, named: true })} hint={texts.nameHint} error={errorOf(error, 'name')} />
          )}
          {config?.active ? (
            <p className="muted">{texts.isActive}</p>
          ) : (
            <Checkbox name="activate" checked={draft.value.activate} onChecked={(activate) => edit({ activate })}>
              {texts.activate}
            </Checkbox>
          )}
        </div>
        <Foot account={account} config={config} />
      </Form>
      <CheckReport check={account.report} running={account.busy !== null} unsaved={account.unsaved} />
      <SwitchQuestion account={account} place={[provider.label, scopeOf(provider, draft.value)].filter(Boolean).join(', ')} />
      {account.removing && (
        <Ask title={texts.removeAsk(account.name)} action={texts.remove} danger busy={account.removing.busy} onYes={account.removing.yes} onClose={account.removing.no}>
          <p>{texts.removeWords}</p>
        </Ask>
      )}
    </div>
  );
}
