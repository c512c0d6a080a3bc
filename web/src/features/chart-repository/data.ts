// Chart repositories.
import { queryOptions } from '@tanstack/react-query';
import { call, part, Problem } from '../../api/http';
import type { ChartRepository, ChartRepositoryCheck, ChartRepositoryInput, Page } from '../../api/types';
import { texts } from './texts';

export const chartRepositoriesQuery = queryOptions({ queryKey: ['chart-repositories'], queryFn: () => call<Page<ChartRepository>>('GET', '/chart-repositories?limit=200') });

/** While a check goes on, it is asked for again. */
const AGAIN = 500;

const readCheck = (name: string) => call<ChartRepositoryCheck>('GET', `/chart-repositories/${part(name)}/check`);

/** The check of a name that goes on; null when none does. */
export const goingCheckQuery = (name: string) =>
  queryOptions({
    queryKey: ['chart-repositories', name, 'check'],
    queryFn: async () => {
      const check = await readCheck(name).catch(() => null);
      return check && !check.finished_at ? check : null;
    },
    refetchInterval: AGAIN,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** The code of a check that was begun several times and never ended. */
const STOPPED = 'stopped';

/** Why a check that outlived its request failed. */
function refusal({ stages, suggestion }: ChartRepositoryCheck): Problem {
  const why = stages.find((stage) => stage.state === 'failed')?.diagnosis;
  const sentence = why?.sentence ?? texts.unsaved;
  // Of a check that was given up in the middle nobody knows whether it saved; its sentence says what to do.
  const known = why?.code !== STOPPED;
  return new Problem({ type: 'about:blank', title: known ? texts.unsaved : texts.unknown, status: 422, code: why?.code ?? 'check_failed', detail: why && known ? `${sentence} ${texts.unsaved}` : sentence, errors: [{ field: 'url', code: 'unusable', message: sentence, suggestion }] });
}

/** Checks a repository and keeps it if it works; `over` is the version that was seen, null for a new one. A check that takes longer than its request is followed to its end. */
export async function saveChartRepository(name: string, input: ChartRepositoryInput, over: number | null): Promise<ChartRepository> {
  const answer = await call<ChartRepository | ChartRepositoryCheck>('PUT', `/chart-repositories/${part(name)}`, { body: input, ...(over === null ? { create: true } : { version: over }) });
  if (!('stages' in answer)) return answer;
  let check = answer;
  while (!check.finished_at) {
    // eslint-disable-next-line no-await-in-loop -- each look follows the one before
    await new Promise((done) => setTimeout(done, AGAIN));
    // eslint-disable-next-line no-await-in-loop
    check = await readCheck(name);
  }
  if (check.failed) throw refusal(check);
  return call<ChartRepository>('GET', `/chart-repositories/${part(name)}`);
}

export const refreshChartRepository = (name: string) => call<ChartRepository | undefined>('POST', `/chart-repositories/${part(name)}/refresh`);

export const deleteChartRepository = (repository: ChartRepository) => call<void>('DELETE', `/chart-repositories/${part(repository.name)}`, { version: repository.version });
