// Global configuration > Keys: the age identity, its export, its rotation.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { AgeIdentity } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { Ask, Dialog } from '../../components/Dialog';
import { TextArea, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { ageIdentityQuery, exportAgeIdentity, importAgeIdentity, rotateAgeIdentity } from './data';
import { ResealCard } from './ResealCard';
import { texts } from './texts';

const FILE = 'trueline-age-identity.txt';

function Exported({ identity, onClose }: { identity: string; onClose: () => void }) {
  const address = useMemo(() => URL.createObjectURL(new Blob([identity.endsWith('\n') ? identity : `${identity}\n`], { type: 'text/plain' })), [identity]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <Dialog title={texts.exportTitle} onClose={onClose}>
      <div className="body">
        <Notice tone="good">{texts.shown}</Notice>
        <pre className="block wrap">{identity}</pre>
        <div className="line">
          <CopyText text={identity} shown={texts.copyText} what={texts.copyIdentity} />
          <a className="button" href={address} download={FILE}>
            {texts.download}
          </a>
        </div>
      </div>
      <footer>
        <Button look="primary" onClick={onClose} data-autofocus>
          {texts.done}
        </Button>
      </footer>
    </Dialog>
  );
}

/** Asks for the password; the identity lives in this component alone. */
function ExportDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const exporting = useSaving({
    queryKey: ageIdentityQuery.queryKey,
    save: () => exportAgeIdentity(password),
    saved: () => texts.exportedTold,
    done: () => setPassword(''),
  });
  if (exporting.data) return <Exported identity={exporting.data.identity} onClose={onClose} />;
  return (
    <FormDialog title={texts.exportTitle} action={texts.export} saving={exporting} onSubmit={exporting.mutate} onClose={onClose}>
      <p>{texts.exportWords}</p>
      <TextField label={texts.password} name="password" type="password" required autoComplete="current-password" value={password} onText={setPassword} hint={texts.passwordHint} error={errorOf(exporting.error, 'password')} data-autofocus />
    </FormDialog>
  );
}

/** Takes in an identity; what is typed lives in this component alone. */
function ImportDialog({ onClose }: { onClose: () => void }) {
  const [identity, setIdentity] = useState('');
  const importing = useSaving({ queryKey: ageIdentityQuery.queryKey, save: () => importAgeIdentity(identity.trim()), saved: () => texts.imported, done: onClose });
  return (
    <FormDialog title={texts.importTitle} action={texts.import} saving={importing} onSubmit={importing.mutate} onClose={onClose}>
      <p>{texts.importWords}</p>
      <TextArea label={texts.importLabel} name="identity" mono required rows={4} autoComplete="off" value={identity} onText={setIdentity} hint={texts.importHint} error={errorOf(importing.error, 'identity')} data-autofocus />
    </FormDialog>
  );
}

function RotateDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const rotating = useMutation({
    mutationFn: rotateAgeIdentity,
    onSuccess: async () => {
      announce(texts.rotated);
      await client.invalidateQueries({ queryKey: ageIdentityQuery.queryKey });
      onClose();
    },
  });
  return (
    <Ask title={texts.rotateAsk} action={texts.rotate} danger busy={rotating.isPending} onYes={() => rotating.mutate()} onClose={onClose}>
      {rotating.error && (
        <Notice tone="bad">
          <ProblemWords error={rotating.error} />
        </Notice>
      )}
      <p>{texts.rotateWords}</p>
    </Ask>
  );
}

function Identity({ identity }: { identity: AgeIdentity }) {
  const [open, setOpen] = useState<'export' | 'rotate' | 'import' | null>(null);
  const close = () => setOpen(null);
  return (
    <section className="card narrow" aria-label={texts.identity}>
      <header>
        <h2>{texts.identity}</h2>
      </header>
      <div className="body stack">
        <dl className="pairs">
          <dt>{texts.recipient}</dt>
          <dd>
            <CopyText text={identity.recipient} what={texts.copy} />
            <p className="small muted">{texts.recipientHint}</p>
          </dd>
          <dt>{texts.since}</dt>
          <dd>
            <Time at={identity.created_at} />
          </dd>
          <dt>{texts.exported}</dt>
          <dd>{identity.exported_at ? <Time at={identity.exported_at} /> : texts.never}</dd>
          <dt>{texts.earlier}</dt>
          <dd>
            {identity.earlier.length === 0 ? (
              <span className="faint">{texts.none}</span>
            ) : (
              <>
                <ul className="stack tight">
                  {identity.earlier.map((each) => (
                    <li key={each.recipient}>
                      <CopyText text={each.recipient} what={texts.copy} />{' '}
                      <span className="small muted">
                        {each.imported ? texts.takenIn : texts.until} <Time at={each.created_at} />
                      </span>
                    </li>
                  ))}
                </ul>
                <p className="small muted">{texts.earlierHint}</p>
              </>
            )}
          </dd>
        </dl>
      </div>
      <footer>
        <Button look={identity.exported_at ? undefined : 'primary'} onClick={() => setOpen('export')}>
          {texts.export}
        </Button>
        <Button onClick={() => setOpen('rotate')}>{texts.rotate}</Button>
        <Button onClick={() => setOpen('import')}>{texts.import}</Button>
      </footer>
      {open === 'export' && <ExportDialog onClose={close} />}
      {open === 'rotate' && <RotateDialog onClose={close} />}
      {open === 'import' && <ImportDialog onClose={close} />}
    </section>
  );
}

function ForAdministrators() {
  return (
    <Asked of={useQuery(ageIdentityQuery)} what="the age identity">
      {(identity) => (
        <div className="stack">
          <Identity identity={identity} />
          <ResealCard />
        </div>
      )}
    </Asked>
  );
}

/** The page of keys. */
export function KeysPage() {
  const administrator = useMay('administrator');
  return (
    <>
      <PageHead title={texts.title}>{texts.lead}</PageHead>
      {administrator ? <ForAdministrators /> : <Notice tone="info">{texts.forbidden}</Notice>}
    </>
  );
}
