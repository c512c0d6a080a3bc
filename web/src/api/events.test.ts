import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listen } from './events';

/** The streams that were opened, with their addresses. */
const streams: { address: string; source: EventTarget }[] = [];

class Source extends EventTarget {
  constructor(address: string) {
    super();
    streams.push({ address, source: this });
  }

  close() {}
}

vi.useFakeTimers();
beforeEach(() => {
  vi.stubGlobal('EventSource', Source);
});

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.runAllTimers();
});

function heard(topic: string) {
  const kinds: string[] = [];
  stops.push(listen(topic, (kind) => kinds.push(kind)));
  vi.runAllTimers();
  return kinds;
}

const newest = () => streams[streams.length - 1];

it('says that events may have been missed whenever a stream opens, also one that was exchanged for other topics', () => {
  const first = heard('a');
  expect(newest()?.address).toBe('/api/v1/events?topic=a');
  newest()?.source.dispatchEvent(new Event('open'));
  expect(first).toEqual(['missed']);
  newest()?.source.dispatchEvent(new MessageEvent('check', { data: '{}' }));
  expect(first).toEqual(['missed', 'check']);

  const second = heard('b');
  expect(newest()?.address).toBe('/api/v1/events?topic=a&topic=b');
  // What happens to `a` now is heard by nobody, until the new stream is there.
  newest()?.source.dispatchEvent(new Event('open'));
  expect(first).toEqual(['missed', 'check', 'missed']);
  expect(second).toEqual(['missed']);
});

it('takes no event of the server for its own connection', () => {
  const kinds = heard('a');
  newest()?.source.dispatchEvent(new MessageEvent('open', { data: '{}' }));
  expect(kinds).toEqual([]);
});

it('has no stream while the page is hidden, but for a while, and reads again what it missed', () => {
  const close = vi.spyOn(Source.prototype, 'close');
  const state = vi.spyOn(document, 'visibilityState', 'get');
  const turn = (value: DocumentVisibilityState) => {
    state.mockReturnValue(value);
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const kinds = heard('a');
  newest()?.source.dispatchEvent(new Event('open'));
  const before = streams.length;
  turn('hidden');
  turn('visible');
  vi.runAllTimers();
  expect([streams.length - before, close.mock.calls.length]).toEqual([0, 0]);
  turn('hidden');
  vi.runAllTimers();
  expect([streams.length - before, close.mock.calls.length]).toEqual([0, 1]);
  heard('b');
  expect(streams.length - before).toBe(0);
  turn('visible');
  expect(newest()?.address).toBe('/api/v1/events?topic=a&topic=b');
  newest()?.source.dispatchEvent(new Event('open'));
  expect(kinds).toEqual(['missed', 'missed']);
  state.mockRestore();
  close.mockRestore();
});
