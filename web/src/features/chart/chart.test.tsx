import { EditorView } from '@codemirror/view';
import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { chartOf, redis } from '../../testing/stub-charts';
import { defaults } from '../../testing/stub-data';
import { schemaOf, schemaRows } from './schema';
import { likelySecrets } from './secrets';
import { nameFor } from './useInstall';
import { compareVersions, isNewer } from './version';

describe('rules', () => {
  it('orders versions as semantic versions', () => {
    const versions = ['1.0.0', '1.0.0-rc.2', '1.0.0-rc.10', '0.9', '10.0.0', 'v2.1.0', '1.0.0-alpha', '1.0.0+build'];
    expect(versions.toSorted(compareVersions)).toEqual(['0.9', '1.0.0-alpha', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0', '1.0.0+build', 'v2.1.0', '10.0.0']);
    expect([isNewer('20.2.0', '20.1.0'), isNewer('20.1.0', '20.1.0'), isNewer('1.0.0-rc.1', '1.0.0'), isNewer('b', 'a')]).toEqual([true, false, false, true]);
  });

  it('names an application after its chart', () => {
    expect(['redis', 'Bitnami/Redis_Cluster', '3scale', 'a.b'].map(nameFor)).toEqual(['redis', 'redis-cluster', 'scale', 'a-b']);
  });

  it('tells what the schema of a chart says, whatever it is', () => {
    expect(schemaRows(schemaOf(redis.schema)).map((row) => [row.path, row.type, row.required])).toEqual([
      ['architecture', '"standalone", "replication"', false],
      ['auth', 'object', false],
      ['auth.enabled', 'boolean', true],
      ['auth.password', 'string', false],
    ]);
    expect([schemaRows(null), schemaRows('x'), schemaRows({ properties: 7 })]).toEqual([[], [], []]);
    expect([schemaOf(null), schemaOf('{'), schemaOf('[1]')]).toEqual([null, null, [1]]);
    const endless = { properties: { a: { $ref: '#' } } };
    expect(schemaRows(endless).length).toBeLessThan(10);
    const wide = { properties: Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`k${at}`, {}])) };
    expect(schemaRows(wide)).toHaveLength(400);
  });

  it('knows which values probably are secrets', () => {
    expect(likelySecrets('auth:\n  enabled: true\n  password: ""\n  usePasswordFiles: false\n  existingSecret: ""\ntoken: ""\ntokenReview: true\napiKey: x\n')).toEqual(['auth.password', 'auth.existingSecret', 'token', 'apiKey']);
  });
});

function stocked(): Stub {
  const stub = new Stub().enter();
  stub.projects.push({ id: 'p', name: 'storefront', description: '', created_at: new Date().toISOString(), version: 1, applications: 0, destinations: null, cluster_kinds: null });
  stub.environments.push(defaults.environment('production'), defaults.environment('dev'));
  stub.charts.push(chartOf('acme', 'redis-cluster', ['9.0.0'], { deprecated: true }), chartOf('acme', 'redis', ['20.2.0', '20.1.0']), chartOf('registry', 'team/shop', ['1.0.0']));
  return stub;
}

const links = () => [...document.querySelectorAll('tbody .lead a')].map((link) => link.textContent);

