// A cluster on the real program and a real control plane, by keys alone: it is added by its kubeconfig, an environment
// is put into it, an application deployed until it is healthy, watched, scaled, and seen to fail with the reason. What
// would delete much waits for a person, and what never becomes healthy ends as that.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Api } from './api';
import { Browser, VIEWS } from './browser';
import { PASSWORD, poll, shotFolder, skip, startControlPlane, startProgram, type ControlPlane, type Running } from './program';

const shots = shotFolder();
let program: Running;
let plane: ControlPlane | null;
let browser: Browser;
let api: Api;

beforeEach((test) => {
  if (!plane) test.skip();
});

beforeAll(async () => {
  [program, plane] = await Promise.all([startProgram(), startControlPlane()]);
  if (!plane) return skip('a cluster in the browser', 'the control plane was not built (cargo xtask tools)');
  api = await Api.signIn(program.url);
  await api.call('PUT', '/gitops-configs/built-in', { provider: 'built-in' }, { 'if-none-match': '*' });
  await api.call('POST', '/projects', { name: 'storefront' });
  await api.call('POST', '/applications', { name: 'shop', project: 'storefront' });
  browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD, '/clusters');
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([program?.stop(), plane?.stop()]);
});

/** The secret of a kubeconfig, which nothing may show. */
const tokenOf = (kubeconfig: string) => /token"?: "?([\w-]+)/.exec(kubeconfig)![1]!;

