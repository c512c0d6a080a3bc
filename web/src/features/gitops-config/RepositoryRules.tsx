// The rules for repositories, and what is rarely changed.
import { RadioField, SelectField, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import type { FieldsProps } from './AccountFields';
import { Connection } from './Connection';
import { asks, repositoryExample, type AccountDraft } from './form';
import { texts } from './texts';

type Props = Pick<FieldsProps, 'provider' | 'config' | 'draft' | 'edit' | 'error'>;

function Naming({ provider, draft, edit, error }: Omit<Props, 'config'>) {
  return (
    <>
      <div className="two">
        <TextField label={texts.prefix} name="prefix" value={draft.prefix} onText={(prefix) => edit({ prefix })} hint={texts.prefixHint(repositoryExample(provider, draft, 'shop'))} error={errorOf(error, 'prefix')} />
        <TextField label={texts.branch} name="default_branch" value={draft.branch} onText={(branch) => edit({ branch })} hint={texts.branchHint} error={errorOf(error, 'default_branch')} />
      </div>
      <div className="two">
        <SelectField
          label={texts.visibility}
          name="visibility"
          value={draft.visibility}
          options={Object.entries(texts.visibilities).map(([value, label]) => ({ value, label }))}
          onText={(visibility) => edit({ visibility: visibility as AccountDraft['visibility'] })}
        />
        <SelectField
          label={texts.deletion}
          name="deletion"
          value={draft.deletion}
          options={Object.entries(texts.deletions).filter(([value]) => value !== 'archive' || provider.archives).map(([value, label]) => ({ value, label }))}
          onText={(deletion) => edit({ deletion: deletion as AccountDraft['deletion'] })}
        />
      </div>
    </>
  );
}

function Source({ provider, draft, edit }: Pick<Props, 'provider' | 'draft' | 'edit'>) {
  if (!provider.creates) return <p className="muted">{texts.askOnly}</p>;
  const example = <span className="mono block">{repositoryExample(provider, draft, '<application>')}</span>;
  return (
    <RadioField
      legend={texts.repositories}
      name="source"
      value={draft.source}
      onValue={(source) => edit({ source })}
      options={[
        { value: 'per-application', label: texts.perApplication, hint: example },
        { value: 'ask', label: texts.ask },
      ]}
    />
  );
}

/** Where repositories come from, and under *TLS, proxy, commits, naming, deletion* the rest. */
export function RepositoryRules({ provider, config, draft, edit, error }: Props) {
  return (
    <>
      <Source {...{ provider, draft, edit }} />
      {asks(provider, draft) && (
        <TextField
          label={texts.checkRepository}
          name="check_repository"
          value={draft.checkRepository}
          onText={(checkRepository) => edit({ checkRepository })}
          hint={texts.checkRepositoryHint}
          error={errorOf(error, 'check_repository')}
          inputMode="url"
        />
      )}
      <details>
        <summary>{provider.host.label ? texts.details : texts.detailsBuiltIn}</summary>
        <div className="stack">
          {provider.host.label && <Connection {...{ config, draft, edit, error }} />}
          <Naming {...{ provider, draft, edit, error }} />
          <div className="two">
            <TextField label={texts.committerName} name="committer_name" value={draft.committerName} onText={(committerName) => edit({ committerName })} hint={texts.committerHint} error={errorOf(error, 'committer_name')} />
            <TextField label={texts.committerEmail} name="committer_email" value={draft.committerEmail} onText={(committerEmail) => edit({ committerEmail })} error={errorOf(error, 'committer_email')} />
          </div>
        </div>
      </details>
    </>
  );
}
