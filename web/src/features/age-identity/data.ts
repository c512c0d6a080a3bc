// The age identity of the installation: what opens the sealed files in Git.
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/http';
import type { AgeIdentity } from '../../api/types';

export const ageIdentityQuery = queryOptions({ queryKey: ['age-identity'], queryFn: () => call<AgeIdentity>('GET', '/age-identity') });

/** The only answer that holds the identity. */
export const exportAgeIdentity = (password: string) => call<{ identity: string }>('POST', '/age-identity/export', { body: { password } });

export const rotateAgeIdentity = () => call<AgeIdentity>('POST', '/age-identity/rotate');
