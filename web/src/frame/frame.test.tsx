import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { may } from '../features/session/data';
import { safeFrom } from '../features/session/SignInPage';
import { open } from '../testing/page';
import { Stub } from '../testing/stub';
import { crumbsOf } from './Crumbs';
import { matching } from './Palette';

describe('rules', () => {
  it('goes back only to addresses of the page itself', () => {
    expect(['/applications/shop?deploy=dev', undefined, '//evil.dev', '/\\evil.dev', 'https://evil.dev', '/sign-in'].map(safeFrom)).toEqual(['/applications/shop?deploy=dev', ...Array.from({ length: 5 }, () => '/applications')]);
  });

  it('lets a role on the installation hold in every project, and contain the lesser ones', () => {
    const session = (roles: Parameters<typeof may>[0]) => roles;
    const everywhere = session({ user: {} as never, csrf: '', roles: [{ role: 'manager', project: null }] });
    const shop = session({ user: {} as never, csrf: '', roles: [{ role: 'deployer', project: 'shop' }] });
    expect([may(everywhere, 'deployer', 'shop'), may(everywhere, 'administrator'), may(shop, 'viewer', 'shop'), may(shop, 'viewer', 'other'), may(shop, 'viewer'), may(null, 'viewer')]).toEqual([true, false, true, false, false, false]);
  });

  it('names the way to a page, also when an application is called like one', () => {
    expect(crumbsOf('/applications/users/template').map((crumb) => crumb.label)).toEqual(['Applications', 'users', 'Template']);
    expect(crumbsOf('/configuration/gitops').map((crumb) => crumb.to)).toEqual(['/configuration/gitops', '/configuration/gitops']);
  });

  it('finds by all words, with names that start so first', () => {
    const items = ['New application', 'Applications', 'my-shop', 'shop'].map((label) => ({ label, to: label, kind: 'page' as const }));
    expect(matching(items, 'shop').map((item) => item.label)).toEqual(['shop', 'my-shop']);
    expect(matching(items, 'app new').map((item) => item.label)).toEqual(['New application']);
  });
});

describe('the frame', () => {
  it('offers a new application to those who manage a project', async () => {
    const { user } = open('/applications', new Stub().enter('maria', [{ role: 'manager', project: 'storefront' }]));
    await screen.findByRole('heading', { name: 'Applications' });
    await user.keyboard('{Control>}k{/Control}');
    await screen.findByRole('option', { name: /New application/ });
    expect(screen.queryByRole('option', { name: /New project/ })).toBeNull();
  });

  it('asks who it is and goes back to where one was', async () => {
    const { user } = open('/configuration/about?x=1', new Stub());
    await user.type(await screen.findByLabelText(/User name/), 'admin');
    await user.type(screen.getByLabelText(/Password/), 'wrong{Enter}');
    await screen.findByText('User name or password is wrong.');
    await user.clear(screen.getByLabelText(/Password/));
    await user.type(screen.getByLabelText(/Password/), 'correct horse{Enter}');
    await screen.findByRole('heading', { name: 'About' });
    expect(window.location.pathname).toBe('/configuration/about');
  });

  it('asks again when the session ends, wherever that is noticed, and loses nothing', async () => {
    const { user, stub } = open('/applications/new', furnished());
    await user.type(await screen.findByLabelText(/^Name/), 'shop');
    stub.session = null;
    await user.click(screen.getByRole('button', { name: 'Create application' }));
    await screen.findByText(/Your session has ended/);
    await user.type(screen.getByLabelText(/User name/), 'admin');
    await user.type(screen.getByLabelText(/Password/), 'correct horse{Enter}');
    await waitFor(async () => expect((await screen.findByLabelText(/^Name/) as HTMLInputElement).value).toBe('shop'));
  });

  it('forgets a new application that was cancelled', async () => {
    const { user } = open('/applications/new', furnished());
    await user.type(await screen.findByLabelText(/^Name/), 'shop');
    expect(JSON.stringify({ ...localStorage })).toContain('shop');
    await user.click(screen.getByRole('link', { name: 'Cancel' }));
    await waitFor(() => expect(window.location.pathname).toBe('/applications'));
    expect(JSON.stringify({ ...localStorage })).not.toContain('shop');
  });

  it('tells whom to ask while no Git account is connected', async () => {
    open('/environments', new Stub().enter('vera', [{ role: 'viewer', project: 'storefront' }]));
    await screen.findByText('Ask an administrator to connect a Git account: admin');
    expect(screen.queryByRole('link', { name: 'Connect' })).toBeNull();
  });

  it('is worked by shortcuts, which keep quiet while someone types', async () => {
    open('/applications');
    await screen.findByText('No applications yet');
    const keys = userEvent.setup();
    await keys.keyboard('?');
    await within(await screen.findByRole('dialog')).findByText('Go to environments');
    await keys.click(screen.getByRole('button', { name: 'Close' }));
    await keys.keyboard('ge');
    await screen.findByRole('heading', { name: 'Environments' });
    await keys.keyboard('/');
    await keys.keyboard('gitops?{Enter}');
    expect(window.location.pathname).toBe('/environments');
    await keys.keyboard('{Backspace}{Enter}');
    await screen.findByRole('heading', { name: 'GitOps' });
  });

  it('shows errors with the words of the server and a way to try again', async () => {
    const stub = new Stub().enter();
    stub.answers.set('GET /environments', { status: 403, body: { code: 'forbidden', status: 403, title: '', detail: 'You may not see environments.', type: '', request_id: 'req-7' } });
    const { user } = open('/environments', stub);
    await screen.findByText(/You may not see environments./);
    expect(document.body.textContent).toContain('Request req-7');
    stub.answers.clear();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('No environments yet');
  });

  it('says which entry is wrong, at its field', async () => {
    const { user } = open('/configuration/projects?new=true');
    const name = await screen.findByLabelText(/^Name/);
    await user.type(name, 'My Project{Enter}');
    await waitFor(() => expect(name.getAttribute('aria-invalid')).toBe('true'));
    expect(document.getElementById(name.getAttribute('aria-describedby')!.split(' ')[0]!)?.textContent).toContain('lower-case letters');
    expect((name as HTMLInputElement).value).toBe('My Project');
  });
});

function furnished(): Stub {
  const stub = new Stub().enter();
  stub.projects.push({ id: 'p', name: 'storefront', description: '', created_at: new Date().toISOString(), version: 1, applications: 0, destinations: null, cluster_kinds: null });
  return stub;
}
