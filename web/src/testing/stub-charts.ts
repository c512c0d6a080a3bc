// Chart repositories and charts of the stub, and installing them.
import type { Chart, ChartDetail, ChartHit, ChartRepository, ChartRepositoryInput, InstallInput } from '../api/types';
import { missing, now, ok, page, refuse } from './stub-answers.ts';
import { defaults } from './stub-data.ts';
import type { Stub } from './stub.ts';

const DIGEST = 'a5c1f0b2'.repeat(8);

export const redis: ChartDetail = {
  repository: 'acme',
  name: 'redis',
  app_version: '7.4.1',
  description: 'What redis is for.',
  home: 'https://redis.io',
  version: '20.1.0',
  readme: '# Redis\n\nAn **in-memory** store, see [redis.io](https://redis.io).\n\n## Installing\n\n```\nhelm install my-redis acme/redis\n```\n\n| Name | Description |\n|--|--|\n| `architecture` | How it runs |\n\n<script>alert(1)</script>\n',
  default_values:
    '# How it runs: standalone or replication.\narchitecture: standalone\n# Who may come in.\nauth:\n  # Whether a password is asked for.\n  enabled: true\n  # The password; made at random when it is empty.\n  password: ""\nmaster:\n  # How much it keeps.\n  persistence:\n    size: 8Gi\n',
  schema: JSON.stringify({
    properties: {
      architecture: { type: 'string', enum: ['standalone', 'replication'], description: 'How it runs.', default: 'standalone' },
      auth: { type: 'object', required: ['enabled'], properties: { enabled: { type: 'boolean', description: 'Whether a password is asked for.' }, password: { type: 'string' } } },
    },
  }),
  digest: DIGEST,
  dependencies: [{ name: 'common', version: '2.1.0', repository: 'oci://registry.acme.dev/charts', alias: null, condition: '' }],
  crds: [],
};

/** A chart of the stub with some versions. */
export const chartOf = (repository: string, name: string, versions: string[], change: Partial<Chart> = {}): Chart => ({
  repository,
  name,
  description: `What ${name} is for.`,
  version: versions[0] ?? '',
  app_version: '7.4.1',
  keywords: [],
  deprecated: false,
  versions: versions.length,
  list: versions.map((version) => ({ version, app_version: '7.4.1', created: '2026-10-02T08:00:00Z', digest: DIGEST, deprecated: false, listed: true, changed: false, trusted_digest: DIGEST })),
  ...change,
});

const hitOf = ({ list: _, ...hit }: Chart): ChartHit => hit;

/** A chart repository of the stub. */
export const repositoryOf = (name: string, change: Partial<ChartRepository> = {}): ChartRepository => ({
  name, url: `https://charts.${name}.dev`, kind: 'http', username: '', has_secret: false, ca_pem: null, client_certificate_pem: null, proxy: null, names: [], charts: 3, versions: 41,
  changed: 0, tried_at: now(), refreshed_at: now(), failure: null, left_out: [], version: 1, ...change,
});

function repositories(stub: Stub) {
  stub.on('GET', '/chart-repositories', () => page(stub.chartRepositories));
  stub.on('PUT', '/chart-repositories/*', ({ body, headers }, [name = '']) => {
    const input = body as unknown as ChartRepositoryInput;
    const before = stub.chartRepositories.find((each) => each.name === name);
    if (before && headers['if-match'] !== `"${before.version}"`) return refuse(412, 'stale', 'Someone else saved this chart repository.');
    if (input.url.includes('/html')) return refuse(422, 'chart_repository_is_a_page', `${input.url}/index.yaml is a web page, not the index of a chart repository. Give the address below which index.yaml lies.`, { errors: [{ field: 'url', code: 'not_an_index', message: 'This is a web page, not a chart repository.', suggestion: input.url.replace('/html', '/charts') }] });
    const stored = repositoryOf(name, { ...before, url: input.url, kind: input.url.startsWith('oci:') ? 'oci' : 'http', username: input.username, has_secret: Boolean(input.secret) || (before?.has_secret ?? false), names: input.charts, version: (before?.version ?? 0) + 1 });
    stub.chartRepositories = [...stub.chartRepositories.filter((each) => each.name !== name), stored];
    return ok(stored, before ? 200 : 201);
  });
  stub.on('POST', '/chart-repositories/*/refresh', (_, [name]) => {
    const found = stub.chartRepositories.find((each) => each.name === name);
    if (!found) return missing();
    Object.assign(found, { refreshed_at: now(), failure: null });
    return ok(found, 202);
  });
  stub.on('DELETE', '/chart-repositories/*', (_, [name]) => {
    stub.chartRepositories = stub.chartRepositories.filter((each) => each.name !== name);
    return ok(undefined, 204);
  });
}

function install(stub: Stub) {
  const wrong = (input: InstallInput) => {
    const line = input.values.split('\n').findIndex((text) => text.includes('architecture: many'));
    return line < 0 ? null : refuse(422, 'invalid_values', 'The values do not fit the schema of the chart.', { problems: [{ path: 'architecture', line: line + 1, column: 15, message: 'must be one of standalone, replication' }] });
  };
  stub.on('POST', '/charts/preview', ({ body }) => {
    const input = body as unknown as InstallInput;
    return wrong(input) ?? ok(defaults.installPreview(input));
  });
  stub.on('POST', '/charts/install', ({ body }) => {
    const input = body as unknown as InstallInput;
    if (stub.applications.some((each) => each.name === input.name)) return refuse(409, 'name_taken', `There is an application ${input.name} already.`, { errors: [{ field: 'name', code: 'taken', message: `There is an application ${input.name} already.` }] });
    const application = stub.application(input.name, input.project);
    application.source = { kind: 'chart', repository: input.repository, name: input.chart, version: null };
    const deployment = stub.deployment(input.name, input.environment, '', input.message ?? '');
    deployment.chart = { repository: input.repository, name: input.chart, version: input.version, digest: DIGEST };
    void stub.run(deployment);
    return ok({ application, deployment }, 201);
  });
}

/** The routes of charts. */
export function charts(stub: Stub) {
  repositories(stub);
  install(stub);
  stub.on('GET', '/charts', ({ search }) => {
    const [text, repository] = [search.get('search')?.toLowerCase() ?? '', search.get('repository')];
    const rank = (chart: Chart) => (chart.name === text ? 0 : chart.name.startsWith(text) ? 1 : 2);
    const found = stub.charts.filter((each) => (!repository || each.repository === repository) && `${each.name} ${each.description}`.toLowerCase().includes(text));
    return page(found.toSorted((a, b) => rank(a) - rank(b)).map(hitOf));
  });
  stub.on('GET', '/charts/*/*', (_, [repository, name]) => {
    const found = stub.charts.find((each) => each.repository === repository && each.name === name);
    return found ? ok(found) : missing();
  });
  stub.on('POST', '/charts/*/*/versions/*/trust', ({ body }, [repository, name, version]) => {
    const found = stub.charts.find((each) => each.repository === repository && each.name === name)?.list.find((each) => each.version === version);
    if (!found) return missing();
    Object.assign(found, { changed: false, trusted_digest: body.digest });
    return ok(found);
  });
  stub.on('GET', '/charts/*/*/versions/*', (_, [repository, name, version]) => {
    const found = stub.charts.find((each) => each.repository === repository && each.name === name);
    return found ? ok({ ...redis, version }) : missing();
  });
}
