// A small API in memory, with the shapes and the refusals of the real one: for unit tests and for looking
// at the page while no program runs. It is no model of Trueline: it knows only what the page has to show.
import type { AgeIdentity, Application, Chart, ChartRepository, Check, CheckStage, Cluster, Deployment, Environment, GitopsConfig, GitopsConfigInput, HealthRule, Hold, Project, Provider, Reseal, SecretValues, Session, Template, User, Values, ValuesInput, Wanted } from '../api/types';
import { id, missing, now, ok, page, refuse, type Handler, type StubAnswer, type StubRequest } from './stub-answers.ts';
import { charts } from './stub-charts.ts';
import { clusters } from './stub-clusters.ts';
import { defaults, listed, previewAnswer, stands } from './stub-data.ts';
import { healthRules } from './stub-health-rules.ts';
import { keys, putSecrets } from './stub-keys.ts';
import { projects } from './stub-projects.ts';
import { driftOf, resources, type Running } from './stub-resources.ts';
import { providers } from './stub-providers.ts';

export type { StubAnswer, StubRequest } from './stub-answers.ts';

/** The state of the stub, open to tests. */
export class Stub {
  session: Session | null = null;
  providers: Provider[] = providers;
  configs: GitopsConfig[] = [];
  projects: Project[] = [];
  environments: Environment[] = [];
  healthRules: HealthRule[] = [];
  applications: Application[] = [];
  deployments: Deployment[] = [];
  values: (Values & { application: string })[] = [];
  users: User[] = [];
  charts: Chart[] = [];
  chartRepositories: ChartRepository[] = [];
  clusters: Cluster[] = [];
  running = new Map<string, Running>();
  templates: Template[] = defaults.templates;
  /** Secret values, holds and what runs, by `application/environment`. */
  secrets = new Map<string, SecretValues>();
  holds = new Map<string, Hold>();
  reseal: Reseal = { total: 0, done: 0, failed: [], ended: true, requested_by: null, requested_at: null };
  ageIdentity: AgeIdentity = { recipient: 'age1stub0lh3cvcjcc5wjf0r0yq7s0m7kqy0m6u8s9f4lq', created_at: now(), exported_at: now(), earlier: [] };
  requests: StubRequest[] = [];
  /** Milliseconds between the stages of checks and deployments. */
  pace = 0;
  /** Answers that replace the stub's own, by method and path. */
  answers = new Map<string, StubAnswer>();
  private listeners = new Set<(kind: string, data: unknown) => void>();
  private routes: [method: string, pattern: RegExp, handler: Handler][] = [];

  constructor() {
    this.people();
    this.gitops();
    this.things();
    this.work();
    for (const routes of [charts, clusters, healthRules, keys, resources]) routes(this);
  }

