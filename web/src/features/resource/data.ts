// What runs of an application in an environment, and what can be done with it there.
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useEvents } from '../../api/events';
import { call, part, query } from '../../api/http';
import type { Drift, Happening, ObjectKey, Resources, RolloutStep } from '../../api/types';

/** Asked for again in any case: an event may be lost, and times go on. */
const AGAIN = 15_000;
const SELDOM = 30_000;

export const resourcesQuery = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['application', name, 'resources', environment],
    queryFn: () => call<Resources>('GET', `/applications/${part(name)}/environments/${part(environment)}/resources`),
    refetchInterval: AGAIN,
    enabled: environment !== '',
    retry: false,
  });

export const happeningsQuery = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['application', name, 'resources', environment, 'events'],
    queryFn: () => call<{ events: Happening[] }>('GET', `/applications/${part(name)}/environments/${part(environment)}/events`),
    refetchInterval: AGAIN,
  });

export const driftQuery = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['application', name, 'resources', environment, 'drift'],
    queryFn: () => call<Drift>('GET', `/applications/${part(name)}/environments/${part(environment)}/drift`),
    // Not everything that differs changes what the tree shows, such as a ConfigMap.
    refetchInterval: SELDOM,
  });

/** Sets objects as Git has them; gives what still differs. */
export const correctDrift = (name: string, environment: string, objects: ObjectKey[]) =>
  call<Drift>('POST', `/applications/${part(name)}/environments/${part(environment)}/drift/correct`, { body: { objects } });

export const restart = (name: string, environment: string, workload: ObjectKey) =>
  call<void>('POST', `/applications/${part(name)}/environments/${part(environment)}/restart`, { body: pointedAt(workload) });

export const scale = (name: string, environment: string, workload: ObjectKey, replicas: number) =>
  call<void>('POST', `/applications/${part(name)}/environments/${part(environment)}/scale`, { body: { ...pointedAt(workload), replicas } });

/** Tells a Rollout what to do next. */
export const lead = (name: string, environment: string, rollout: ObjectKey, step: RolloutStep) =>
  call<void>('POST', `/applications/${part(name)}/environments/${part(environment)}/rollout`, { body: { name: rollout.name, namespace: rollout.namespace, step } });

/** Exactly this one: others may have its kind and name in another group or namespace. */
const pointedAt = ({ group, kind, namespace, name }: ObjectKey) => ({ group, kind, namespace, name });

/** Where the log of a container is read. */
export const logAddress = (name: string, environment: string, wanted: { pod: string; container?: string; lines: number; follow: boolean; previous: boolean }) =>
  `/applications/${part(name)}/environments/${part(environment)}/logs${query({ ...wanted, follow: wanted.follow ? 'true' : undefined, previous: wanted.previous ? 'true' : undefined })}`;

/** Reads what runs again whenever it changes. */
export function useLiveResources(name: string) {
  const client = useQueryClient();
  const hear = useCallback(
    (kind: string, data: unknown) => {
      if (kind !== 'resources') return;
      const { environment } = data as { environment: string };
      void client.invalidateQueries({ queryKey: ['application', name, 'resources', environment] });
    },
    [client, name],
  );
  useEvents(`application:${name}`, hear);
}
