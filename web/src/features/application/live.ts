// What happens to an application while it is looked at.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useEvents } from '../../api/events';
import type { Deployment } from '../../api/types';
import { putDeployment } from '../deployment/data';
import { applicationQuery } from './data';

/** Keeps everything that is shown of an application up to date. */
export function useLiveApplication(name: string) {
  const client = useQueryClient();
  const hear = useCallback(
    (kind: string, data: unknown) => {
      if (kind === 'deployment') putDeployment(client, data as Deployment);
      if (kind === 'deployment' || kind === 'application') void client.invalidateQueries({ queryKey: applicationQuery(name).queryKey });
      if (kind === 'missed') void client.invalidateQueries({ queryKey: ['application', name] });
    },
    [client, name],
  );
  useEvents(`application:${name}`, hear);
}
