// What a person does with an object of what runs, told and read again.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { announce } from '../../components/Announcer';
import { resourcesQuery } from './data';

export function useAction(application: string, environment: string, run: () => Promise<void>, told: string, done: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async () => {
      announce(told);
      done();
      await client.invalidateQueries({ queryKey: resourcesQuery(application, environment).queryKey });
    },
  });
}
