// Making, changing and trying a health rule.
import { useMutation } from '@tanstack/react-query';
import { useDialogDraft } from '../../api/drafts';
import type { HealthExpressions, HealthRule, HealthTrial } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { TextArea, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { Notice, ProblemWords } from '../../components/States';
import { HealthTag } from '../resource/HealthTag';
import { texts as health } from '../resource/texts';
import { healthRulesQuery, saveHealthRule, tryHealthRule } from './data';
import { texts } from './texts';

interface Entries {
  group: string;
  kind: string;
  current: string;
  inProgress: string;
  failed: string;
  message: string;
  object: string;
}

function entriesOf(rule: HealthRule | null): Entries {
  return { group: rule?.group ?? '', kind: rule?.kind ?? '', current: rule?.current ?? '', inProgress: rule?.in_progress ?? '', failed: rule?.failed ?? '', message: rule?.message ?? '', object: '' };
}

const said = (text: string) => text.trim() || null;

function inputOf(value: Entries): HealthExpressions {
  return { current: value.current.trim(), in_progress: said(value.inProgress), failed: said(value.failed), message: said(value.message) };
}

const nameOf = ({ kind, group }: Entries) => [kind.trim(), group.trim()].filter(Boolean).join('.');

/** How the object would be, and what each expression gave. */
function Outcome({ trial }: { trial: HealthTrial }) {
  return (
    <div className="stack tight" role="status">
      <div className="beside">
        <span className="strong">{trial.name}</span>
        <span>
          <HealthTag health={trial.status} /> <span className="muted small">{texts.by[trial.by]}</span>
        </span>
      </div>
      {trial.message && <div className="break">{trial.message}</div>}
      {trial.steps.map((step) => (
        <div key={step.expression} className="small">
          <span className="muted">{texts.names[step.expression] ?? step.expression}</span> {texts.answers[step.answer]}
          {step.said && <span className="muted break"> {step.said}</span>}
        </div>
      ))}
    </div>
  );
}

/** The dialog. */
export function HealthRuleDialog({ rule, onClose }: { rule: HealthRule | null; onClose: () => void }) {
  const draft = useDialogDraft(`health-rule.${rule?.name ?? 'new'}`, entriesOf(rule));
  const { value, set } = draft;
  const saving = useSaving({
    queryKey: healthRulesQuery.queryKey,
    save: () => saveHealthRule(nameOf(value), inputOf(value), rule?.version ?? null),
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  const trial = useMutation({
    mutationFn: () => tryHealthRule(value.object, inputOf(value)),
    onSuccess: (found) => announce(`${found.name}: ${health.states[found.status]}`),
  });
  // What was tried or saved last is what is told at the fields.
  const wrong = (field: string) => errorOf(saving.error, field) ?? errorOf(trial.error, field);
  return (
    <FormDialog title={rule?.name ?? texts.create} action={texts.save} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={onClose}>
      {!rule && <TextField label={texts.group} name="group" mono value={value.group} onText={(group) => set({ group })} hint={texts.groupHint} autoCapitalize="none" data-autofocus />}
      {!rule && <TextField label={texts.kind} name="name" mono required value={value.kind} onText={(kind) => set({ kind })} hint={texts.kindHint} error={wrong('name')} autoCapitalize="none" />}
      <p className="small muted">{texts.hint}</p>
      <TextArea label={texts.inProgress} name="in_progress" mono rows={2} value={value.inProgress} onText={(inProgress) => set({ inProgress })} hint={texts.inProgressHint} error={wrong('in_progress')} data-autofocus={rule ? true : undefined} />
      <TextArea label={texts.failed} name="failed" mono rows={2} value={value.failed} onText={(failed) => set({ failed })} hint={texts.failedHint} error={wrong('failed')} />
      <TextArea label={texts.current} name="current" mono rows={2} required value={value.current} onText={(current) => set({ current })} hint={texts.currentHint} error={wrong('current')} />
      <TextArea label={texts.message} name="message" mono rows={1} value={value.message} onText={(message) => set({ message })} hint={texts.messageHint} error={wrong('message')} />
      <fieldset className="stack">
        <legend>{texts.trial}</legend>
        <TextArea label={texts.object} name="object" mono rows={5} value={value.object} onText={(object) => set({ object })} hint={texts.objectHint} error={errorOf(trial.error, 'object')} />
        {trial.isError && <Notice tone="bad"><ProblemWords error={trial.error} /></Notice>}
        {trial.data && <Outcome trial={trial.data} />}
        <div>
          <Button busy={trial.isPending} onClick={() => trial.mutate()}>
            {texts.attempt}
          </Button>
        </div>
      </fieldset>
    </FormDialog>
  );
}
