// That an environment of an application is on hold: who and why, and the way to release it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application, Hold } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { Notice, ProblemWords } from '../../components/States';
import { Time } from '../../components/Time';
import { applicationQuery } from '../application/data';
import { useMay } from '../session/data';
import { hold as put, release } from './data';
import { texts } from './texts';

interface Props {
  application: Application;
  environment: string;
}

function ReleaseDialog({ application, environment, onClose }: Props & { onClose: () => void }) {
  const client = useQueryClient();
  const releasing = useMutation({
    mutationFn: () => release(application.name, environment),
    onSuccess: async () => {
      announce(texts.released(environment));
      await client.invalidateQueries({ queryKey: applicationQuery(application.name).queryKey });
      onClose();
    },
  });
  return (
    <Ask title={texts.releaseAsk(environment)} action={texts.releaseOf(environment)} busy={releasing.isPending} onYes={() => releasing.mutate()} onClose={onClose}>
      {releasing.error && (
        <Notice tone="bad">
          <ProblemWords error={releasing.error} />
        </Notice>
      )}
      <p>{texts.releaseWords}</p>
    </Ask>
  );
}

/** The banner of one hold. */
export function HoldNotice({ application, environment, hold }: Props & { hold: Hold }) {
  const deployer = useMay('deployer', application.project);
  const [asking, setAsking] = useState(false);
  return (
    <Notice tone="warn">
      <div className="beside">
        <span className="break">
          <b>{texts.held(environment)}</b> {texts.by(hold.by, hold.reason)}
          {hold.deployment !== null && !hold.reason && `, ${texts.after(hold.deployment)}`} · <Time at={hold.created_at} />
        </span>
        {deployer && (
          <Button small onClick={() => setAsking(true)}>
            {texts.release}
            <span className="hidden"> {environment}</span>
          </Button>
        )}
      </div>
      {asking && <ReleaseDialog application={application} environment={environment} onClose={() => setAsking(false)} />}
    </Notice>
  );
}

/** The holds of an application, one banner each. */
export function HoldNotices({ application }: { application: Application }) {
  const held = application.environments.filter((each) => each.hold);
  if (held.length === 0) return null;
  return (
    <div className="stack tight holds">
      {held.map((each) => each.hold && <HoldNotice key={each.environment} application={application} environment={each.environment} hold={each.hold} />)}
    </div>
  );
}

/** Asks for the reason of a hold. */
export function HoldDialog({ application, environment, onClose }: Props & { onClose: () => void }) {
  const [reason, setReason] = useState('');
  const holding = useSaving({
    queryKey: applicationQuery(application.name).queryKey,
    save: () => put(application.name, environment, reason.trim()),
    saved: () => texts.done(environment),
    done: onClose,
  });
  return (
    <FormDialog title={texts.holdTitle(application.name, environment)} action={texts.holdAction(environment)} saving={holding} onSubmit={holding.mutate} onClose={onClose}>
      <p>{texts.holdWords}</p>
      <TextField label={texts.reason} name="reason" value={reason} onText={setReason} hint={texts.reasonHint} error={errorOf(holding.error, 'reason')} spellCheck data-autofocus />
    </FormDialog>
  );
}
