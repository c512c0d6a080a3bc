import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults } from '../../testing/stub-data';
import { secretChange } from './ObjectDialog';
import { keysOf, objectsOf, otherNames, problemsOf, withObject, type ConfigObject } from './objects';

const yaml = '# the shop\nreplicas: 2 # two\nconfigMaps:\n  # for the basket\n  basket:\n    as: environment\n    data:\n      LIMIT: "20"\n';
const files: ConfigObject = { name: 'limits', as: 'files', mountPath: '/etc/shop', data: [['limits.yaml', 'a: 1\nb: 2\n']] };

describe('objects in values', () => {
  it('are read and written without touching the rest', () => {
    expect(objectsOf(yaml, 'configMaps')).toEqual([{ name: 'basket', as: 'environment', mountPath: '', data: [['LIMIT', '20']] }]);
    const more = withObject(yaml, 'configMaps', 'limits', files);
    expect(more).toContain('# the shop\nreplicas: 2 # two\n');
    expect(more).toContain('# for the basket');
    expect(objectsOf(more, 'configMaps')?.map((each) => each.name)).toEqual(['basket', 'limits']);
    expect(objectsOf(more, 'configMaps')?.[1]).toEqual(files);
    const renamed = withObject(more, 'configMaps', 'limits', { ...files, name: 'bounds' });
    expect(objectsOf(renamed, 'configMaps')?.map((each) => each.name)).toEqual(['basket', 'bounds']);
    const kept = withObject('configMaps:\n  limits:\n    as: files\n    mountPath: /a\n    subPath: limits.yaml\n', 'configMaps', 'limits', { ...files, name: 'bounds' });
    expect(kept).toContain('subPath: limits.yaml');
    expect(objectsOf(withObject('configMaps:\nsecrets: {}\n', 'configMaps', 'limits', files), 'configMaps')).toEqual([files]);
    expect(withObject(yaml, 'configMaps', 'basket', null)).toBe('# the shop\nreplicas: 2 # two\n');
    expect(withObject('', 'secrets', 'db', { name: 'db', as: 'environment', mountPath: '', data: [['PASSWORD', 'planted']] })).toBe('secrets:\n  db:\n    as: environment\n');
  });

  it('are none where there is no mapping', () => {
    expect([objectsOf('', 'secrets'), objectsOf('configMaps: 7\n', 'configMaps'), objectsOf('- a\n', 'configMaps'), objectsOf('a: [', 'configMaps')]).toEqual([[], [], null, null]);
    expect(withObject('a: [', 'configMaps', 'x', files)).toBe('a: [');
  });

  it('are refused with what is wrong', () => {
    const wrong = (change: Partial<ConfigObject>) => Object.keys(problemsOf({ ...files, ...change }, ['basket']));
    expect([wrong({}), wrong({ name: 'A' }), wrong({ name: 'basket' }), wrong({ mountPath: 'etc' }), wrong({ data: [['a b', '']] }), wrong({ data: [['a', ''], ['a', '']] }), wrong({ as: 'environment', mountPath: '', data: [['1A', '']] })]).toEqual([[], ['name'], ['name'], ['mountPath'], ['data'], ['data'], ['data']]);
  });

  it('tell of secrets only what was typed anew or removed', () => {
    const database: ConfigObject = { name: 'db', as: 'environment', mountPath: '', data: [['USER', ''], ['PASSWORD', 'new'], ['tls.key', 'k']] };
    expect(secretChange(['USER', 'OLD'], database)).toEqual({ set: '{"secrets":{"db":{"data":{"PASSWORD":"new","tls.key":"k"}}}}', remove: ['secrets.db.data.OLD'] });
    expect(secretChange(['USER'], { ...database, data: [['USER', '']] })).toBeNull();
    expect(keysOf(['secrets.db.data.USER', 'secrets.db.data."tls.key"', 'auth.password'], 'db')).toEqual(['USER', 'tls.key']);
    expect(secretChange(['tls.key'], { ...database, data: [] })).toEqual({ remove: ['secrets.db.data."tls.key"'] });
    expect(otherNames(['secrets.db.data.USER', 'secrets.db.data."tls.key"', 'auth.password'])).toEqual(['auth.password']);
  });
});

