// Serves the stub from the development server, with its events, so that the page can be looked at alone.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { chartOf, repositoryOf } from './stub-charts.ts';
import { defaults } from './stub-data.ts';
import { Stub } from './stub.ts';

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function stream(stub: Stub, response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': open\n\n');
  const stop = stub.listen((kind, data) => response.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
  response.on('close', stop);
}

/** A stub with something to see. */
export function furnished(): Stub {
  const stub = new Stub().enter();
  stub.pace = 400;
  stub.projects.push({ id: 'p1', name: 'storefront', description: 'What customers see', created_at: new Date().toISOString(), version: 1, applications: 1, destinations: null, cluster_kinds: null });
  for (const name of ['dev', 'staging', 'production']) {
    stub.environments.push(defaults.environment(name));
  }
  stub.application('shop', 'storefront');
  stub.application('billing', 'storefront');
  for (const [environment, tag, message] of [['production', '1.4.0', ''], ['dev', '1.4.1', ''], ['staging', '1.4.2', 'Fix rounding of totals'], ['production', '1.4.1', '']] as const) {
    const deployment = stub.deployment('shop', environment, `registry.acme.dev/shop:${tag}`, message);
    void stub.run(deployment);
  }
  const failed = stub.deployment('shop', 'dev', 'registry.acme.dev/shop:1.5.0-rc.3');
  Object.assign(failed, {
    stage: 'rendered',
    end: 'failed',
    timeline: [{ stage: 'rendered', at: new Date().toISOString(), milliseconds: 9, note: '' }],
    failure: { code: 'inputs_changed_in_git', sentence: 'values.yaml was changed in Git by hand since it was last taken in. Take the change in, then deploy again.', detail: 'main: 8f2c1d4 by maria' },
  });
  stub.charts.push(chartOf('acme', 'redis', ['20.2.0', '20.1.0', '19.6.4']), chartOf('acme', 'postgresql', ['16.0.1']), chartOf('legacy', 'redis-cluster', ['9.0.0'], { deprecated: true }));
  stub.chartRepositories.push(repositoryOf('acme'), repositoryOf('legacy', { url: 'https://old.acme.dev/charts', failure: { code: 'not_found', sentence: 'https://old.acme.dev/charts/index.yaml is not there (404): the path is wrong, or the repository moved.' }, left_out: ['redis-cluster 8.0.0 stands twice in the index; the first one is used.'] }));
  const cache = stub.application('cache', 'storefront');
  cache.source = { kind: 'chart', repository: 'acme', name: 'redis', version: null };
  const installed = stub.deployment('cache', 'production', '');
  installed.chart = { repository: 'acme', name: 'redis', version: '20.1.0', digest: 'a5c1f0b2'.repeat(8) };
  void stub.run(installed);
  stub.holds.set('shop/staging', { by: 'maria', reason: 'The new basket loses items.', deployment: 3, created_at: new Date().toISOString() });
  stub.secrets.set('cache/production', { number: 1, keys: ['auth.password'], author: 'maria', created_at: new Date().toISOString() });
  stub.ageIdentity.exported_at = null;
  return stub;
}

/** The plugin of the development server. */
export function stubPlugin(): Plugin {
  const stub = process.env.STUB === 'empty' ? new Stub() : furnished();
  return {
    name: 'stub',
    configureServer(server) {
      server.middlewares.use('/api/v1', (request, response) => {
        const url = new URL(request.url ?? '/', 'http://stub');
        if (url.pathname === '/events') return stream(stub, response);
        void (async () => {
          const answer = await stub.handle({ method: request.method ?? 'GET', path: url.pathname, search: url.searchParams, body: await bodyOf(request), headers: request.headers as Record<string, string> });
          response.writeHead(answer.status, { 'content-type': 'application/json' });
          response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
        })();
      });
    },
  };
}