it('adds a cluster by its kubeconfig, and says what the account may not do', async () => {
  await browser.see('No clusters yet');
  await browser.tabTo(/^a Add a cluster/);
  await browser.press('Enter');
  await browser.see('Saving checks the cluster first.');
  await browser.type('local');
  await browser.tabTo(/^textarea Kubeconfig/);
  await browser.page.keyboard.insertText(plane!.kubeconfigs.stranger);
  await browser.tabTo(/^button Save$/);
  await browser.press('Enter');
  await browser.unsee('Saving checks the cluster first.');
  await browser.see('Passed, with warnings');
  await browser.see('v1.36.3');
  await browser.page.goto(`${program.url}/clusters/local`);
  await browser.see('Missing rights');
  await browser.see('kind: ClusterRole');
  expect(await browser.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(tokenOf(plane!.kubeconfigs.stranger));
  // Another account of the same cluster, who may do it.
  await browser.tabTo(/^button Edit$/);
  await browser.press('Enter');
  await browser.tabTo(/^textarea Kubeconfig/);
  await browser.page.keyboard.insertText(plane!.kubeconfigs.administrator);
  await browser.tabTo(/^button Save$/);
  await browser.press('Enter');
  await browser.unsee('Missing rights');
  await browser.see('Reachable');
  expect([await browser.page.content(), program.log()].map((text) => text.includes(plane!.token))).toEqual([false, false]);
});

it('puts an environment into it, and deploys there until it is healthy', async () => {
  await browser.jump('New environment');
  await browser.see('It is a folder in every repository');
  await browser.type('production');
  await browser.tabTo(/^select Cluster/);
  await browser.press('ArrowDown');
  await browser.tabTo(/^input Namespace/);
  await browser.press('Enter');
  await browser.see('Trueline applies it');
  await browser.page.goto(`${program.url}/applications/shop?deploy=production&image=registry.acme.dev/shop:1.4.2`);
  await browser.see('What changes');
  await browser.page.locator('dialog button', { hasText: 'Deploy 1.4.2 to production' }).focus();
  await browser.press('Enter');
  await poll(async () => `all stages have passed; the page shows:\n${(await browser.text()).slice(-1500)}`, async () => (await browser.page.locator('dialog [data-state="passed"]').count()) === 4, 90);
  await browser.press('Escape');
  await browser.see('Healthy');
});

it('shows what runs, and changes with it', async () => {
  await browser.tabTo(/^a What runs in production/);
  await browser.press('Enter');
  await browser.at(/\/applications\/shop\/resources/);
  const pods = () => browser.page.locator('.tree .object', { hasText: /^\s*Healthy\s*Pod/ }).count();
  await poll('the pod is shown', async () => (await pods()) === 1);
  await browser.tabTo(/^a shop$/);
  for (;;) {
    const line = await browser.page.evaluate(() => document.activeElement?.closest('.object')?.textContent ?? '');
    if (line.includes('Deployment')) break;
    await browser.tabTo(/^a shop$/);
  }
  await browser.press('Enter');
  await browser.tabTo(/^button Scale$/);
  await browser.press('Enter');
  await browser.see('the next deployment sets what lies in Git again');
  await browser.retype('3');
  await browser.press('Enter');
  await browser.unsee('the next deployment sets what lies in Git again');
  await browser.press('Escape');
  await poll('all three pods are shown', async () => (await pods()) === 3);
});

it('shows what differs from Git, with who changed it, and sets it right', async () => {
  await browser.see('1 object differs');
  await browser.see('changed by trueline-scale');
  await browser.tabTo(/^button Correct Deployment shop/);
  await browser.press('Enter');
  await browser.see('Set one object as Git has it?');
  await browser.press('Enter');
  await browser.see('The cluster has what lies in Git.');
  await browser.unsee('Set one object as Git has it?');
  await poll('one pod is left', async () => (await browser.page.locator('.tree .object', { hasText: /^\s*Healthy\s*Pod/ }).count()) === 1);
});

it('says why a pod fails', async () => {
  await change('shop', 'resources:\n  requests:\n    cpu: "9999"\n');
  await api.call('POST', '/applications/shop/deployments', { environment: 'production', image: 'registry.acme.dev/shop:1.5.0', message: '' });
  await browser.see(/Insufficient cpu/, 90);
  await browser.page.goto(`${program.url}/applications/shop/deployments/2`);
  await browser.see('Waiting until it is healthy', 90);
  expect(browser.errors).toEqual([]);
});

/** Makes an application with values of its own, and waits until its first deployment is healthy. */
async function runs(name: string, yaml: string) {
  await api.call('POST', '/applications', { name, project: 'storefront' });
  await change(name, yaml);
  const { number } = await api.call<{ number: number }>('POST', `/applications/${name}/deployments`, { environment: 'production', image: `registry.acme.dev/${name}:1`, message: '' });
  await poll(`${name} is healthy`, async () => (await api.call<{ end: string | null }>('GET', `/applications/${name}/deployments/${number}`)).end === 'healthy', 90);
}

async function change(name: string, yaml: string) {
  const { number } = (await api.call<{ number: number } | null>('GET', `/applications/${name}/values`)) ?? { number: 0 };
  await api.call('PUT', `/applications/${name}/values`, { yaml, message: '' }, { 'if-match': `"${number}"` });
}

/** Deploys on the page, as the panel shows it. */
async function deploys(name: string, tag: string) {
  await browser.page.goto(`${program.url}/applications/${name}?deploy=production&image=registry.acme.dev/${name}:${tag}`);
  await browser.see('What changes');
  await browser.page.locator('dialog button', { hasText: `Deploy ${tag} to production` }).focus();
  await browser.press('Enter');
}

it('follows the log of a pod as it is written, stops, and reads that of the container before', async () => {
  await runs('talks', `nodeSelector:\n  kubernetes.io/hostname: ${plane!.node}\n`);
  const { resources } = await api.call<{ resources: { object: { kind: string; name: string } }[] }>('GET', '/applications/talks/environments/production/resources');
  const pod = resources.find(({ object }) => object.kind === 'Pod')!.object.name;
  const log = () => browser.page.locator('pre.log').textContent();
  const shows = (text: string) => poll(async () => `the log is ${JSON.stringify(text)}, not ${JSON.stringify(await log())}`, async () => (await log()) === text);
  plane!.write('talks', 'begun\n');
  await browser.page.goto(`${program.url}/applications/talks/resources?object=Pod//production/${pod}`);
  await shows('begun\n');
  plane!.write('talks', 'first order\n');
  await shows('begun\nfirst order\n');
  // Half a line is there as well, and the rest behind it.
  plane!.write('talks', 'second ');
  plane!.write('talks', 'order\n');
  await shows('begun\nfirst order\nsecond order\n');
  await browser.tabTo(/^input Follow$/);
  await browser.press('Space');
  await browser.see('Read again');
  plane!.write('talks', 'third order\n');
  const path = `/applications/talks/environments/production/logs?pod=${pod}`;
  await poll('the server has the third', async () => (await api.read(path)).includes('third'));
  expect(await log()).toBe('begun\nfirst order\nsecond order\n');
  await browser.tabTo(/^button Read again$/);
  await browser.press('Enter');
  await shows('begun\nfirst order\nsecond order\nthird order\n');
  await browser.tabTo(/^input Of the container before/, true);
  await browser.press('Space');
  await browser.see(`The container of ${pod} was not started anew: there is no log of one before.`);
  plane!.write('talks', 'out of memory\n', true);
  await poll('the server has the one before', async () => (await api.read(`${path}&previous=true`)).includes('memory'));
  await browser.tabTo(/^button Read again$/);
  await browser.press('Enter');
  await shows('out of memory\n');
  await browser.press('Escape');
  expect(browser.errors).toEqual([]);
});

it('asks before it deletes much', async () => {
  const maps = Array.from({ length: 12 }, (_, at) => `  rule-${String(at).padStart(2, '0')}: { data: { a: b } }\n`);
  await runs('cart', `configMaps:\n${maps.join('')}`);
  await change('cart', 'replicas: 1\n');
  await deploys('cart', '2');
  await browser.see('This deployment waits: it would delete objects that deserve a second look.', 90);
  await browser.see('More than 10 objects would be deleted.');
  await browser.see('Nothing is deleted before someone confirms it.');
  // Nobody has to keep the panel open for it.
  await browser.press('Escape');
  await browser.page.goto(`${program.url}/applications/cart`);
  await browser.see('Waits for you');
});

it('ends as degraded what never becomes healthy, with the reason', async () => {
  await runs('search', 'replicas: 1\n');
  await change('search', 'replicas: 1\npriorityClassName: unheard-of\n');
  await deploys('search', '2');
  await browser.see(/Waits until \d+ objects are healthy/, 90);
  await browser.see('no PriorityClass with name unheard-of was found', 90);
  // Without a reload: the page is told when it is over.
  await browser.see(/it is not healthy \d+ s later/, 120);
  await browser.see('Look at its pods, or roll back.');
  await browser.press('Escape');
  await browser.see('Degraded');
  await browser.page.goto(`${program.url}/applications?state=degraded`);
  await browser.see('search');
  await browser.unsee('cart');
  await browser.page.goto(`${program.url}/applications/search/resources`);
  await browser.see('no PriorityClass with name unheard-of was found');
  expect(browser.errors).toEqual([]);
});

it.each(VIEWS)('is sound at $width pixels, $theme', async (view) => {
  const looking = await Browser.open(view);
  const found: string[] = [];
  try {
    await looking.signIn(program.url, 'admin', PASSWORD);
    const pages = { clusters: '/clusters', 'cluster-new': '/clusters?new=true', cluster: '/clusters/local', environments: '/environments', overview: '/applications/shop', releasing: '/applications/shop/deployments/2', resources: '/applications/shop/resources', guard: '/applications/cart/deployments/2', guarded: '/applications/cart', degraded: '/applications/search/deployments/2' };
    for (const [name, path] of Object.entries(pages)) {
      await looking.page.goto(program.url + path);
      await looking.settle();
      found.push(...(await looking.look(`cluster-${name}`, shots)));
    }
    await looking.page.goto(`${program.url}/applications/cart/deployments/2`);
    await looking.page.getByRole('button', { name: 'Delete them…' }).click();
    await looking.see('Delete 12 objects?');
    found.push(...(await looking.look('cluster-confirm', shots)));
    await looking.page.goto(`${program.url}/applications/shop/resources`);
    await looking.settle();
    await looking.page.locator('.tree a', { hasText: /^shop-/ }).last().click();
    await looking.see('Follow');
    found.push(...(await looking.look('cluster-pod', shots)));
    await api.call('POST', '/applications/shop/environments/production/scale', { kind: 'Deployment', name: 'shop', replicas: 2 });
    await looking.page.goto(`${program.url}/applications/shop/resources`);
    await looking.see('1 object differs');
    found.push(...(await looking.look('cluster-drift', shots)));
    await looking.page.goto(`${program.url}/applications/shop/repository`);
    await looking.page.getByRole('button', { name: 'Delete application' }).click();
    await looking.see(/\d objects go/);
    found.push(...(await looking.look('cluster-delete', shots)));
  } finally {
    await looking.close();
  }
  expect([...found, ...looking.errors]).toEqual([]);
});

it('deletes what was asked about once the name is typed, and goes on', async () => {
  await browser.page.goto(`${program.url}/applications/cart/deployments/2`);
  await browser.tabTo(/^button Delete them/);
  await browser.press('Enter');
  await browser.see('Delete 12 objects?');
  await browser.see('ConfigMap production/cart-rule-00');
  await browser.type('card');
  await browser.press('Enter');
  await browser.see('Type the name of the application, cart, to confirm.');
  await browser.retype('cart');
  await browser.press('Enter');
  await browser.unsee('Delete 12 objects?');
  await browser.see('12 deleted', 90);
  await browser.see('Healthy', 90);
  expect(await browser.text()).not.toContain('This deployment waits');
  await browser.page.goto(`${program.url}/applications/cart/resources`);
  await browser.see('Deployment');
  expect(await browser.text()).not.toContain('cart-rule-');
  await browser.page.goto(`${program.url}/configuration/audit?action=deployment.confirmed`);
  await browser.see('application/cart');
  await browser.see('ConfigMap production/cart-rule-11');
  expect(browser.errors).toEqual([]);
});

it('deletes an application with what it runs, once its name is typed', async () => {
  await browser.page.goto(`${program.url}/applications/shop/repository`);
  await browser.tabTo(/^button Delete application/);
  await browser.press('Enter');
  await browser.see(/\d objects go/);
  await browser.see('Deployment production/shop');
  await browser.type('shop');
  await browser.press('Enter');
  await browser.at(/^\/applications$/);
  await poll('it is gone', async () => (await api.call<{ items: { name: string }[] }>('GET', '/applications')).items.every((each) => each.name !== 'shop'), 90);
  expect(browser.errors).toEqual([]);
});
