// The tab *Configuration*: ConfigMaps and Secrets of the base and of an environment, and other secret values.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application, SecretValues, Values } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { NavLink } from '../../components/NavLink';
import { Asked, Empty, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { applicationQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { secretValuesQuery } from '../secret-values/data';
import { joined } from '../secret-values/entries';
import { useMay } from '../session/data';
import { saveValues, valuesQuery } from '../values/data';
import { ObjectDialog, type Place } from './ObjectDialog';
import { keysOf, objectsOf, pathOf, withObject, type ConfigObject, type Kind } from './objects';
import { OtherSecrets } from './OtherSecrets';
import { texts } from './texts';

function Choices({ environment }: { environment: string | undefined }) {
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  return (
    <div className="toolbar">
      <nav className="segments" aria-label={texts.scope}>
        <NavLink to="." search={{}} here={environment ? undefined : 'true'}>
          {texts.base}
        </NavLink>
        {environments.map((each) => (
          <NavLink key={each.name} to="." search={{ environment: each.name }} here={environment === each.name ? 'true' : undefined}>
            {each.name}
          </NavLink>
        ))}
      </nav>
    </div>
  );
}

function RemoveDialog({ kind, object, place, onClose }: { kind: Kind; object: ConfigObject; place: Place; onClose: () => void }) {
  const client = useQueryClient();
  const { name, environment, values, stored } = place;
  const remove = useMutation({
    mutationFn: async () => {
      const keys = kind === 'secrets' ? stored(object.name) : [];
      const gone = environment && keys.length > 0 ? { secret_values: [{ environment, remove: keys.map((key) => joined(pathOf(object.name, key))), number: place.secretsNumber }] } : {};
      await saveValues(name, environment, { yaml: withObject(values?.yaml ?? '', kind, object.name, null), message: '', ...gone }, values?.number ?? 0);
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['application', name, 'values'] }),
  });
  return (
    <Ask title={texts.removeAsk(object.name)} action={texts.remove} danger busy={remove.isPending} onYes={() => remove.mutate()} onClose={onClose}>
      {remove.error && (
        <Notice tone="bad">
          <ProblemWords error={remove.error} />
        </Notice>
      )}
      <p>{kind === 'secrets' ? texts.removeSecretWords : texts.removeWords}</p>
    </Ask>
  );
}

function columns(kind: Kind, stored: Place['stored'], onEdit: ((object: ConfigObject) => void) | null, onRemove: (object: ConfigObject) => void): Column<ConfigObject>[] {
  const keys = (row: ConfigObject) => (kind === 'secrets' ? stored(row.name) : row.data.map(([key]) => key));
  const all: Column<ConfigObject>[] = [
    { key: 'name', label: texts.columns.name, lead: true, cell: (row) => <b>{row.name}</b> },
    { key: 'as', label: texts.columns.as, cell: (row) => (row.as === 'files' ? texts.mounted(row.mountPath) : texts.ways.environment) },
    { key: 'entries', label: texts.columns.entries, cell: (row) => (keys(row).length > 0 ? <code className="break">{keys(row).join(', ')}</code> : <span className="faint">{texts.none}</span>) },
  ];
  if (!onEdit) return all;
  return [
    ...all,
    {
      key: 'actions',
      label: '',
      end: true,
      cell: (row) => (
        <span className="nowrap">
          <Button small look="quiet" onClick={() => onEdit(row)}>
            {texts.edit}
            <span className="hidden"> {row.name}</span>
          </Button>{' '}
          <Button small look="quiet" onClick={() => onRemove(row)}>
            {texts.remove}
            <span className="hidden"> {row.name}</span>
          </Button>
        </span>
      ),
    },
  ];
}

function Objects({ kind, place, manager }: { kind: Kind; place: Place; manager: boolean }) {
  const [editing, setEditing] = useState<ConfigObject | 'new' | null>(null);
  const [removing, setRemoving] = useState<ConfigObject | null>(null);
  const objects = objectsOf(place.values?.yaml ?? '', kind);
  const add = manager && (
    <Button small onClick={() => setEditing('new')}>
      {texts.add[kind]}
    </Button>
  );
  return (
    <section className="card" aria-label={texts[kind]}>
      <header>
        <h2>{texts[kind]}</h2>
        <span className="small muted">{kind === 'secrets' ? texts.secretsHint : texts.configMapsHint}</span>
        {objects && objects.length > 0 && <span className="right">{add}</span>}
      </header>
      {!objects && (
        <Notice tone="warn">
          {texts.valuesWrong}{' '}
          <LinkButton to="/applications/$name/template" params={{ name: place.name }} search={{ environment: place.environment }}>
            {texts.openValues}
          </LinkButton>
        </Notice>
      )}
      {objects?.length === 0 && (
        <Empty title={kind === 'secrets' ? texts.emptySecrets : texts.emptyConfigMaps} action={add}>
          {texts.emptyHint[kind]}
        </Empty>
      )}
      {objects && objects.length > 0 && <Table label={texts[kind]} columns={columns(kind, place.stored, manager ? setEditing : null, setRemoving)} rows={objects} id={(row) => row.name} />}
      {editing && <ObjectDialog {...place} kind={kind} object={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {removing && <RemoveDialog kind={kind} object={removing} place={place} onClose={() => setRemoving(null)} />}
    </section>
  );
}

function Body({ application, environment, values, secrets }: { application: Application; environment: string | undefined; values: Values | null; secrets: SecretValues | null }) {
  const manager = useMay('manager', application.project);
  const place: Place = { name: application.name, environment, values, secretsNumber: secrets?.number ?? 0, stored: (secret) => keysOf(secrets?.keys ?? [], secret) };
  const template = application.source.kind === 'template';
  return (
    <div className="stack wide">
      <p className="muted">{template ? texts.lead : texts.chartHint}</p>
      {template && (
        <>
          <Objects kind="configMaps" place={place} manager={manager} />
          <Objects kind="secrets" place={place} manager={manager} />
        </>
      )}
      {environment && <OtherSecrets key={environment} application={application} environment={environment} secrets={secrets} manager={manager} />}
    </div>
  );
}

/** The tab. */
export function ConfigurationPage({ name, environment }: { name: string; environment?: string | undefined }) {
  const application = useQuery(applicationQuery(name));
  const values = useQuery(valuesQuery(name, environment));
  const secrets = useQuery({ ...secretValuesQuery(name, environment ?? ''), enabled: environment !== undefined });
  return (
    <>
      <Choices environment={environment} />
      <Asked of={application}>
        {(data) => (
          <Asked of={values} what="the values">
            {(text) =>
              environment ? (
                <Asked of={secrets} what="the secret values">{(found) => <Body key={environment} application={data} environment={environment} values={text} secrets={found} />}</Asked>
              ) : (
                <Body application={data} environment={undefined} values={text} secrets={null} />
              )
            }
          </Asked>
        )}
      </Asked>
    </>
  );
}