function shop(): Stub {
  const stub = new Stub().enter();
  stub.environments.push(defaults.environment('production'));
  stub.application('shop', 'storefront');
  stub.values.push({ number: 1, environment: 'production', yaml, blob: '', author: 'maria', message: '', origin: 'saved', merge: 'merge', created_at: '', application: 'shop' });
  return stub;
}

it('makes a Secret whose texts go to the secret values alone', async () => {
  const { user, stub } = open('/applications/shop/configuration?environment=production', shop());
  await screen.findByText('basket', { selector: 'b' });
  await user.click(await screen.findByRole('button', { name: 'New Secret' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^Name/), 'database');
  await user.click(within(dialog).getByRole('button', { name: 'Add an entry' }));
  await user.type(within(dialog).getByLabelText('Key 1'), 'PASSWORD');
  await user.type(within(dialog).getByLabelText('Text of PASSWORD'), 'planted-secret');
  expect(within(dialog).getByLabelText<HTMLInputElement>('Text of PASSWORD').type).toBe('password');
  expect(JSON.stringify({ ...localStorage })).toContain('database');
  expect(JSON.stringify({ ...localStorage })).not.toContain('planted-secret');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(stub.secrets.get('shop/production')?.keys).toEqual(['secrets.database.data.PASSWORD']));
  expect(stub.values.at(-1)?.yaml).toContain('secrets:\n  database:\n    as: environment\n');
  expect(stub.values.at(-1)?.yaml).not.toContain('planted-secret');
  expect(stub.requests.filter((each) => each.method === 'PUT').map((each) => each.path)).toEqual(['/applications/shop/values']);
  expect(JSON.stringify({ ...localStorage })).not.toContain('planted-secret');
  const row = (await screen.findByText('database', { selector: 'b' })).closest('tr')!;
  await waitFor(() => expect(row.textContent).toContain('PASSWORD'));
});

it('sets and removes other secret values', async () => {
  const stub = shop();
  stub.secrets.set('shop/production', { number: 1, keys: ['auth.password', 'auth.token'], author: 'maria', created_at: new Date().toISOString() });
  const { user } = open('/applications/shop/configuration?environment=production', stub);
  await user.click(await screen.findByRole('button', { name: /^Remove\s*auth\.token$/ }));
  await user.click(screen.getByRole('button', { name: /^Set anew\s*auth\.password$/ }));
  await user.type(screen.getByLabelText('Secret value of auth.password'), 'planted-secret');
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  await waitFor(() => expect(stub.requests.findLast((each) => each.method === 'PUT')?.body).toEqual({ set: '{"auth":{"password":"planted-secret"}}', remove: ['auth.token'], message: '' }));
  await waitFor(() => expect(document.body.textContent).not.toContain('auth.token'));
});

it('removes an entry of the version in which it was marked, not of one that somebody else saved since', async () => {
  const stub = shop();
  const saved = (number: number, keys: string[]) => stub.secrets.set('shop/production', { number, keys, author: 'maria', created_at: new Date().toISOString() });
  saved(1, ['hosts[0]', 'hosts[1]', 'hosts[2]']);
  const { user } = open('/applications/shop/configuration?environment=production', stub);
  await user.click(await screen.findByRole('button', { name: /^Remove\s*hosts\[1\]$/ }));
  saved(2, ['hosts[0]', 'hosts[1]']);
  stub.emit('missed', {});
  await waitFor(() => expect(document.body.textContent).not.toContain('hosts[2]'));
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  await waitFor(() => expect(stub.requests.findLast((each) => each.method === 'PUT')?.headers['if-match']).toBe('"1"'));
  // It was refused: what was marked is marked again by who sees what is there now.
  await screen.findByRole('button', { name: /^Remove\s*hosts\[1\]$/ });
});

it('sets a list anew as a whole', async () => {
  const stub = shop();
  stub.secrets.set('shop/production', { number: 1, keys: ['auth.password', 'auth.users[0]', 'auth.users[1]'], author: 'maria', created_at: new Date().toISOString() });
  const { user } = open('/applications/shop/configuration?environment=production', stub);
  await user.click(await screen.findByRole('button', { name: /^Remove\s*auth\.users\[1\]$/ }));
  await user.click(screen.getByRole('button', { name: /^Set the list anew\s*auth\.users\[0\]$/ }));
  expect(screen.getAllByText('set anew with the next save')).toHaveLength(2);
  expect(screen.queryByText('goes with the next save')).toBeNull();
  expect(screen.queryByRole('button', { name: /(Remove|Keep it)\s*auth\.users\[1\]$/ })?.closest('.entry')).not.toBeNull();
  await user.type(screen.getByLabelText('Secret value of auth.users[1]'), 'second');
  await screen.findByText(/this entry of it needs a text too, or is said to be empty/);
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  expect(stub.requests.some((each) => each.method === 'PUT')).toBe(false);
  await user.type(screen.getByLabelText('Secret value of auth.users[0]'), 'first');
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  await waitFor(() => expect(stub.requests.findLast((each) => each.method === 'PUT')?.body).toEqual({ set: '{"auth":{"users":["first","second"]}}', message: '' }));
});

