// Who is signed in, and what that person may do.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call, Problem, rememberSession } from '../../api/http';
import { rememberPerson } from '../../api/drafts';
import type { Role, Session } from '../../api/types';

const ORDER: Role[] = ['viewer', 'deployer', 'manager', 'administrator'];

/** Puts a session in force for all further calls. */
export function enter(session: Session | null): Session | null {
  rememberSession(session);
  if (session) rememberPerson(session.user.name);
  return session;
}

/** The session; null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => {
    try {
      return enter(await call<Session>('GET', '/session'));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return enter(null);
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const signIn = async (name: string, password: string) => enter(await call<Session>('POST', '/session', { body: { name, password } }));

export const signOut = async () => {
  await call('DELETE', '/session');
  enter(null);
};

export const changePassword = (current: string, next: string, revokeTokens: boolean) => call('POST', '/session/password', { body: { current, new: next, ...(revokeTokens ? { revoke_tokens: true } : {}) } });

/** Whether a session holds at least a role, on the installation (`null`) or in a project. */
export function may(session: Session | null | undefined, role: Role, project: string | null = null): boolean {
  const needed = ORDER.indexOf(role);
  return (session?.roles ?? []).some((held) => ORDER.indexOf(held.role) >= needed && (held.project === null || held.project === project));
}

/** As [`may`], for the person at the page. */
export function useMay(role: Role, project: string | null = null): boolean {
  return may(useSession(), role, project);
}

/** The session of the person at the page. */
export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

/** Whether the person holds at least a role anywhere: for actions whose project is chosen later. */
export function useMayAnywhere(role: Role): boolean {
  const needed = ORDER.indexOf(role);
  return (useSession()?.roles ?? []).some((held) => ORDER.indexOf(held.role) >= needed);
}
