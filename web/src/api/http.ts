// The only place that calls the API: JSON, problem details, versions, the anti-forgery header, and what
// happens when a session has ended.
import type { FieldError, ProblemBody, Session } from './types';

/** An answer of the API that is not a success, with the words of the server. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail || body.title);
    this.name = 'Problem';
    this.status = body.status;
    this.code = body.code;
    this.body = body;
  }

  get errors(): FieldError[] {
    return this.body.errors ?? [];
  }
}

export interface CallOptions {
  body?: unknown;
  /** The version that the change is meant for, sent as `If-Match`. */
  version?: number | undefined;
  /** Only if it does not exist yet, sent as `If-None-Match: *`. */
  create?: boolean;
  /** Makes a repeated request harmless, sent as `Idempotency-Key`. */
  key?: string;
  signal?: AbortSignal;
}

let csrf = '';
let onEnded: () => void = () => {};

/** Remembers the session's anti-forgery token for changing requests. */
export function rememberSession(session: Session | null) {
  csrf = session?.csrf ?? '';
}

/** Says what to do when the server answers that nobody is signed in. */
export function whenSessionEnds(action: () => void) {
  onEnded = action;
}

function headersOf(method: string, options: CallOptions): Headers {
  const headers = new Headers({ accept: 'application/json, application/problem+json' });
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  if (method !== 'GET' && csrf) headers.set('x-csrf-token', csrf);
  if (options.version !== undefined) headers.set('if-match', `"${options.version}"`);
  if (options.create) headers.set('if-none-match', '*');
  if (options.key) headers.set('idempotency-key', options.key);
  return headers;
}

/** Turns whatever came back into a problem: a proxy's HTML page has no code and no words of its own. */
function problemOf(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as ProblemBody;
    if (typeof body.code === 'string') return new Problem({ ...body, status });
  } catch {
    // Not JSON: told below.
  }
  return new Problem({
    type: 'about:blank',
    title: 'Unexpected answer',
    status,
    code: 'unexpected_answer',
    detail: `The server answered with status ${status} and no explanation.`,
  });
}

/** Calls the API below `/api/v1` and gives the answer's JSON; `undefined` when the answer is empty. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: headersOf(method, options),
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: 'same-origin',
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem({
      type: 'about:blank',
      title: 'Not reachable',
      status: 0,
      code: 'unreachable',
      detail: 'Trueline cannot be reached. Check the connection and try again; nothing you typed is lost.',
    });
  }
  const text = await response.text();
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  const problem = problemOf(response.status, text);
  if (response.status === 401 && path !== '/session') onEnded();
  throw problem;
}

/** Builds `?a=b` from what is set. */
export function query(parameters: Record<string, string | number | undefined | null>): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** Encodes one part of a path. */
export const part = encodeURIComponent;
