// What the gallery shows.
import type { Check } from '../api/types';

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
