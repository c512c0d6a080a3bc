// What the gallery shows.
import type { Check, Preview } from '../api/types';
import { defaults } from './stub-data';

export const stubCheck: Check = {
  id: '1',
  config: 'acme',
  requested_by: 'admin',
  created_at: '2026-11-22T09:12:00Z',
  finished_at: '2026-11-22T09:12:04Z',
  failed: true,
  stages: [
    { stage: 'reach', title: 'Reach https://api.github.com', required: true, state: 'passed', milliseconds: 82, diagnosis: null },
    {
      stage: 'create',
      title: 'Create a repository',
      required: true,
      state: 'failed',
      milliseconds: 212,
      diagnosis: { code: 'scope_missing', sentence: 'The token can read acme but not create repositories.', missing: 'repo', link: 'https://github.com/settings/tokens' },
    },
    { stage: 'delete', title: 'Delete the test repository', required: false, state: 'skipped', milliseconds: 0, diagnosis: null },
  ],
  facts: { identity: 'acme-bot', owner_kind: 'organization', scopes: [], expires_at: '2027-01-02T00:00:00Z', rate_left: { left: 4812, limit: 5000 }, default_branch: 'main', project: null },
};

export const stubUpgrade: Preview = {
  ...defaults.previewOf({ version: '20.2.0' }),
  values: { path: 'values.yaml', change: 'changed', hunks: [{ old_start: 3, new_start: 3, lines: [{ kind: '-', text: '    size: 8Gi' }, { kind: '+', text: '    size: 16Gi' }] }] },
  generated: [{ object: 'Secret/production/redis', path: 'redis-password', kept: true }, { object: 'Secret/production/redis-tls', path: 'tls.key', kept: false }],
  secrets: [{ object: 'Secret/production/redis', entries: [{ name: 'redis-password', change: 'same' }, { name: 'sentinel-password', change: 'removed' }] }],
};
