// Chart repositories.
import { queryOptions } from '@tanstack/react-query';
import { listen } from '../../api/events';
import { call, part, Problem } from '../../api/http';
import type { ChartRepository, ChartRepositoryCheck, ChartRepositoryInput, Page } from '../../api/types';
import { texts } from './texts';

export const chartRepositoriesQuery = queryOptions({ queryKey: ['chart-repositories'], queryFn: () => call<Page<ChartRepository>>('GET', '/chart-repositories?limit=200') });

/** What events of a check of a chart repository are about, and what they are called. */
export const topicOf = (name: string) => `chart-repository:${name}`;
export const CHECK = 'chart-repository-check';

/** An event may be lost: a check that is waited for is asked for now and then as well. */
const SELDOM = 5000;

/** The newest check of a name. */
export const newestCheckQuery = (name: string) =>
  queryOptions({
    queryKey: ['chart-repositories', name, 'check'],
    queryFn: () => call<ChartRepositoryCheck>('GET', `/chart-repositories/${part(name)}/check`).catch(() => null),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** Waits for the end of one check, by its events. */
function ended(name: string, id: string): Promise<ChartRepositoryCheck> {
  return new Promise((resolve, reject) => {
    const take = (check: ChartRepositoryCheck) => check.id === id && check.finished_at && stop(() => resolve(check));
    const look = () => void call<ChartRepositoryCheck>('GET', `/chart-repositories/${part(name)}/checks/${part(id)}`).then(take, (error: Error) => stop(() => reject(error)));
    const silence = listen(topicOf(name), (kind, data) => {
      if (kind === CHECK) take(data as ChartRepositoryCheck);
      if (kind === 'missed') look();
    });
    const timer = setInterval(look, SELDOM);
    const stop = (done: () => void) => {
      silence();
      clearInterval(timer);
      done();
    };
    look();
  });
}

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
  const check = answer.finished_at ? answer : await ended(name, answer.id);
  if (check.failed) throw refusal(check);
  return call<ChartRepository>('GET', `/chart-repositories/${part(name)}`);
}

export const refreshChartRepository = (name: string) => call<ChartRepository | undefined>('POST', `/chart-repositories/${part(name)}/refresh`);

export const deleteChartRepository = (repository: ChartRepository) => call<void>('DELETE', `/chart-repositories/${part(repository.name)}`, { version: repository.version });
