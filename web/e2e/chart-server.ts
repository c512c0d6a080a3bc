// A chart repository over HTTP with charts made here, so that a test can take it down or change it.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Made {
  version: string;
  files: Record<string, string>;
}

const BLOCK = 512;

const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');

/** One file of a tar archive (ustar). */
function entry(path: string, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(BLOCK);
  const put = (at: number, value: string) => head.write(value, at, 'ascii');
  put(0, path);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${octal(body.length, 12)}\0`);
  put(136, `${octal(0, 12)}\0`);
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\0');
  put(263, '00');
  const sum = head.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 7)}\0 `);
  return Buffer.concat([head, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

const archive = (name: string, files: Record<string, string>) => gzipSync(Buffer.concat([...Object.entries(files).map(([path, text]) => entry(`${name}/${path}`, text)), Buffer.alloc(BLOCK * 2)]));

/** The chart of the tests: a deployment, a secret that is made at random, a schema, a README. */
export function redis(version: string): Made {
  const newer = version !== '20.1.0';
  return {
    version,
    files: {
      'Chart.yaml': `apiVersion: v2\nname: redis\nversion: ${version}\nappVersion: "7.4.1"\ndescription: An in-memory store for the basket\nkeywords: [cache, database]\n`,
      'README.md': '# Redis\n\nAn **in-memory** store.\n\n<script>document.title = "taken"</script>\n\n| Value | What it is |\n|--|--|\n| `replicas` | How many run |\n',
      'values.yaml': `# How many run.\nreplicas: 1\n# How it runs.\narchitecture: ${newer ? 'replication' : 'standalone'}\nauth:\n  # The password; made at random when it is empty.\n  password: ""\n${newer ? '# Metrics for Prometheus.\nmetrics:\n  enabled: false\n' : '# Gone in the next version.\nlegacy: true\n'}`,
      'values.schema.json': JSON.stringify({ type: 'object', properties: { replicas: { type: 'integer', minimum: 1, description: 'How many run.' }, architecture: { enum: ['standalone', 'replication'], description: 'How it runs.' } } }),
      'templates/deployment.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector:\n    matchLabels: {app: redis}\n  template:\n    metadata:\n      labels: {app: redis}\n    spec:\n      containers:\n        - name: redis\n          image: registry.acme.dev/redis:${newer ? '7.4.2' : '7.4.1'}\n          args: [{{ .Values.architecture | quote }}]\n`,
      'templates/secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nstringData:\n  redis-password: {{ default (randAlphaNum 20) .Values.auth.password | quote }}\n  cookie: {{ randAlphaNum 20 | quote }}\n',
      'templates/NOTES.txt': 'Redis is at {{ .Release.Name }}:6379.\n',
    },
  };
}

/** A running chart repository. */
export class ChartServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Serves versions of the chart `redis` below `/charts`; elsewhere a web page, as real hosts do. */
  static async start(charts: Made[]): Promise<ChartServer> {
    const archives = new Map(charts.map((chart) => [`/charts/redis-${chart.version}.tgz`, archive('redis', chart.files)]));
    const lines = charts.map(
      (chart) =>
        `  - apiVersion: v2\n    name: redis\n    version: ${chart.version}\n    appVersion: "7.4.1"\n    description: An in-memory store for the basket\n    created: "2026-10-02T08:00:00Z"\n    digest: ${createHash('sha256').update(archives.get(`/charts/redis-${chart.version}.tgz`)!).digest('hex')}\n    urls: [redis-${chart.version}.tgz]\n`,
    );
    const index = `apiVersion: v1\nentries:\n  redis:\n${lines.join('')}generated: "2026-10-02T08:00:00Z"\n`;
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const found = archives.get(path);
      if (found) return void response.writeHead(200, { 'content-type': 'application/gzip' }).end(found);
      if (path === '/charts/index.yaml') return void response.writeHead(200, { 'content-type': 'application/yaml' }).end(index);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Charts of acme</title>');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new ChartServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Ends it, with whatever still hangs on it. */
  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  }
}
