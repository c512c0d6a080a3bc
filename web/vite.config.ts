// Builds the page into `dist`, from where the program serves it. In development `/api` and `/git` go to a
// running program (TRUELINE_URL), or to the stub of the tests when `STUB=1` is set.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { stubPlugin } from './src/testing/stub-plugin.ts';

const target = process.env.TRUELINE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), ...(process.env.STUB ? [stubPlugin()] : [])],
  server: {
    host: '127.0.0.1',
    proxy: process.env.STUB ? undefined : { '/api': target, '/git': target },
  },
  build: {
    // The program's content security policy is `default-src 'self'`: nothing inline, no data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: true,
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 20_000,
    setupFiles: ['src/testing/setup.ts'],
  },
});
