// Deleting an application: what that does is shown, its name is typed; told while it goes on, and ended without a cluster that is away.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Application } from '../../api/types';
import { Button } from '../../components/Button';
import { Checkbox, TextField } from '../../components/Field';
import { FormDialog } from '../../components/FormDialog';
import { Asked, Notice } from '../../components/States';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { deleteApplication, heldByHook, leavingQuery } from './data';
import { confirmedBy, DeletionPreview, type Choice } from './DeletionPreview';
import { texts } from './texts';

/** The clusters that it runs in, as far as it was deployed there. */
function useClusters(application: Application): string[] {
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const deployed = new Set(application.environments.filter((each) => each.deployment).map((each) => each.environment));
  return [...new Set(environments.flatMap((each) => (each.cluster && deployed.has(each.name) ? [each.cluster] : [])))];
}

/** That a hook fails, with its words, and the way to do without it. */
function FailingHook({ failure, skip, onSkip }: { failure: string; skip: boolean; onSkip: (skip: boolean) => void }) {
  return (
    <>
      <Notice tone="warn">
        <b>{texts.hook.title}</b> <span className="break">{failure}</span>
      </Notice>
      <Checkbox name="skip_hooks" checked={skip} onChecked={onSkip}>
        {texts.hook.skip} <span className="small muted">{texts.hook.hint}</span>
      </Checkbox>
    </>
  );
}

/** The dialog; `abandon` leaves in clusters that are away what runs there. */
export function DeleteDialog({ application, abandon = false, onClose }: { application: Application; abandon?: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const clusters = useClusters(application);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState('');
  const [choice, setChoice] = useState<Choice>({ data: 'keep', marked: false });
  const [skipHooks, setSkipHooks] = useState(false);
  const runs = !abandon && clusters.length > 0;
  const leaving = useQuery({ ...leavingQuery(application.name, choice.data), enabled: runs });
  const remove = useMutation({
    mutationFn: () => deleteApplication(application, runs ? { data: choice.data, confirmed: choice.marked && leaving.data ? confirmedBy(leaving.data) : '', skipHooks } : { abandon }),
    onSuccess: async () => {
      await navigate({ to: '/applications' });
      client.removeQueries({ queryKey: ['application', application.name] });
      await client.invalidateQueries({ queryKey: ['applications'] });
    },
    // What would go may have changed: it is shown anew.
    onError: () => void client.invalidateQueries({ queryKey: ['application', application.name, 'leaving'] }),
  });
  const submit = () => {
    if (typed.trim() === application.name) remove.mutate();
    else setWrong(texts.deleteTyped(application.name));
  };
  return (
    <FormDialog title={abandon ? texts.abandonAsk(application.name) : texts.deleteAsk(application.name)} action={abandon ? texts.abandon : texts.delete} danger saving={remove} onSubmit={submit} onClose={onClose}>
      <p>{abandon ? texts.abandonWords : texts.deleteWords}</p>
      {runs && (
        <>
          <p>{texts.deleteClusters(clusters)}</p>
          <Asked of={leaving} what="what would go">
            {(data) => <DeletionPreview leaving={data} choice={choice} onChoice={(change) => setChoice((before) => ({ ...before, ...change }))} />}
          </Asked>
          {heldByHook(application) && <FailingHook failure={application.deletion_failure ?? ''} skip={skipHooks} onSkip={setSkipHooks} />}
        </>
      )}
      <TextField
        label={texts.deleteConfirm}
        name="confirm"
        value={typed}
        onText={(text) => {
          setWrong('');
          setTyped(text);
        }}
        placeholder={application.name}
        error={wrong}
        autoCapitalize="none"
        data-autofocus
      />
    </FormDialog>
  );
}

/** That it is being deleted, and what holds it up. */
export function Deleting({ application }: { application: Application }) {
  const manager = useMay('manager', application.project);
  const clusters = useClusters(application);
  const [asking, setAsking] = useState<'again' | 'abandon' | null>(null);
  const { deletion_failure: failure } = application;
  return (
    <Notice tone="warn">
      {failure ? `${texts.deleting} ${failure}` : texts.deleting}
      {failure && manager && clusters.length > 0 && (
        <div className="line">
          <Button small onClick={() => setAsking('again')}>
            {texts.deleteAgain}
          </Button>
          <Button small onClick={() => setAsking('abandon')}>
            {texts.abandon}
          </Button>
        </div>
      )}
      {asking && <DeleteDialog application={application} abandon={asking === 'abandon'} onClose={() => setAsking(null)} />}
    </Notice>
  );
}
