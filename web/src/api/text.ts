// Reads plain text as it comes: a log that is followed has no end.
import { Problem } from './http';
import type { ProblemBody } from './types';

/** Calls `onText` with each piece until the text ends or `signal` is raised. */
export async function readText(path: string, onText: (text: string) => void, signal: AbortSignal): Promise<void> {
  const response = await fetch(`/api/v1${path}`, { headers: { accept: 'text/plain, application/problem+json' }, credentials: 'same-origin', signal });
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as ProblemBody | null;
    throw new Problem({ type: 'about:blank', title: 'Unexpected answer', code: 'unexpected_answer', detail: `The server answered with status ${response.status} and no explanation.`, ...body, status: response.status });
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  for (;;) {
    // eslint-disable-next-line no-await-in-loop -- one piece after the other
    const { value, done } = await reader.read();
    if (done) return;
    onText(value);
  }
}
