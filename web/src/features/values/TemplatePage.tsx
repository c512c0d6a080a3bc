// The tab *Template*: values of all environments and of one, what results, defaults, history.
import { useQuery } from '@tanstack/react-query';
import { NavLink } from '../../components/NavLink';
import type { Application } from '../../api/types';
import { Asked } from '../../components/States';
import { Editor } from '../../components/editor/Editor';
import { applicationQuery, templateQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { effectiveValuesQuery, valuesQuery } from './data';
import { History, type Versions } from './History';
import { texts } from './texts';
import { ValuesEditor } from './ValuesEditor';

export const VIEWS = ['edit', 'effective', 'defaults', 'history'] as const;
export type View = (typeof VIEWS)[number];

interface Props extends Versions {
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
      {(data) => <ValuesEditor key={environment ?? ''} name={application.name} environment={environment} values={data} readOnly={!manager} template={application.source.name} />}
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

/** The values of an application. */
export function TemplatePage({ name, environment, view = 'edit', version, against }: Props) {
  const application = useQuery(applicationQuery(name));
  return (
    <Asked of={application}>
      {(data) => (
        <>
          <Choices name={name} environment={environment} view={view} />
          {view === 'edit' && <Edit application={data} environment={environment} />}
          {view === 'effective' && <Effective application={data} environment={environment} />}
          {view === 'defaults' && <Defaults template={data.source.name} />}
          {view === 'history' && <History name={name} environment={environment} version={version} against={against} />}
        </>
      )}
    </Asked>
  );
}
