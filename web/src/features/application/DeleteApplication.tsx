// Deleting an application: asked for once by typing its name, told while it goes on, and ended without a cluster that is away.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Application } from '../../api/types';
import { Button } from '../../components/Button';
import { Checkbox, TextField } from '../../components/Field';
import { FormDialog } from '../../components/FormDialog';
import { Notice } from '../../components/States';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { deleteApplication } from './data';
import { texts } from './texts';

/** The clusters that it runs in, as far as it was deployed there. */
function useClusters(application: Application): string[] {
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const deployed = new Set(application.environments.filter((each) => each.deployment).map((each) => each.environment));
  return [...new Set(environments.flatMap((each) => (each.cluster && deployed.has(each.name) ? [each.cluster] : [])))];
}

/** The dialog; `abandon` leaves in clusters that are away what runs there. */
export function DeleteDialog({ application, abandon = false, onClose }: { application: Application; abandon?: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const clusters = useClusters(application);
  const [typed, setTyped] = useState('');
  const [data, setData] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteApplication(application, { data, abandon }),
    onSuccess: async () => {
      await navigate({ to: '/applications' });
      client.removeQueries({ queryKey: ['application', application.name] });
      await client.invalidateQueries({ queryKey: ['applications'] });
    },
  });
  return (
    <FormDialog title={abandon ? texts.abandonAsk(application.name) : texts.deleteAsk(application.name)} action={abandon ? texts.abandon : texts.delete} danger saving={remove} onSubmit={() => typed === application.name && remove.mutate()} onClose={onClose}>
      <p>{abandon ? texts.abandonWords : texts.deleteWords}</p>
      {!abandon && clusters.length > 0 && (
        <>
          <p>{texts.deleteClusters(clusters)}</p>
          <Checkbox name="cluster_data" checked={data} onChecked={setData}>
            {texts.deleteData} <span className="small muted">{texts.deleteDataHint}</span>
          </Checkbox>
        </>
      )}
      <TextField label={texts.deleteConfirm} name="confirm" value={typed} onText={setTyped} placeholder={application.name} data-autofocus />
    </FormDialog>
  );
}

/** That it is being deleted, and what holds it up. */
export function Deleting({ application }: { application: Application }) {
  const manager = useMay('manager', application.project);
  const clusters = useClusters(application);
  const [asking, setAsking] = useState(false);
  const { deletion_failure: failure } = application;
  return (
    <Notice tone="warn">
      {failure ? `${texts.deleting} ${failure}` : texts.deleting}
      {failure && manager && clusters.length > 0 && (
        <div className="line">
          <Button small onClick={() => setAsking(true)}>
            {texts.abandon}
          </Button>
        </div>
      )}
      {asking && <DeleteDialog application={application} abandon onClose={() => setAsking(false)} />}
    </Notice>
  );
}
