import { expect, it } from 'vitest';
import { joined, mappingOf, partsOf } from './entries';

it('makes a mapping of names with dots', () => {
  expect(mappingOf([{ path: 'auth.password', value: 'a: "b"' }, { path: 'auth.user', value: 'x' }, { path: '', value: 'lost' }, { path: String.raw`tls.tls\.key`, value: 'k' }])).toBe('{"auth":{"password":"a: \\"b\\"","user":"x"},"tls":{"tls.key":"k"}}');
  expect(mappingOf([{ path: ' ', value: '' }])).toBeUndefined();
  expect(mappingOf([{ path: '__proto__.x', value: '1' }])).toBe('{"__proto__":{"x":"1"}}');
});

it('takes names apart and puts them together', () => {
  expect(partsOf(String.raw`a.b\.c.d`)).toEqual(['a', 'b.c', 'd']);
  expect(joined(['a', 'b.c', 'd'])).toBe(String.raw`a.b\.c.d`);
});