describe('finding', () => {
  it('searches as one types, keeps the order of the server and says what is deprecated', async () => {
    const { user } = open('/charts', stocked());
    await waitFor(() => expect(links()).toEqual(['redis-cluster', 'redis', 'team/shop']));
    await user.type(screen.getByRole('searchbox'), 'redis');
    await waitFor(() => expect(links()).toEqual(['redis', 'redis-cluster']));
    expect(window.location.search).toBe('?search=redis');
    expect(screen.getAllByText('deprecated')).toHaveLength(1);
    await user.clear(screen.getByRole('searchbox'));
    await user.type(screen.getByRole('searchbox'), 'nothing');
    await user.click(await screen.findByRole('button', { name: 'Clear the search' }));
    await waitFor(() => expect(links()).toHaveLength(3));
  });

  it('leads to adding a repository while there is none, or tells whom it is up to', async () => {
    open('/charts');
    expect((await screen.findByRole('link', { name: 'Add a repository' })).getAttribute('href')).toBe('/charts/repositories?new=true');
  });

  it('tells viewers that an administrator can add one', async () => {
    open('/charts', new Stub().enter('vera', [{ role: 'viewer', project: null }]));
    await screen.findByText(/An administrator can add one/);
    expect(screen.queryByRole('link', { name: 'Add a repository' })).toBeNull();
  });

  it('shows the newest stable version first, and a prerelease where it is chosen', async () => {
    const stub = stocked();
    const redis = stub.charts.find((each) => each.name === 'redis')!;
    redis.list.unshift({ ...redis.list[0]!, version: '21.0.0-rc.1' });
    const { user } = open('/charts/acme/redis', stub);
    const select = await screen.findByLabelText<HTMLSelectElement>('Version');
    expect([select.value, select.options[0]?.value]).toEqual(['20.2.0', '21.0.0-rc.1']);
    await user.selectOptions(select, '21.0.0-rc.1');
    await waitFor(() => expect(window.location.search).toContain('21.0.0-rc.1'));
  });

  it('shows a chart: README without HTML, versions, schema, digest', async () => {
    const { user } = open('/charts/acme/redis', stocked());
    await screen.findByRole('heading', { name: 'Redis' });
    expect(document.querySelector('.markdown script')).toBeNull();
    expect(screen.getByTitle(/^Copy digest/)).toBeTruthy();
    await user.click(screen.getByRole('link', { name: 'Schema' }));
    await screen.findByText('How it runs.');
    await user.click(screen.getByRole('link', { name: 'Versions' }));
    await user.click(await screen.findByRole('link', { name: '20.1.0' }));
    await waitFor(() => expect(window.location.search).toContain('version=20.1.0'));
  });

  it('warns of a digest that changed under its version, until an administrator trusts it', async () => {
    const stub = stocked();
    Object.assign(stub.charts[1]!.list[0]!, { digest: 'b'.repeat(64), changed: true });
    const { user } = open('/charts/acme/redis', stub);
    await screen.findByText(/its digest changed under the same version/);
    await user.click(screen.getByRole('button', { name: 'Trust the new digest' }));
    await waitFor(() => expect(screen.queryByText(/its digest changed/)).toBeNull());
    expect(stub.requests.find((each) => each.path.endsWith('/trust'))?.body).toEqual({ digest: 'b'.repeat(64) });
  });

  it('takes names with slashes', async () => {
    const { stub } = open('/charts/registry/team%2Fshop', stocked());
    await screen.findByRole('heading', { name: 'team/shop' });
    expect(stub.requests.some((request) => request.path === '/charts/registry/team%2Fshop')).toBe(true);
  });
});

describe('installing', () => {
  const panel = () => screen.findByRole('dialog');

  it('shows at once what is made, installs what was shown, and keeps no secret', async () => {
    const { user, stub } = open('/charts/acme/redis?version=20.1.0&install=production', stocked());
    const dialog = await panel();
    await within(dialog).findByText(/4 of 4 objects change/);
    expect(within(dialog).getByText('Generated values')).toBeTruthy();
    await user.click(within(dialog).getByRole('button', { name: 'Add a secret value' }));
    await user.click(within(dialog).getByLabelText('Name of secret value 1'));
    await user.paste('auth.password');
    const masked = within(dialog).getByLabelText<HTMLInputElement>('Secret value of auth.password');
    expect(masked.type).toBe('password');
    await user.click(masked);
    await user.paste('planted-secret');
    await within(dialog).findByText(/redis-password is new/);
    expect(JSON.stringify({ ...localStorage })).not.toContain('planted-secret');
    expect(window.location.href).not.toContain('planted-secret');
    const name = dialog.querySelector<HTMLInputElement>('input[name="name"]')!;
    await user.clear(name);
    await user.paste('cache');
    await waitFor(() => expect(dialog.querySelector('.stale')).toBeNull());
    await waitFor(() => expect(stub.requests.filter((each) => each.path === '/charts/preview').at(-1)?.body.name).toBe('cache'));
    await user.click(within(dialog).getByRole('button', { name: 'Install redis 20.1.0 to production' }));
    await waitFor(() => expect(document.querySelectorAll('dialog [data-state="passed"]')).toHaveLength(3));
    const sent = stub.requests.find((request) => request.path === '/charts/install')!;
    expect(sent.body).toMatchObject({ name: 'cache', project: 'storefront', repository: 'acme', chart: 'redis', version: '20.1.0', environment: 'production', secret_values: '{"auth":{"password":"planted-secret"}}', digest: 'd'.repeat(64) });
    expect(sent.headers['idempotency-key']).toBeTruthy();
    expect(JSON.stringify({ ...localStorage })).toBe('{}');
    expect(screen.getByRole('link', { name: 'Open the application' }).getAttribute('href')).toBe('/applications/cache');
  }, 60_000);

  it('keeps what was typed but for secrets, and says what is refused at its field', async () => {
    const stub = stocked();
    stub.application('redis', 'storefront');
    const { user } = open('/charts/acme/redis?install=production', stub);
    const dialog = await panel();
    await within(dialog).findByText(/4 of 4 objects change/);
    await user.type(within(dialog).getByLabelText(/^Message/), 'Needed by the basket');
    await waitFor(() => expect(dialog.querySelector('.stale')).toBeNull());
    await user.click(within(dialog).getByRole('button', { name: 'Install redis 20.2.0 to production' }));
    await waitFor(() => expect(within(dialog).getByLabelText(/^Name\b/, { selector: 'input[name="name"]' }).getAttribute('aria-invalid')).toBe('true'));
    expect(JSON.stringify({ ...localStorage })).toContain('Needed by the basket');
  });

  it('is not offered to those who only see', async () => {
    open('/charts/acme/redis?install=production', stocked().enter('vera', [{ role: 'viewer', project: null }]));
    await screen.findByRole('heading', { name: 'Redis' });
    expect([screen.queryByRole('dialog'), screen.queryByRole('button', { name: 'Install' })]).toEqual([null, null]);
  });
});

