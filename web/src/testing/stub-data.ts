// What the stub starts from.
import type { Application, Check, CheckStage, Deployment, Environment, Facts, GitopsConfig, GitopsConfigInput, InstallInput, OwnValue, Page, Preview, RepositoryRules, Template, ValueProblem, Wanted } from '../api/types';
import { ok, refuse, type StubAnswer } from './stub-answers.ts';

const repositories: RepositoryRules = { source: 'per-application', prefix: 'gitops', default_branch: null, visibility: 'private', deletion: 'keep', committer_name: 'Trueline', committer_email: 'trueline@localhost' };

const template: Template = {
  name: 'deployment',
  version: '0.1.0',
  title: 'Deployment',
  description: 'A web application or a worker: pods, a service, and what belongs to them.',
  default_values: '# How many pods run.\nreplicas: 1\nimage:\n  repository: ""\n  tag: ""\nservice:\n  port: 80\n',
  schema: {},
  readme: 'How to use this template.',
  image: { repository: 'image.repository', tag: 'image.tag' },
};

const titles = (input: GitopsConfigInput): [string, string, boolean][] => [
  ['reach', `Reach ${input.host || 'the built-in host'}`, true],
  ['authenticate', `Sign in as ${input.username || 'Trueline'}`, true],
  ['scope', `See ${input.organization || input.group || input.project || input.workspace || 'the repositories'}`, true],
  ['create', 'Create a repository', true],
  ['push', 'Push a commit', true],
  ['delete', 'Delete the test repository', false],
];

const job: Template = { ...template, name: 'job', title: 'Job', description: 'Something that runs to its end.' };

const ownValues: OwnValue[] = [
  { path: 'auth.sentinel', change: 'gone', before: 'true', own: 'false', secret: false },
  { path: 'architecture', change: 'overridden', before: 'standalone', after: 'replication', own: 'standalone', secret: false },
  { path: 'master.persistence.size', change: 'changed', before: '8Gi', after: '16Gi', secret: false },
  { path: 'metrics', change: 'new', after: { enabled: false }, secret: false },
];

const pin = (version: string) => ({ repository: 'acme', name: 'redis', version, digest: null });

const preview = (image: string): Preview => ({
  digest: 'd'.repeat(64),
  values: null,
  manifests: [
    {
      path: 'manifests/default/Deployment.apps.shop.yaml',
      change: 'changed',
      hunks: [
        {
          old_start: 18,
          new_start: 18,
          lines: [
            { kind: ' ', text: '  spec:' },
            { kind: ' ', text: '    containers:' },
            { kind: '-', text: '      - image: registry.acme.dev/shop:1.4.1' },
            { kind: '+', text: `      - image: ${image}` },
            { kind: ' ', text: '        resources:' },
          ],
        },
      ],
    },
  ],
  objects: 3,
  changed: 1,
  effective_values: template.default_values,
  notes: null,
  compared_with: 1,
  own_values: [],
  own_values_unread: null,
  chart: null,
  generated: [],
  secrets: [],
  crds: null,
  kinds: [],
  merge: null,
});

/** A preview of what is wanted. */
function previewOf(wanted: Wanted): Preview {
  const shown = preview(wanted.image ?? 'registry.acme.dev/shop:1.4.0');
  const plain: Preview = { ...shown, merge: { from: 'merge', to: wanted.merge ?? 'merge' }, values: wanted.values === undefined ? null : { path: 'values.yaml', change: 'changed', hunks: [{ old_start: 1, new_start: 1, lines: wanted.values.split('\n').map((text) => ({ kind: '+', text })) }] } };
  if (wanted.template) return { ...plain, own_values: ownValues, chart: { from: { ...pin('0.1.0'), repository: null, name: 'deployment' }, to: { ...pin('0.1.0'), repository: null, name: wanted.template.split('@')[0] ?? '' } } };
  if (!wanted.version) return plain;
  return { ...plain, own_values: ownValues, chart: { from: pin('20.1.0'), to: pin(wanted.version) }, generated: [{ object: 'Secret/production/redis', path: 'redis-password', kept: !wanted.anew }], crds: { rule: 'apply', names: ['backups.redis.dev'] }, notes: 'Redis is at redis:6379.' };
}

