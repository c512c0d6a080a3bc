// The tab *Template*: values of all environments and of one, what results, defaults, history.
import { useQuery } from '@tanstack/react-query';
import { NavLink } from '../../components/NavLink';
import type { Application } from '../../api/types';
import { Asked, Empty } from '../../components/States';
import { Editor } from '../../components/editor/Editor';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import type { Values } from '../../api/types';
import { applicationQuery, templateQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { effectiveValuesQuery, valuesHistoryQuery, valuesQuery } from './data';
import { texts } from './texts';
import { ValuesEditor } from './ValuesEditor';

export const VIEWS = ['edit', 'effective', 'defaults', 'history'] as const;
export type View = (typeof VIEWS)[number];

interface Props {
  name: string;
  environment?: string | undefined;
  view?: View | undefined;
}

function Choices({ environment, view = 'edit' }: Props) {
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  return (
    <div className="toolbar">
      <nav className="segments" aria-label={texts.scope}>
        <NavLink to="." search={{ view }} here={environment ? undefined : 'true'}>
          {texts.base}
        </NavLink>
        {environments.map((each) => (
          <NavLink key={each.name} to="." search={{ environment: each.name, view }} here={environment === each.name ? 'true' : undefined}>
            {each.name}
          </NavLink>
        ))}
      </nav>
      <nav className="segments right" aria-label="View">
        {VIEWS.map((each) => (
          <NavLink key={each} to="." search={{ environment, view: each === 'edit' ? undefined : each }} here={view === each ? 'true' : undefined}>
            {texts.views[each]}
          </NavLink>
        ))}
      </nav>
    </div>
  );
}

function Edit({ application, environment }: { application: Application; environment: string | undefined }) {
  const values = useQuery(valuesQuery(application.name, environment));
  const manager = useMay('manager', application.project);
  return (
    <Asked of={values} what="the values">
      {(data) => <ValuesEditor key={environment ?? ''} name={application.name} environment={environment} values={data} readOnly={!manager} template={application.template} />}
    </Asked>
  );
}

function Effective({ application, environment }: { application: Application; environment: string | undefined }) {
  const first = useQuery(environmentsQuery).data?.items[0]?.name;
  const shown = environment ?? first;
  const image = application.environments.find((each) => each.environment === shown)?.current?.image;
  const effective = useQuery({ ...effectiveValuesQuery(application.name, shown, image), enabled: Boolean(shown) });
  return (
    <Asked of={effective} what="the effective values">
      {(data) => (
        <div className="stack">
          <p className="small muted">
            {shown}: {texts.effectiveHint}
          </p>
          <Editor label={`${texts.effective} ${shown}`} text={data.yaml} readOnly />
        </div>
      )}
    </Asked>
  );
}

function Defaults({ template }: { template: string }) {
  const asked = useQuery(templateQuery(template));
  return (
    <Asked of={asked} what="the template">
      {(data) => (
        <div className="stack">
          <p className="small muted">
            {data.title} {data.version}: {data.description}
          </p>
          <Editor label={texts.defaults} text={data.default_values} readOnly />
          {data.readme && (
            <details>
              <summary>{texts.readme}</summary>
              <pre className="block">{data.readme}</pre>
            </details>
          )}
        </div>
      )}
    </Asked>
  );
}

const COLUMNS: Column<Values>[] = [
  { key: 'number', label: texts.columns.number, lead: true, cell: (row) => texts.version(row.number) },
  { key: 'who', label: texts.columns.who, cell: (row) => row.author },
  {
    key: 'why',
    label: texts.columns.why,
    cell: (row) => (
      <>
        {row.message}
        {row.origin === 'git' && <span className="muted"> {texts.fromGit}</span>}
      </>
    ),
  },
  { key: 'when', label: texts.columns.when, cell: (row) => <Time at={row.created_at} /> },
];

function History({ name, environment }: { name: string; environment: string | undefined }) {
  const history = useQuery(valuesHistoryQuery(name, environment));
  return (
    <Asked of={history} what="the history">
      {(page) => (
        <section className="stack">
          <div className="card">
            {page.items.length === 0 ? <Empty title={texts.historyNone} /> : <Table label={texts.history} columns={COLUMNS} rows={page.items} id={(row) => String(row.number)} />}
          </div>
          {page.items.map((version) => (
            <details key={version.number} className="diff">
              <summary>
                {texts.version(version.number)} <span className="right small">{version.author}</span>
              </summary>
              {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys */}
              <pre tabIndex={0} aria-label={texts.version(version.number)}>
                {version.yaml}
              </pre>
            </details>
          ))}
        </section>
      )}
    </Asked>
  );
}

/** The values of an application. */
export function TemplatePage({ name, environment, view = 'edit' }: Props) {
  const application = useQuery(applicationQuery(name));
  return (
    <Asked of={application}>
      {(data) => (
        <>
          <Choices name={name} environment={environment} view={view} />
          {view === 'edit' && <Edit application={data} environment={environment} />}
          {view === 'effective' && <Effective application={data} environment={environment} />}
          {view === 'defaults' && <Defaults template={data.template} />}
          {view === 'history' && <History name={name} environment={environment} />}
        </>
      )}
    </Asked>
  );
}
