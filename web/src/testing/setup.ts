// What jsdom lacks, and a clean page before each test.
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

configure({ asyncUtilTimeout: 5000, getElementError: (message) => new Error((message ?? '').slice(0, 1500)) });

HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
};
window.matchMedia = (query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
window.scrollTo = () => {};
Blob.prototype.text = function text() {
  const reader = new FileReader();
  return new Promise((done) => {
    reader.addEventListener('load', () => done(String(reader.result)));
    reader.readAsText(this);
  });
};
// The editor measures what is drawn, and nothing is.
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();

beforeEach(() => {
  localStorage.clear();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
