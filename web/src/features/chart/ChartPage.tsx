// One chart: its versions, README, default values, schema, and where it comes from.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Chart, ChartDetail, ChartVersion } from '../../api/types';
import { Button, Outside } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { commentsOf } from '../../components/editor/complete';
import { Editor } from '../../components/editor/Editor';
import { Markdown } from '../../components/Markdown';
import { NavLink } from '../../components/NavLink';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay, useMayAnywhere } from '../session/data';
import './chart.css';
import { chartQuery, chartVersionQuery, trustDigest } from './data';
import { InstallPanel, type InstallSearch } from './InstallPanel';
import { MOST, schemaOf, schemaRows, type SchemaRow } from './schema';
import { texts } from './texts';
import { newestOf } from './version';

export const VIEWS = ['readme', 'values', 'schema', 'versions'] as const;
export interface ChartSearch extends InstallSearch {
  version?: string | undefined;
  view?: (typeof VIEWS)[number] | undefined;
}

function Facts({ chart, version, detail }: { chart: Chart; version: ChartVersion; detail: ChartDetail | undefined }) {
  const { facts } = texts;
  const digest = detail?.digest ?? version.digest;
  return (
    <section className="card" aria-label={facts.provenance}>
      <div className="body">
        <dl className="pairs">
          <dt>{facts.repository}</dt>
          <dd>
            <Link to="/charts" search={{ repository: chart.repository }}>
              {chart.repository}
            </Link>
          </dd>
          {detail?.home && /^https?:/.test(detail.home) && (
            <>
              <dt>{facts.home}</dt>
              <dd>
                <Outside href={detail.home}>{detail.home.replace(/^https?:\/\//, '').replace(/\/$/, '')}</Outside>
              </dd>
            </>
          )}
          {version.app_version && (
            <>
              <dt>{facts.app}</dt>
              <dd>{version.app_version}</dd>
            </>
          )}
          {version.created && (
            <>
              <dt>{facts.created}</dt>
              <dd>
                <Time at={version.created} />
              </dd>
            </>
          )}
          <dt>{facts.digest}</dt>
          <dd>{digest ? <CopyText text={digest} shown={digest.replace('sha256:', '').slice(0, 16)} what="digest" /> : <span className="faint">{texts.noDigest}</span>}</dd>
          {detail && (
            <>
              <dt>{facts.dependencies}</dt>
              <dd>
                {detail.dependencies.length === 0 && <span className="faint">{texts.noDependencies}</span>}
                <ul>
                  {detail.dependencies.map((each) => (
                    <li key={each.name + each.version}>
                      {each.name} {each.version} <span className="muted small break">{each.repository || texts.within}</span>
                    </li>
                  ))}
                </ul>
              </dd>
            </>
          )}
          {detail && detail.crds.length > 0 && (
            <>
              <dt>{facts.crds}</dt>
              <dd>
                <ul>
                  {detail.crds.map((each) => (
                    <li key={each}>
                      <code className="break">{each}</code>
                    </li>
                  ))}
                </ul>
              </dd>
            </>
          )}
        </dl>
        {digest && <p className="small muted provenance">{texts.provenance}</p>}
      </div>
    </section>
  );
}

const SCHEMA: Column<SchemaRow>[] = [
  {
    key: 'path',
    label: texts.schemaColumns.path,
    lead: true,
    width: '34%',
    cell: (row) => (
      <span>
        <code className="break">{row.path}</code> {row.required && <Tag>{texts.required}</Tag>}
      </span>
    ),
  },
  { key: 'type', label: texts.schemaColumns.type, cell: (row) => <span className="small break">{row.type}</span> },
  { key: 'words', label: texts.schemaColumns.words, cell: (row) => row.words && <span className="break">{row.words}</span> },
  { key: 'preset', label: texts.schemaColumns.preset, cell: (row) => row.preset && <code className="break">{row.preset}</code> },
];

function Hints({ detail }: { detail: ChartDetail }) {
  const rows = useMemo(() => schemaRows(schemaOf(detail.schema), commentsOf(detail.default_values)), [detail]);
  if (rows.length === 0) return <p className="body muted">{texts.noSchema}</p>;
  return (
    <>
      <p className="body small muted">
        {texts.schemaHint} {rows.length >= MOST && texts.schemaCut(rows.length)}
      </p>
      <Table label={texts.views.schema} columns={SCHEMA} rows={rows} id={(row) => row.path} />
    </>
  );
}

const versionColumns = (newest: string | undefined): Column<ChartVersion>[] => [
  {
    key: 'version',
    label: texts.versionColumns.version,
    lead: true,
    cell: (row) => (
      <span className="line">
        <Link to="." search={(before: object) => ({ ...before, version: row.version, view: undefined })}>
          {row.version}
        </Link>
        {row.version === newest && <Tag tone="info">{texts.newest}</Tag>}
        {row.deprecated && <Tag tone="warn" icon="warn">{texts.deprecated}</Tag>}
        {row.changed && <Tag tone="bad" icon="warn">{texts.changed.tag}</Tag>}
      </span>
    ),
  },
  { key: 'app', label: texts.versionColumns.app, cell: (row) => row.app_version },
  { key: 'created', label: texts.versionColumns.created, cell: (row) => row.created && <Time at={row.created} /> },
  { key: 'digest', label: texts.versionColumns.digest, cell: (row) => row.digest && <CopyText text={row.digest} shown={row.digest.replace('sha256:', '').slice(0, 12)} what="digest" /> },
];

function Content({ chart, detail, view }: { chart: Chart; detail: ChartDetail; view: NonNullable<ChartSearch['view']> }) {
  if (view === 'values') {
    return (
      <div className="body stack">
        <p className="small muted">{texts.defaultsHint}</p>
        <Editor label={texts.defaults(chart.name, detail.version)} text={detail.default_values} readOnly />
      </div>
    );
  }
  if (view === 'schema') return <Hints detail={detail} />;
  return <div className="body">{detail.readme ? <Markdown text={detail.readme} /> : <p className="muted">{texts.noReadme}</p>}</div>;
}

/** That a repository sends something else under a version than before: nothing of it is installed until it is trusted. */
function ChangedDigest({ chart, version }: { chart: Chart; version: ChartVersion }) {
  const client = useQueryClient();
  const administrator = useMay('administrator');
  const words = texts.changed;
  const trust = useMutation({
    mutationFn: () => trustDigest(chart.repository, chart.name, version.version, version.digest ?? ''),
    onSuccess: () => client.invalidateQueries({ queryKey: ['charts'] }),
  });
  return (
    <Notice tone="bad">
      {words.sentence(version.version)}
      <dl className="pairs small">
        <dt>{words.kept}</dt>
        <dd>
          <code className="break">{version.trusted_digest ?? '–'}</code>
        </dd>
        <dt>{words.now}</dt>
        <dd>
          <code className="break">{version.digest ?? '–'}</code>
        </dd>
      </dl>
      {administrator && version.digest && (
        <div className="line">
          <Button small look="danger" busy={trust.isPending} onClick={() => trust.mutate()}>
            {words.trust}
          </Button>
          {trust.error && <ProblemWords error={trust.error} />}
        </div>
      )}
    </Notice>
  );
}

function Body({ chart, search }: { chart: Chart; search: ChartSearch }) {
  const navigate = useNavigate();
  const deployer = useMayAnywhere('manager');
  const version = chart.list.find((each) => each.version === search.version) ?? newestOf(chart.list);
  const detail = useQuery(chartVersionQuery(chart.repository, chart.name, version?.version ?? ''));
  const view = search.view ?? 'readme';
  const put = (change: ChartSearch, replace = true) => void navigate({ to: '.', search: (before: ChartSearch) => ({ ...before, ...change }), replace });
  if (!version) return null;
  const select = (
    <select className="input" aria-label={texts.version} value={version.version} onChange={(event) => put({ version: event.target.value })}>
      {chart.list.map((each) => (
        <option key={each.version}>{each.version}</option>
      ))}
    </select>
  );
  return (
    <>
      <PageHead
        title={chart.name}
        actions={
          <>
            {select}
            {deployer && (
              <button type="button" className="button primary" onClick={() => put({ install: '', version: version.version }, false)}>
                {texts.install}
              </button>
            )}
          </>
        }
      >
        {chart.description}
      </PageHead>
      <div className="stack">
        {version.changed && <ChangedDigest chart={chart} version={version} />}
        {!version.listed && <Notice tone="info">{texts.unlisted}</Notice>}
        {(chart.deprecated || version.deprecated) && <Notice tone="warn">{texts.deprecatedNotice}</Notice>}
        <nav className="segments" aria-label={texts.view}>
          {VIEWS.map((each) => (
            <NavLink key={each} to="." search={(before: object) => ({ ...before, view: each === 'readme' ? undefined : each })} here={view === each ? 'true' : undefined}>
              {texts.views[each]}
            </NavLink>
          ))}
        </nav>
        <div className="columns chart">
          <section className="card" aria-label={texts.views[view]}>
            {view === 'versions' ? (
              <Table label={texts.views.versions} columns={versionColumns(newestOf(chart.list)?.version)} rows={chart.list} id={(row) => row.version} />
            ) : (
              <Asked of={detail} what="the chart">{(data) => <Content chart={chart} detail={data} view={view} />}</Asked>
            )}
          </section>
          <Facts chart={chart} version={version} detail={detail.data} />
        </div>
      </div>
      {search.install !== undefined && deployer && <InstallPanel chart={chart} version={version.version} detail={detail.data} search={search} put={put} />}
    </>
  );
}

/** The page. */
export function ChartPage({ repository, chart, search }: { repository: string; chart: string; search: ChartSearch }) {
  const asked = useQuery(chartQuery(repository, chart));
  return (
    <Asked of={asked} what="the chart">
      {(data) => <Body chart={data} search={search} />}
    </Asked>
  );
}
