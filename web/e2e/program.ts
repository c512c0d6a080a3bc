// Starts the real program on a temporary data folder, and the simulated GitHub; both end with the tests.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const PASSWORD = 'correct horse battery staple';
const root = new URL('../../', import.meta.url).pathname;

export interface Running {
  url: string;
  stop: () => Promise<void>;
  /** What the program wrote to its log so far. */
  log: () => string;
}

/** Waits until `look` gives something. */
export async function poll<T>(what: string | (() => Promise<string>), look: () => Promise<T | null | undefined | false>, seconds = 60): Promise<T> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > limit) throw new Error(`Not within ${seconds} s: ${typeof what === 'string' ? what : await what()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  return () => text;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}

const answers = (url: string) => async () => fetch(url).then((response) => response.ok, () => false);

/** The program that is tested. */
export function programPath(): string {
  return process.env.TRUELINE_PROGRAM ?? process.env.TRUELINE_BIN ?? join(root, 'target/debug/trueline');
}

/** The helm that the test command built, unless one is named. */
function helm(): Record<string, string> {
  const tools = process.env.TRUELINE_TOOLS ?? join(homedir(), '.cache/trueline-tools');
  const folder = existsSync(tools) ? readdirSync(tools).find((name) => name.startsWith('helm-')) : undefined;
  return process.env.TRUELINE_HELM || !folder ? {} : { TRUELINE_HELM: join(tools, folder, 'helm') };
}

/** Starts the program with further settings in its environment, or names one that runs already (`TRUELINE_URL`, for development). */
export async function startProgram(settings: Record<string, string> = {}): Promise<Running> {
  const running = process.env.TRUELINE_URL;
  if (running) return { url: running, stop: async () => {}, log: () => '' };
  const data = mkdtempSync(join(tmpdir(), 'trueline-browser-'));
  const environment = { ...process.env, TRUELINE_ADMIN_PASSWORD: PASSWORD, ...helm(), ...settings };
  const child = spawn(programPath(), ['serve', '--data', data, '--listen', '127.0.0.1:0'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = collect(child);
  const url = await poll('the program names its address', async () => {
    if (child.exitCode !== null) throw new Error(`The program ended:\n${log()}`);
    return /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(log())?.[0];
  });
  await poll('the program is ready', answers(`${url}/readyz`));
  const stop = async () => {
    await end(child);
    rmSync(data, { recursive: true, force: true });
  };
  return { url, stop, log };
}

/** A simulated host. */
export interface Host extends Running {
  /** What is entered for an account there, by the names of the fields. */
  entered: Record<string, string>;
  /** What the program's environment has to say, so that it finds the host. */
  settings: Record<string, string>;
  /** The certificate of its private authority, where it speaks TLS. */
  caPem: string | null;
}

/** A program of the test kit: as built beside the program, else built now. */
function kitCommand(name: string, options: string[]): [string, string[]] {
  const built = join(dirname(programPath()), name);
  return existsSync(built) ? [built, options] : ['cargo', ['run', '--quiet', '-p', 'testkit', '--bin', name, '--', ...options]];
}

/** The line of JSON that a program of the test kit prints once it is there; null when it ended before. */
const lineOf = (what: string, child: ChildProcess, log: () => string) =>
  poll(`${what} names its address`, async () => log().split('\n').find((each) => each.startsWith('{') && each.endsWith('}')) ?? (child.exitCode === null ? null : 'ended'), 300);

/** A real control plane. */
export interface ControlPlane extends Running {
  /** Of its administrator, who may do everything, and of a user who may do nothing. */
  kubeconfigs: { administrator: string; stranger: string };
  /** The administrator's. */
  token: string;
  caPem: string;
  /** The node whose containers have logs. */
  node: string;
  /** Writes into the log of a container there; `before` is the container before it was started anew. */
  write: (container: string, text: string, before?: boolean) => void;
}

/** Starts the real control plane of the tests; null where it was not built. */
export async function startControlPlane(): Promise<ControlPlane | null> {
  const child = spawn(...kitCommand('real-kubernetes', ['--logs']), { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
  const log = collect(child);
  const line = await lineOf('the control plane', child, log);
  if (line === 'ended') {
    if (log().includes('was not built')) return null;
    throw new Error(`The control plane ended:\n${log()}`);
  }
  const { url, token, kubeconfigs, node, ca_pem: caPem } = JSON.parse(line) as Pick<ControlPlane, 'url' | 'token' | 'kubeconfigs' | 'node'> & { ca_pem: string };
  const write = (container: string, text: string, before = false) => void child.stdin.write(`${JSON.stringify({ container, text, before })}\n`);
  return { url, token, kubeconfigs, node, write, caPem, stop: () => end(child), log };
}

/** Starts the simulated host of a provider with tokens (`TOKEN[:scope,scope…]`); null when there is none yet. */
export async function startHost(provider: string, tokens: string[], more: string[] = []): Promise<Host | null> {
  const options = [provider, ...more, '--listen', '127.0.0.1:0', '--scope', 'acme', '--user', 'acme-bot', ...tokens.flatMap((token) => ['--token', token])];
  const child = spawn(...kitCommand('simulated-host', options), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = collect(child);
  const line = await lineOf(`the simulated ${provider}`, child, log);
  if (line === 'ended') {
    if (child.exitCode === 2 && log().includes('invalid value')) return null;
    throw new Error(`The simulated host ended:\n${log()}`);
  }
  const { url, entered, settings, ca_pem: caPem } = JSON.parse(line) as Pick<Host, 'url' | 'entered' | 'settings'> & { ca_pem: string | null };
  return { url, entered, settings, caPem, stop: () => end(child), log };
}

/** The folder of the pictures: kept below `target` unless another one is named. */
export function shotFolder(): string {
  const folder = process.env.TRUELINE_SHOTS ?? join(root, 'target/pictures');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Says that something cannot be tested here; counted by the test command. */
export function skip(name: string, reason: string) {
  const line = `SKIPPED: ${name}: ${reason}\n`;
  console.warn(line);
  const file = process.env.TRUELINE_SKIPS;
  if (file) writeFileSync(file, readFileSync(file, 'utf8') + line);
}