  /** Hears the events. */
  listen(listener: (kind: string, data: unknown) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Sends an event. */
  emit(kind: string, data: unknown) {
    for (const listener of this.listeners) listener(kind, structuredClone(data));
  }

  /** Answers one request below `/api/v1`. */
  async handle(request: StubRequest): Promise<StubAnswer> {
    this.requests.push(request);
    const fixed = this.answers.get(`${request.method} ${request.path}`);
    if (fixed) return fixed;
    if (!this.session && request.path !== '/session') return refuse(401, 'not_signed_in', 'Sign in first.');
    for (const [method, pattern, handler] of this.routes) {
      const match = pattern.exec(request.path);
      if (match && method === request.method) return structuredClone(await handler(request, match.slice(1).map(decodeURIComponent)));
    }
    return missing();
  }

  /** Signs someone in without asking. */
  enter(name = 'admin', roles: Session['roles'] = [{ role: 'administrator', project: null }]) {
    this.session = { user: { id: id(), name, email: `${name}@acme.dev`, password_is_initial: false }, roles, csrf: 'csrf-1' };
    return this;
  }

  /** Answers a method at a path; `*` stands for one part of it. */
  on(method: string, path: string, handler: Handler) {
    this.routes.push([method, new RegExp(`^${path.replaceAll('*', '([^/]+)')}$`), handler]);
  }

  private people() {
    this.on('GET', '/session', () => (this.session ? ok(this.session) : refuse(401, 'not_signed_in', 'Sign in first.')));
    this.on('POST', '/session', ({ body }) => {
      if (!String(body.password).startsWith('correct horse')) return refuse(401, 'sign_in_failed', 'User name or password is wrong.');
      return ok(this.enter(String(body.name)).session);
    });
    this.on('DELETE', '/session', () => {
      this.session = null;
      return ok(undefined, 204);
    });
    this.on('GET', '/users', () => page(this.users));
    this.on('GET', '/tokens', () => page([]));
    this.on('GET', '/audit', () => page([]));
    this.on('GET', '/version', () => ok({ version: '0.1.0' }));
  }

  private gitops() {
    this.on('GET', '/providers', () => ok({ items: this.providers }));
    this.on('GET', '/gitops-configs', () => page(this.configs));
    this.on('GET', '/gitops-configs/*', (_, [name]) => {
      const config = this.configs.find((each) => each.name === name);
      return config ? ok(config) : missing();
    });
    this.on('GET', '/gate', () => {
      const active = this.configs.find((config) => config.active)?.name ?? null;
      return ok({ open: active !== null, active, sentence: active ? null : 'Connect a Git account to deploy.', administrators: ['admin'] });
    });
    this.on('POST', '/gitops-configs/*/check', async ({ body }, [name = '']) => ok(await this.check(name, body as unknown as GitopsConfigInput)));
    this.on('DELETE', '/gitops-configs/*', (_, [name]) => {
      this.configs = this.configs.filter((config) => config.name !== name);
      return ok(undefined, 204);
    });
    this.on('PUT', '/gitops-configs/*', async ({ body, headers }, [name = '']) => {
      const input = body as unknown as GitopsConfigInput;
      const before = this.configs.find((config) => config.name === name);
      if (before && headers['if-match'] !== `"${before.version}"`) return refuse(412, 'stale', 'Someone else saved this account.');
      if (input.organization?.includes('/')) {
        const meant = input.organization.split('/').at(-1) ?? '';
        return refuse(422, 'invalid', 'The input is wrong.', { errors: [{ field: 'organization', code: 'address_instead_of_name', message: `This is an address; the organization is ${meant}. Use that?`, suggestion: meant }] });
      }
      const check = await this.check(name, input);
      if (check.failed) return refuse(422, 'check_failed', 'The check failed; nothing was saved.', { check });
      if (input.activate) for (const config of this.configs) config.active = false;
      const stored = this.stored(name, input, before, check);
      this.configs = [...this.configs.filter((config) => config.name !== name), stored];
      return ok(stored, before ? 200 : 201);
    });
  }

  private stored(name: string, input: GitopsConfigInput, before: GitopsConfig | undefined, check: Check): GitopsConfig {
    return {
      id: before?.id ?? id(),
      name,
      provider: input.provider,
      host: input.host ?? '',
      organization: input.organization ?? '',
      group: input.group ?? '',
      project: input.project ?? '',
      workspace: input.workspace ?? '',
      project_key: input.project_key || null,
      credential: input.credential ?? 'none',
      username: input.username ?? '',
      has_secret: Boolean(input.secret) || (before?.has_secret ?? false),
      ca_pem: input.ca_pem ?? null,
      client_certificate_pem: input.client_certificate_pem ?? null,
      proxy: input.proxy ?? null,
      repositories: input.repositories ?? defaults.repositories,
      active: input.activate ?? before?.active ?? false,
      applications: before?.applications ?? 0,
      saved_by: this.session?.user.name ?? '',
      saved_at: now(),
      created_at: before?.created_at ?? now(),
      version: (before?.version ?? 0) + 1,
      check,
      ...stands(check),
    };
  }

  private pause = () => (this.pace ? new Promise((done) => setTimeout(done, this.pace)) : undefined);

  private async check(name: string, input: GitopsConfigInput): Promise<Check> {
    const lacking = input.secret === 'no-repo';
    const stages: CheckStage[] = defaults.stages(input).map((stage) => ({ ...stage, state: 'waiting', milliseconds: 0 }));
    const check: Check = { id: id(), config: name, requested_by: 'admin', created_at: now(), finished_at: null, failed: false, stages, facts: defaults.facts(input) };
    for (const stage of stages) {
      stage.state = 'running';
      this.emit('check', check);
      // eslint-disable-next-line no-await-in-loop -- stages happen one after the other
      await this.pause();
      stage.state = check.failed ? 'skipped' : 'passed';
      stage.milliseconds = check.failed ? 0 : 82;
      if (lacking && stage.stage === 'create') {
        check.failed = true;
        stage.state = 'failed';
        stage.diagnosis = { code: 'scope_missing', sentence: `The token can read ${input.organization ?? ''} but not create repositories.`, missing: 'repo', link: 'https://github.com/settings/tokens' };
      }
      this.emit('check', check);
    }
    check.finished_at = now();
    return check;
  }

  private things() {
    projects(this);
    this.on('GET', '/environments', () => page(this.environments));
    this.on('POST', '/environments', ({ body }) => {
      const environment = { ...defaults.environment(''), ...(body as unknown as Environment), id: id(), engine: body.cluster ? 'apply' : 'none' };
      this.environments.push(environment);
      return ok(environment, 201);
    });
    this.on('GET', '/templates', () => ok({ items: this.templates }));
    this.on('GET', '/templates/*', (_, [name]) => ok(this.templates.find((each) => each.name === name)));
    this.on('GET', '/applications', ({ search }) => ok(listed(this.applications.map((each) => this.withDeployments(each)), search)));
    this.on('POST', '/applications', ({ body }) => ok(this.application(String(body.name), String(body.project)), 201));
    this.on('GET', '/applications/*', (_, [name]) => {
      const found = this.applications.find((each) => each.name === name);
      return found ? ok(this.withDeployments(found)) : missing();
    });
  }

  /** Makes an application. */
  application(name: string, project: string): Application {
    const application = { ...defaults.application(name, project), id: id(), created_at: now() };
    this.applications.push(application);
    return application;
  }

  /** An application with what its environments are at. */
  withDeployments(application: Application): Application {
    const environments = this.environments.map(({ name }) => {
      const mine = this.deployments.filter((each) => each.application === application.name && each.environment === name).toReversed();
      return { environment: name, deployment: mine[0] ?? null, current: mine.find((each) => each.end === 'stored' || each.end === 'healthy' || each.end === 'degraded') ?? null, hold: this.holds.get(`${application.name}/${name}`) ?? null, drift: driftOf(this.running.get(`${application.name}/${name}`)) };
    });
    return { ...application, environments };
  }

  private work() {
    const app = '/applications/*';
    const latest = (name: string, environment: string | null) => this.values.findLast((each) => each.application === name && each.environment === environment);
    this.on('GET', `${app}/values`, ({ search }, [name = '']) => ok(latest(name, search.get('environment')) ?? null));
    this.on('GET', `${app}/values/history`, ({ search }, [name = '']) =>
      page(this.values.filter((each) => each.application === name && each.environment === search.get('environment')).toReversed()),
    );
    this.on('PUT', `${app}/values`, ({ body, search, headers }, [name = '']) => {
      const environment = search.get('environment');
      const number = latest(name, environment)?.number ?? 0;
      if (headers['if-match'] !== `"${number}"`) return refuse(412, 'stale', 'Someone else saved these values.');
      const yaml = String(body.yaml);
      const line = yaml.split('\n').findIndex((text) => text.includes('replicas: many'));
      if (line >= 0) return refuse(422, 'invalid_values', 'The values do not fit the template.', { problems: [{ path: 'replicas', line: line + 1, column: 11, message: '"many" is not a number.' }] });
      const { merge, secret_values: secrets = [] } = body as unknown as ValuesInput;
      if (secrets.some((each) => !putSecrets(this, name, each))) return refuse(412, 'stale', 'Someone else saved these secret values.');
      const stored = { number: number + 1, merge: merge ?? latest(name, environment)?.merge ?? ('merge' as const), environment, yaml, blob: 'b'.repeat(40), author: 'admin', message: String(body.message ?? ''), origin: 'saved' as const, created_at: now(), application: name };
      this.values.push(stored);
      return ok(stored);
    });
    this.on('GET', `${app}/effective-values`, (_, [name = '']) => ok({ yaml: `${defaults.template.default_values}${latest(name, null)?.yaml ?? ''}` }));
    this.on('POST', `${app}/preview`, ({ body }) => previewAnswer(body as Wanted));
    this.on('POST', `${app}/deployments`, ({ body }, [name = '']) => {
      if (!this.configs.some((config) => config.active)) return refuse(409, 'gitops_not_configured', 'Connect a Git account to deploy.', { link: '/configuration/gitops' });
      const { environment, restore, version, anew, ...unsaved } = body as unknown as Wanted & { environment: string };
      if (this.holds.has(`${name}/${environment}`)) return refuse(409, 'held', `${environment} is on hold. Release it first.`);
      const before = this.deployments.findLast((each) => each.application === name && each.number === (restore ?? each.number));
      const deployment = this.deployment(name, environment, String(body.image ?? before?.image ?? ''), String(body.message ?? ''));
      for (const [place, yaml] of [[null, unsaved.values], [environment, unsaved.override]] as const)
        if (yaml !== undefined) this.values.push({ number: (latest(name, place)?.number ?? 0) + 1, merge: unsaved.merge ?? 'merge', environment: place, yaml, blob: '', author: 'admin', message: '', origin: 'saved', created_at: now(), application: name });
      Object.assign(deployment, { chart: { ...(before?.chart ?? deployment.chart), ...(version ? { version } : {}) }, restores: restore ?? null, anew: anew ?? false });
      if (restore) this.holds.set(`${name}/${environment}`, { by: 'admin', reason: '', deployment: deployment.number, created_at: now() });
      void this.run(deployment);
      return ok(deployment, 202);
    });
  }

  /** Makes a deployment that waits. */
  deployment(application: string, environment: string, image: string, message = ''): Deployment {
    const number = this.deployments.filter((each) => each.application === application).length + 1;
    const deployment = { ...defaults.deployment(application, environment, image), id: id(), number, message, created_at: now() };
    this.deployments.push(deployment);
    return deployment;
  }

  /** Takes a deployment through its stages. */
  async run(deployment: Deployment) {
    for (const stage of ['rendered', 'committed', 'released', 'finished'] as const) {
      // eslint-disable-next-line no-await-in-loop -- stages happen one after the other
      await this.pause();
      deployment.stage = stage;
      deployment.timeline.push({ stage, at: now(), milliseconds: 64, note: '' });
      if (stage === 'committed') {
        deployment.commit = 'c1a90b7f00c1a90b7f00c1a90b7f00c1a90b7f00';
        deployment.commit_url = `https://github.com/acme/gitops-${deployment.application}/commit/${deployment.commit}`;
      }
      if (stage === 'finished') Object.assign(deployment, { end: 'stored', finished_at: now() });
      this.emit('deployment', deployment);
    }
  }
}
