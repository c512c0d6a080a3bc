// Clusters.
import { queryOptions, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useEvents } from '../../api/events';
import { call, part } from '../../api/http';
import type { Cluster, ClusterInput, Page } from '../../api/types';

export const clustersQuery = queryOptions({ queryKey: ['clusters'], queryFn: () => call<Page<Cluster>>('GET', '/clusters?limit=200') });

export const clusterQuery = (name: string) => queryOptions({ queryKey: ['clusters', name], queryFn: () => call<Cluster>('GET', `/clusters/${part(name)}`) });

/** Checks a cluster and keeps it if it works; `over` is the version that was seen, null for a new one. */
export const saveCluster = (name: string, input: ClusterInput, over: number | null) =>
  call<Cluster>('PUT', `/clusters/${part(name)}`, { body: input, ...(over === null ? { create: true } : { version: over }) });

export const checkCluster = (name: string) => call<Cluster>('POST', `/clusters/${part(name)}/check`);

export const deleteCluster = (cluster: Cluster) => call<void>('DELETE', `/clusters/${part(cluster.name)}`, { version: cluster.version });

/** Puts a cluster that arrived where it is shown. */
export function putCluster(client: QueryClient, cluster: Cluster) {
  client.setQueryData(clusterQuery(cluster.name).queryKey, cluster);
  client.setQueryData<Page<Cluster>>(clustersQuery.queryKey, (page) => page && { ...page, items: page.items.map((each) => (each.name === cluster.name ? cluster : each)) });
}

/** Keeps what is shown of a cluster up to date; `hear` gets each state of it. */
export function useLiveCluster(name: string | null, hear?: (cluster: Cluster) => void) {
  const client = useQueryClient();
  const listen = useCallback(
    (kind: string, data: unknown) => {
      if (kind === 'missed') void client.invalidateQueries({ queryKey: clustersQuery.queryKey });
      if (kind !== 'cluster') return;
      const cluster = data as Cluster;
      if (cluster.name !== name) return;
      putCluster(client, cluster);
      hear?.(cluster);
    },
    [client, name, hear],
  );
  useEvents(name ? `cluster:${name}` : null, listen);
}