it('shows names to those who may not change them', async () => {
  const stub = shop().enter('vera', [{ role: 'viewer', project: null }]);
  stub.secrets.set('shop/production', { number: 1, keys: ['auth.password'], author: 'maria', created_at: new Date().toISOString() });
  open('/applications/shop/configuration?environment=production', stub);
  await screen.findByText('auth.password');
  expect(screen.queryByRole('button', { name: /New|Edit|Remove|Add/ })).toBeNull();
});

it('changes the template after showing what that does', async () => {
  const { user, stub } = open('/applications/shop/template', shop());
  await user.click(await screen.findByRole('button', { name: 'Change template' }));
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText('This is the template that is there now.');
  await user.selectOptions(within(dialog).getByLabelText('Template'), 'Job 0.1.0');
  await within(dialog).findByText('Your values and the new defaults: deployment 0.1.0 → job 0.1.0');
  await user.click(within(dialog).getByRole('button', { name: 'Change to job@0.1.0' }));
  await screen.findByText('Template job 0.1.0');
  expect(stub.requests.findLast((each) => each.method === 'PATCH')?.body).toEqual({ template: 'job@0.1.0' });
});

it('keeps the name of a Secret, edits entries with dots, and removes them by the name the server has', async () => {
  const stub = shop();
  stub.values[0]!.yaml = `${yaml}secrets:\n  web:\n    as: files\n    mountPath: /etc/tls\n`;
  stub.secrets.set('shop/production', { number: 1, keys: ['secrets.web.data."tls.crt"', 'secrets.web.data."tls.key"'], author: 'maria', created_at: new Date().toISOString() });
  const { user } = open('/applications/shop/configuration?environment=production', stub);
  await user.click(await screen.findByRole('button', { name: /^Edit\s*web$/ }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByLabelText<HTMLInputElement>(/^Name/).readOnly).toBe(true);
  expect([1, 2].map((at) => dialog.getByLabelText<HTMLInputElement>(`Key ${at}`).value)).toEqual(['tls.crt', 'tls.key']);
  await user.type(dialog.getByLabelText('Text of tls.key'), 'planted-secret');
  await user.click(dialog.getByRole('button', { name: /^Remove\s*tls\.crt$/ }));
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(stub.requests.findLast((each) => each.method === 'PUT')?.body).toMatchObject({ set: '{"secrets":{"web":{"data":{"tls.key":"planted-secret"}}}}', remove: ['secrets.web.data."tls.crt"'] }));
});

it('saves nothing while a secret value has no name, and says so at its row', async () => {
  const { user, stub } = open('/applications/shop/configuration?environment=production', shop());
  await user.click(await screen.findByRole('button', { name: 'Add a secret value' }));
  await user.click(screen.getByRole('button', { name: 'Add a secret value' }));
  await user.type(screen.getByLabelText('Secret value 1'), 'lost');
  await user.type(screen.getByLabelText('Name of secret value 2'), 'auth.user');
  await user.type(screen.getByLabelText('Secret value of auth.user'), 'x');
  await screen.findByText('This one has no name yet: give it one, or remove it.');
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  expect(stub.requests.some((each) => each.method === 'PUT')).toBe(false);
  await user.type(screen.getByLabelText('Name of secret value 1'), 'auth');
  await screen.findByText(/Another row gives a text to a part of this name/);
  await user.type(screen.getByLabelText('Name of secret value 1'), '.password');
  await user.click(screen.getByRole('button', { name: 'Save secret values' }));
  await waitFor(() => expect(stub.requests.find((each) => each.method === 'PUT')?.body).toMatchObject({ set: '{"auth":{"password":"lost","user":"x"}}' }));
});
