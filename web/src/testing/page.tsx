// Shows the whole page at an address, over a stub of the API, as a person would open it.
import { act, render } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { vi } from 'vitest';
import { App, makeApp } from '../App';
import { Stub } from './stub';

/** The event streams that are open: a page that is shown right after another one keeps the stream that is there. */
const streams = new Set<EventTarget>();

/** Connects `fetch` and `EventSource` to a stub. */
export function connect(stub: Stub) {
  stub.listen((kind, data) =>
    act(() => {
      for (const stream of streams) stream.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
    }),
  );
  vi.stubGlobal('fetch', async (address: string, init: RequestInit = {}) => {
    const url = new URL(address, 'http://stub');
    const answer = await stub.handle({
      method: init.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      search: url.searchParams,
      body: init.body ? (JSON.parse(init.body as string) as Record<string, unknown>) : {},
      headers: Object.fromEntries(new Headers(init.headers)),
    });
    return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), { status: answer.status });
  });
  vi.stubGlobal(
    'EventSource',
    class extends EventTarget {
      constructor() {
        super();
        streams.add(this);
        setTimeout(() => act(() => void this.dispatchEvent(new Event('open'))), 0);
      }

      close() {
        streams.delete(this);
      }
    },
  );
}

/** Opens the page. */
export function open(address: string, stub: Stub = new Stub().enter()) {
  connect(stub);
  window.history.replaceState(null, '', address);
  const app = makeApp();
  render(<App {...app} />);
  return { stub, ...app, user: userEvent.setup() };
}
