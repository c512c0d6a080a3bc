// The age identity of the installation: what opens the sealed files in Git.
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/http';
import type { AgeIdentity, Reseal } from '../../api/types';

export const ageIdentityQuery = queryOptions({ queryKey: ['age-identity'], queryFn: () => call<AgeIdentity>('GET', '/age-identity') });

/** The only answer that holds the identity. */
export const exportAgeIdentity = (password: string) => call<{ identity: string }>('POST', '/age-identity/export', { body: { password } });

export const rotateAgeIdentity = () => call<AgeIdentity>('POST', '/age-identity/rotate');

/** Takes in an identity that opens what was sealed elsewhere. */
export const importAgeIdentity = (identity: string) => call<AgeIdentity>('POST', '/age-identity/import', { body: { identity } });

/** While it goes on, it is asked for again. */
const AGAIN = 1000;

/** How far sealing anew is. */
export const resealQuery = queryOptions({
  queryKey: ['age-identity', 'reseal'],
  queryFn: () => call<Reseal>('GET', '/age-identity/reseal'),
  refetchInterval: (query) => (query.state.data && query.state.data.requested_at && !query.state.data.ended ? AGAIN : false),
});

/** Seals what lies in Git anew for the recipients of today, by a commit for each environment. */
export const reseal = () => call<Reseal>('POST', '/age-identity/reseal');