export const defaults = {
  repositories,
  template,
  templates: [template, job],
  previewOf,
  /** What installing would make. */
  installPreview: (input: InstallInput): Preview => ({
    ...preview(''),
    objects: 4,
    changed: 4,
    compared_with: null,
    manifests: [{ path: `manifests/${input.environment}/StatefulSet.apps.${input.name}.yaml`, change: 'added', hunks: [{ old_start: 0, new_start: 1, lines: [{ kind: '+', text: 'kind: StatefulSet' }] }] }],
    secrets: input.secret_values ? [{ object: `Secret/${input.environment}/${input.name}`, entries: [{ name: 'redis-password', change: 'added' }] }] : [],
    generated: input.secret_values ? [] : [{ object: `Secret/${input.environment}/${input.name}`, path: 'redis-password', kept: false }],
  }),
  environment: (name: string): Environment => ({ id: name, name, description: '', namespace: name, kubernetes_version: '1.36.3', api_versions: [], branch: 'default', engine: 'none', crds: 'apply', drift: 'show', recipients: [], cluster: null, created_at: new Date().toISOString(), version: 1 }),
  stages: (input: GitopsConfigInput): CheckStage[] => titles(input).map(([stage, title, required]) => ({ stage, title, required, state: 'waiting', milliseconds: 0, diagnosis: null })),
  facts: (input: GitopsConfigInput): Facts => ({
    identity: input.username ?? null,
    owner_kind: 'organization',
    scopes: ['repo'],
    expires_at: input.secret ? new Date(Date.now() + 41 * 86_400_000).toISOString() : null,
    rate_left: input.secret ? { left: 4812, limit: 5000 } : null,
    default_branch: 'main',
    project: input.provider === 'bitbucket-cloud' ? 'PLAT' : null,
  }),
  application: (name: string, project: string): Omit<Application, 'id' | 'created_at'> => ({
    name,
    project,
    source: { kind: 'template', repository: null, name: 'deployment', version: '0.1.0' },
    gitops_config: 'acme',
    repository: { full_name: `acme/gitops-${name}`, clone_url: `https://github.com/acme/gitops-${name}.git`, web_url: `https://github.com/acme/gitops-${name}`, default_branch: 'main' },
    clone_url: `https://github.com/acme/gitops-${name}.git`, deleting_at: null, deletion_failure: null, deletion_failure_code: null,
    path: '',
    version: 1,
    environments: [],
  }),
  deployment: (application: string, environment: string, image: string): Omit<Deployment, 'id' | 'number' | 'created_at'> => ({
    application,
    environment,
    chart: { repository: null, name: 'deployment', version: '0.1.0', digest: null }, image, restores: null, anew: false, notes: null, cluster: null, release: null, adopt: false, recreate: false,
    message: '',
    author: 'admin',
    stage: 'requested',
    end: null,
    failure: null,
    digest: 'd'.repeat(64),
    commit: null,
    commit_url: null,
    branch: 'main',
    rendered_tree: null,
    timeline: [],
    finished_at: null,
  }),
  preview,
};

/** How a credential stands that was just checked. */
export const stands = (check: Check | null): Pick<GitopsConfig, 'credential_state' | 'expires_at' | 'rate'> => ({
  credential_state: 'ok',
  expires_at: check?.facts.expires_at ?? null,
  rate: check?.facts.rate_left ? { ...check.facts.rate_left, resets_at: null, waiting_until: null } : null,
});

const KEYS: Record<string, 'project' | 'created_at'> = { project: 'project', created: 'created_at' };

/** One part of the applications that are asked for; the cursor is a number here. */
export function listed(applications: Application[], search: URLSearchParams): Page<Application> {
  const sort = search.get('sort') ?? 'name';
  const key = KEYS[sort.replace('-', '')] ?? 'name';
  const found = applications.filter((each) => each.name.includes(search.get('search') ?? '') && (!search.get('project') || each.project === search.get('project')) && (!search.get('source') || each.source.kind === search.get('source')));
  const ordered = found.toSorted((a, b) => (sort.startsWith('-') ? -1 : 1) * a[key].localeCompare(b[key], 'en'));
  const [from, limit] = [Number(search.get('cursor') ?? 0), Number(search.get('limit') ?? 50)];
  return { items: ordered.slice(from, from + limit), next: from + limit < ordered.length ? String(from + limit) : null };
}

/** What the stub finds wrong in values that are previewed, each at its line. */
function wrongLines(wanted: Wanted): ValueProblem[] {
  return [[wanted.values, 'base values'], [wanted.override, 'override']].flatMap(([yaml = '', layer = '']) =>
    yaml.split('\n').flatMap((text, at) => (text.includes('replicas: many') ? [{ path: 'replicas', line: at + 1, column: 11, message: '"many" is not a number.', layer }] : [])),
  );
}

/** The preview of what is wanted, or what is wrong with its values. */
export function previewAnswer(wanted: Wanted): StubAnswer {
  const problems = wrongLines(wanted);
  return problems.length > 0 ? refuse(422, 'invalid_values', 'The values do not fit the template.', { problems }) : ok(previewOf(wanted));
}
