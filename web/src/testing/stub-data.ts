// What the stub starts from.
import type { Application, CheckStage, Deployment, Facts, GitopsConfigInput, Preview, Provider, RepositoryRules, Template } from '../api/types';

export const providers: Provider[] = [
  {
    kind: 'github',
    label: 'GitHub',
    prominent: true,
    host: { label: 'Git host', default: 'https://github.com', fixed: true, switch: 'Use GitHub Enterprise Server', hint: 'The address you open GitHub at, for example https://github.acme.dev.' },
    fields: [
      { name: 'organization', label: 'GitHub Organization Name', required: true, hint: 'The organization that will own the repositories. A user account works too.', docs_url: 'https://docs.github.com/organizations' },
      { name: 'username', label: 'Username', required: true, hint: 'The account that the token belongs to.', docs_url: 'https://docs.github.com/accounts' },
    ],
    credentials: [
      {
        kind: 'classic-token',
        label: 'Personal access token (classic)',
        secret_label: 'Personal Access Token',
        hint: 'A personal access token stands in for a password and can do only what its scopes say.',
        create_url: '{host}/settings/tokens/new?scopes=repo,delete_repo&description=Trueline',
        scopes: [
          { name: 'repo', purpose: 'create, read and write private repositories', need: 'required' },
          { name: 'delete_repo', purpose: 'only to delete repositories, and to clean up after a check', need: 'optional' },
          { name: 'admin:org', purpose: 'asked for by other tools; not needed by Trueline', need: 'not-needed' },
        ],
      },
    ],
    docs_url: 'https://docs.github.com/authentication',
  },
  {
    kind: 'built-in',
    label: 'Built-in',
    prominent: false,
    host: { label: '', default: '', fixed: true, switch: '', hint: '' },
    fields: [],
    credentials: [{ kind: 'none', label: 'None needed', secret_label: '', hint: 'Repositories are kept in Trueline’s own data folder and served by Trueline itself. Good for trying things out.', create_url: '', scopes: [] }],
    docs_url: '',
  },
];

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
  ['scope', `See ${input.organization || 'the repositories'}`, true],
  ['create', 'Create a repository', true],
  ['push', 'Push a commit', true],
  ['delete', 'Delete the test repository', false],
];

export const defaults = {
  repositories,
  template,
  stages: (input: GitopsConfigInput): CheckStage[] => titles(input).map(([stage, title, required]) => ({ stage, title, required, state: 'waiting', milliseconds: 0, diagnosis: null })),
  facts: (input: GitopsConfigInput): Facts => ({
    identity: input.username ?? null,
    owner_kind: 'organization',
    scopes: ['repo'],
    expires_at: input.secret ? new Date(Date.now() + 41 * 86_400_000).toISOString() : null,
    rate_left: input.secret ? { left: 4812, limit: 5000 } : null,
    default_branch: 'main',
  }),
  application: (name: string, project: string): Omit<Application, 'id' | 'created_at'> => ({
    name,
    project,
    template: 'deployment',
    template_version: '0.1.0',
    gitops_config: 'acme',
    repository: { full_name: `acme/gitops-${name}`, clone_url: `https://github.com/acme/gitops-${name}.git`, web_url: `https://github.com/acme/gitops-${name}`, default_branch: 'main' },
    clone_url: `https://github.com/acme/gitops-${name}.git`, deleting_at: null, deletion_failure: null,
    path: '',
    version: 1,
    environments: [],
  }),
  deployment: (application: string, environment: string, image: string): Omit<Deployment, 'id' | 'number' | 'created_at'> => ({
    application,
    environment,
    image,
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
  preview: (image: string): Preview => ({
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
  }),
};
