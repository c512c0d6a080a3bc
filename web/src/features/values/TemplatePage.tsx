// The tab *Template*: values of all environments and of one, what results, defaults, history.
import { useQuery } from '@tanstack/react-query';
import { NavLink } from '../../components/NavLink';
import type { Application } from '../../api/types';
import { Asked } from '../../components/States';
import { Editor } from '../../components/editor/Editor';
import { Markdown } from '../../components/Markdown';
import { applicationQuery } from '../application/data';
import { useChart } from '../application/useChart';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { effectiveValuesQuery, valuesQuery } from './data';
import { History, type Versions } from './History';
import { TemplateLine } from './TemplateLine';
import { texts } from './texts';
import { ValuesEditor } from './ValuesEditor';

export const VIEWS = ['edit', 'effective', 'defaults', 'history'] as const;
export type View = (typeof VIEWS)[number];

interface Props extends Versions {
  name: string;
  environment?: string | undefined;
  view?: View | undefined;
  /** The template, `name@version`, that the panel of another template shows; empty while none is chosen. */
  change?: string | undefined;
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
  const chart = useChart(application).data;
  return (
    <Asked of={values} what="the values">
      {(data) => <ValuesEditor key={environment ?? ''} name={application.name} environment={environment} values={data} readOnly={!manager} chart={chart} />}
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

function Defaults({ application }: { application: Application }) {
  return (
    <Asked of={useChart(application)} what="the chart">
      {(data) => (
        <div className="stack">
          <p className="small muted">
            {data.title}
            {data.description && `: ${data.description}`}
          </p>
          <Editor label={texts.defaults} text={data.defaults} readOnly />
          {data.readme && (
            <details>
              <summary>{application.source.kind === 'chart' ? texts.readmeChart : texts.readme}</summary>
              <Markdown text={data.readme} />
            </details>
          )}
        </div>
      )}
    </Asked>
  );
}

/** The values of an application. */
export function TemplatePage({ name, environment, view = 'edit', shown, against, change }: Props) {
  const application = useQuery(applicationQuery(name));
  return (
    <Asked of={application}>
      {(data) => (
        <>
          {data.source.kind === 'template' && <TemplateLine application={data} change={change} />}
          <Choices name={name} environment={environment} view={view} />
          {view === 'edit' && <Edit application={data} environment={environment} />}
          {view === 'effective' && <Effective application={data} environment={environment} />}
          {view === 'defaults' && <Defaults application={data} />}
          {view === 'history' && <History name={name} environment={environment} shown={shown} against={against} />}
        </>
      )}
    </Asked>
  );
}