/** The editor with a label; it lies in a shadow root. */
function editorOf(label: string): EditorView {
  const contents = [...document.querySelectorAll('.editor')].map((host) => host.shadowRoot?.querySelector<HTMLElement>(`[aria-label="${label}"]`));
  const found = contents.find(Boolean);
  const view = found ? EditorView.findFromDOM(found) : null;
  if (!view) throw new Error(`There is no editor ${label} yet.`);
  return view;
}

describe('installed', () => {
  function installed(): Stub {
    const stub = stocked();
    stub.application('shop', 'storefront');
    const cache = stub.application('cache', 'storefront');
    cache.source = { kind: 'chart', repository: 'acme', name: 'redis', version: null };
    const deployment = stub.deployment('cache', 'production', '');
    Object.assign(deployment, { chart: { repository: 'acme', name: 'redis', version: '20.1.0', digest: null }, end: 'stored', stage: 'finished', commit: 'c'.repeat(40) });
    stub.configs.push({ name: 'acme', active: true } as never);
    return stub;
  }

  it('lists applications of charts, with the newer version and the way to it', async () => {
    const { user } = open('/charts/installed', installed());
    await waitFor(() => expect(links()).toEqual(['cache']));
    await user.click(await screen.findByRole('link', { name: 'Upgrade production to 20.2.0' }));
    const dialog = await screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    await within(dialog).findByText('Your values and the new defaults: redis 20.1.0 → redis 20.2.0');
    expect([...dialog.querySelectorAll('.changes .tag')].map((tag) => tag.textContent)).toEqual(['1 gone', '1 of yours stays', '1 changes', '1 new', 'kept']);
    await within(dialog).findByRole('button', { name: 'Upgrade production to 20.2.0' });
  });

  it('has in the panel the version that a link asks for, whatever was chosen before', async () => {
    const { user } = open('/applications/cache?deploy=production', installed());
    const panel = () => screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    const version = async () => within(await panel()).findByLabelText<HTMLSelectElement>(/^Version/);
    await waitFor(async () => expect((await version()).options.length).toBeGreaterThan(1));
    await user.selectOptions(await version(), '20.1.0');
    await user.click(within(await panel()).getAllByRole('button', { name: 'Close' })[0]!);
    cleanup();
    const next = open('/charts/installed', installed());
    await next.user.click(await screen.findByRole('link', { name: 'Upgrade production to 20.2.0' }));
    await within(await panel()).findByRole('button', { name: 'Upgrade production to 20.2.0' });
    // What is chosen after that counts, also once the page is loaded anew.
    await next.user.selectOptions(await version(), '20.1.0');
    await within(await panel()).findByRole('button', { name: /20\.1\.0/ });
    await waitFor(() => expect(window.location.search).toBe('?deploy=production'));
    cleanup();
    open('/applications/cache?deploy=production', installed());
    await within(await panel()).findByRole('button', { name: /20\.1\.0/ });
  });

  it('generates anew only when asked, once, and shows it first', async () => {
    const { user, stub } = open('/applications/cache?deploy=production&version=20.2.0', installed());
    const dialog = await screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    await user.click(await within(dialog).findByRole('button', { name: 'Generate anew' }));
    const question = await screen.findByRole('dialog', { name: /Generate passwords, keys and certificates anew/ });
    await user.click(within(question).getByRole('button', { name: 'Generate anew' }));
    await within(dialog).findByText('Generated values are made anew by this deployment.');
    await waitFor(() => expect([...dialog.querySelectorAll('.own .tag')].map((tag) => tag.textContent)).toEqual(['new']));
    await waitFor(() => expect(dialog.querySelector('.stale')).toBeNull());
    await user.click(within(dialog).getByRole('button', { name: 'Upgrade production to 20.2.0' }));
    await waitFor(() => expect(stub.requests.find((each) => each.method === 'POST' && each.path.endsWith('/deployments'))?.body).toMatchObject({ version: '20.2.0', anew: true }));
  });

  it('previews values that are not saved, and saves them with the deployment', async () => {
    const stub = installed();
    stub.values.push({ number: 1, environment: null, yaml: 'replicas: 1\n', blob: '', author: 'maria', message: '', origin: 'saved', merge: 'merge', created_at: '', application: 'cache' });
    const { user } = open('/applications/cache?deploy=production&version=20.2.0', stub);
    const dialog = await screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    await user.click(within(dialog).getByText('Values'));
    const write = async (label: string, text: string) => {
      const editor = await waitFor(() => editorOf(label), { timeout: 10_000 });
      act(() => editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } }));
    };
    await write('Values of Base values', 'replicas: 2\n');
    await waitFor(() => expect([...dialog.querySelectorAll('.add')].map((each) => each.textContent)).toContain('+ replicas: 2'));
    await user.click(within(dialog).getByLabelText('production', { selector: 'input' }));
    await write('Values of production', 'replicas: 3\n');
    await user.click(within(dialog).getByLabelText(/They take the place of the base values/));
    await within(dialog).findByText(/The base values do not count in this environment any more/);
    await user.click(within(dialog).getByRole('button', { name: 'Add a secret value' }));
    await user.type(within(dialog).getByLabelText('Name of secret value 1'), 'auth.password');
    await user.type(within(dialog).getByLabelText('Secret value of auth.password'), 'planted-secret');
    expect(JSON.stringify({ ...localStorage })).toContain('replicas: 2');
    expect(JSON.stringify({ ...localStorage })).not.toContain('planted-secret');
    await waitFor(() => expect(stub.requests.findLast((each) => each.path.endsWith('/preview'))?.body.secret_values).toBe('{"auth":{"password":"planted-secret"}}'));
    await waitFor(() => expect(dialog.querySelector('.stale')).toBeNull());
    await user.click(within(dialog).getByRole('button', { name: 'Upgrade production to 20.2.0' }));
    await waitFor(() => expect(stub.requests.find((each) => each.method === 'POST' && each.path.endsWith('/deployments'))?.body).toMatchObject({ version: '20.2.0', values: 'replicas: 2\n', override: 'replicas: 3\n', merge: 'replace', secret_values: '{"auth":{"password":"planted-secret"}}', digest: 'd'.repeat(64) }));
    await waitFor(() => expect(JSON.stringify({ ...localStorage })).not.toContain('replicas'));
  }, 60_000);

  it('shows what is wrong with unsaved values at its line, and in which of the two texts', async () => {
    const { user } = open('/applications/cache?deploy=production&version=20.2.0', installed());
    const dialog = await screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    await user.click(within(dialog).getByText('Values'));
    await user.click(await within(dialog).findByLabelText('production', { selector: 'input' }));
    const own = await waitFor(() => editorOf('Values of production'), { timeout: 10_000 });
    act(() => own.dispatch({ changes: { from: 0, insert: '# many\nreplicas: many\n' } }));
    await within(dialog).findByText('1 wrong line', {}, { timeout: 5000 });
    const marked = () => own.dom.querySelectorAll('.cm-lintRange-error').length;
    await waitFor(() => expect(marked()).toBe(1));
    expect(own.dom.querySelector('.cm-lintRange-error')?.textContent).toBe('many');
    // The other text is not at fault, and its choice says where to look.
    await user.click(within(dialog).getByLabelText('Base values', { selector: 'input' }));
    const base = await waitFor(() => editorOf('Values of Base values'), { timeout: 10_000 });
    expect(base.dom.querySelector('.cm-lintRange-error')).toBeNull();
    await user.click(within(dialog).getByLabelText(/^production/, { selector: 'input' }));
    const again = await waitFor(() => editorOf('Values of production'), { timeout: 10_000 });
    act(() => again.dispatch({ changes: { from: 0, to: again.state.doc.length, insert: 'replicas: 3\n' } }));
    await waitFor(() => expect(within(dialog).queryByText('1 wrong line')).toBeNull(), { timeout: 5000 });
  }, 60_000);

  it('offers no values to those who may only deploy', async () => {
    const stub = installed().enter('dora', [{ role: 'deployer', project: 'storefront' }]);
    open('/applications/cache?deploy=production&version=20.2.0', stub);
    const dialog = await screen.findByRole('dialog', { name: 'Upgrade cache in production' });
    await within(dialog).findByText('What changes');
    expect(within(dialog).queryByText('Values')).toBeNull();
  });

  it('still deploys the version that is in Git when the chart repository is gone', async () => {
    const stub = installed();
    stub.charts = [];
    open('/applications/cache?deploy=production', stub);
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByText(/The chart repository does not answer/);
    await within(dialog).findByRole('button', { name: 'Deploy redis 20.1.0 to production' });
  });
});
