// Making or changing an environment.
import { useQuery } from '@tanstack/react-query';
import { useDialogDraft } from '../../api/drafts';
import type { BranchRule, CrdRule, DriftRule, Environment } from '../../api/types';
import { RadioField, SelectField, TextArea, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { clustersQuery } from '../cluster/data';
import { changeEnvironment, createEnvironment, environmentsQuery, type EnvironmentInput } from './data';
import { texts } from './texts';

/** What a new environment is rendered for unless something else is typed. */
export const KUBERNETES_VERSION = '1.36.3';

const RULES: CrdRule[] = ['create', 'apply', 'skip'];
const DRIFT: DriftRule[] = ['show', 'correct'];

interface Entries {
  name: string;
  description: string;
  namespace: string;
  /** Empty: Git only. */
  cluster: string;
  kubernetes: string;
  apis: string;
  branch: BranchRule;
  crds: CrdRule;
  drift: DriftRule;
  recipients: string;
}

function entriesOf(environment: Environment | null): Entries {
  return {
    name: environment?.name ?? '',
    description: environment?.description ?? '',
    namespace: environment?.namespace ?? '',
    cluster: environment?.cluster ?? '',
    kubernetes: environment?.kubernetes_version ?? KUBERNETES_VERSION,
    apis: environment?.api_versions.join('\n') ?? '',
    branch: environment?.branch ?? 'default',
    crds: environment?.crds ?? 'apply',
    drift: environment?.drift ?? 'show',
    recipients: environment?.recipients.join('\n') ?? '',
  };
}

function inputOf(value: Entries): EnvironmentInput {
  const name = value.name.trim();
  return {
    name,
    namespace: value.namespace.trim() || name,
    branch: value.branch,
    cluster: value.cluster,
    description: value.description.trim(),
    kubernetes_version: value.kubernetes.trim(),
    api_versions: value.apis.split(/\s+/).filter(Boolean),
    crds: value.crds,
    drift: value.drift,
    recipients: value.recipients.split(/\s+/).filter(Boolean),
  };
}

/** Where it runs: a cluster and a namespace there, or Git only. */
function Where({ value, set, error, focus }: { value: Entries; set: (change: Partial<Entries>) => void; error: unknown; focus: boolean }) {
  const clusters = useQuery({ ...clustersQuery, retry: false }).data?.items ?? [];
  const known = value.cluster && !clusters.some((each) => each.name === value.cluster) ? [value.cluster] : [];
  return (
    <>
      <SelectField
        label={texts.cluster}
        name="cluster"
        value={value.cluster}
        onText={(cluster) => set({ cluster })}
        hint={value.cluster ? texts.clusterHint : texts.clusterNoneHint}
        error={errorOf(error, 'cluster')}
        options={[{ value: '', label: texts.clusterNone }, ...[...clusters.map((each) => each.name), ...known].map((name) => ({ value: name, label: name }))]}
        data-autofocus={focus ? true : undefined}
      />
      <TextField label={texts.namespace} name="namespace" value={value.namespace} placeholder={value.name} onText={(namespace) => set({ namespace })} hint={texts.namespaceHint} error={errorOf(error, 'namespace')} autoCapitalize="none" />
    </>
  );
}

/** What never changes, because it is written into every repository. */
function Fixed({ value, set, error }: { value: Entries; set: (change: Partial<Entries>) => void; error: unknown }) {
  return (
    <>
      <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />
      <RadioField
        legend={texts.branch}
        name="branch"
        value={value.branch}
        onValue={(branch) => set({ branch })}
        options={[
          { value: 'default', label: texts.branches.default },
          { value: 'per-environment', label: texts.branches['per-environment'], hint: <code>{texts.branchHint(value.name)}</code> },
        ]}
      />
    </>
  );
}

/** The dialog. */
export function EnvironmentDialog({ environment, onClose }: { environment: Environment | null; onClose: () => void }) {
  const draft = useDialogDraft(`environment.${environment?.name ?? 'new'}`, entriesOf(environment));
  const { value, set } = draft;
  const saving = useSaving({
    queryKey: environmentsQuery.queryKey,
    save: () => (environment ? changeEnvironment(environment, inputOf(value)) : createEnvironment(inputOf(value))),
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  const { error } = saving;
  return (
    <FormDialog title={environment?.name ?? texts.create} action={environment ? texts.save : texts.create} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={onClose}>
      {!environment && <Fixed value={value} set={set} error={error} />}
      <Where value={value} set={set} error={error} focus={environment !== null} />
      {!value.cluster && <TextField label={texts.kubernetes} name="kubernetes_version" value={value.kubernetes} onText={(kubernetes) => set({ kubernetes })} hint={texts.kubernetesHint} error={errorOf(error, 'kubernetes_version')} />}
      <TextField label={texts.description} name="description" value={value.description} onText={(description) => set({ description })} error={errorOf(error, 'description')} spellCheck />
      {!value.cluster && <TextArea label={texts.apis} name="api_versions" mono rows={2} value={value.apis} onText={(apis) => set({ apis })} hint={texts.apisHint} error={errorOf(error, 'api_versions')} />}
      {value.cluster && <RadioField legend={texts.drift} name="drift" value={value.drift} onValue={(drift) => set({ drift })} hint={texts.driftHint} options={DRIFT.map((rule) => ({ value: rule, label: texts.driftRules[rule], hint: texts.driftRuleHints[rule] }))} />}
      <RadioField legend={texts.crds} name="crds" value={value.crds} onValue={(crds) => set({ crds })} hint={texts.crdsHint} options={RULES.map((rule) => ({ value: rule, label: texts.crdRules[rule], hint: texts.crdRuleHints[rule] }))} />
      <TextArea label={texts.recipients} name="recipients" mono rows={2} value={value.recipients} onText={(recipients) => set({ recipients })} hint={texts.recipientsHint} error={errorOf(error, 'recipients')} />
    </FormDialog>
  );
}
