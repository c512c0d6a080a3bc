import { afterEach, expect, it, vi } from 'vitest';
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

vi.stubGlobal('EventSource', Source);
vi.useFakeTimers();

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
