// Making or changing an environment.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useDraft } from '../../api/drafts';
import type { BranchRule, Environment } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { RadioField, TextArea, TextField } from '../../components/Field';
import { errorOf, Form } from '../../components/Form';
import { changeEnvironment, createEnvironment, environmentsQuery } from './data';
import { texts } from './texts';

/** What a new environment is rendered for unless something else is typed. */
export const KUBERNETES_VERSION = '1.36.3';

interface Entries {
  name: string;
  description: string;
  namespace: string;
  kubernetes: string;
  apis: string;
  branch: BranchRule;
}

function entriesOf(environment: Environment | null): Entries {
  return {
    name: environment?.name ?? '',
    description: environment?.description ?? '',
    namespace: environment?.namespace ?? '',
    kubernetes: environment?.kubernetes_version ?? KUBERNETES_VERSION,
    apis: environment?.api_versions.join('\n') ?? '',
    branch: environment?.branch ?? 'default',
  };
}

function useSave(environment: Environment | null, value: Entries, then: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => {
      const input = {
        description: value.description.trim(),
        kubernetes_version: value.kubernetes.trim(),
        api_versions: value.apis.split(/\s+/).filter(Boolean),
      };
      const name = value.name.trim();
      return environment ? changeEnvironment(environment, input) : createEnvironment({ name, namespace: value.namespace.trim() || name, branch: value.branch, ...input });
    },
    onSuccess: async (stored) => {
      announce(texts.saved(stored.name));
      then();
      await client.invalidateQueries({ queryKey: environmentsQuery.queryKey });
    },
  });
}

/** What never changes, because it is written into every repository. */
function Fixed({ value, set, error }: { value: Entries; set: (change: Partial<Entries>) => void; error: unknown }) {
  return (
    <>
       <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />
      <TextField label={texts.namespace} name="namespace" value={value.namespace} placeholder={value.name} onText={(namespace) => set({ namespace })} hint={texts.namespaceHint} error={errorOf(error, 'namespace')} autoCapitalize="none" />
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
  const draft = useDraft(`environment.${environment?.name ?? 'new'}`, entriesOf(environment));
  const { value, set } = draft;
  const save = useSave(environment, value, () => {
    draft.discard();
    onClose();
  });
  const { error } = save;
  return (
    <Dialog title={environment?.name ?? texts.create} onClose={onClose}>
      <Form onSubmit={() => !save.isPending && save.mutate()} error={error}>
        <div className="body stack">
          {!environment && <Fixed value={value} set={set} error={error} />}
          <TextField label={texts.kubernetes} data-autofocus={environment ? true : undefined} name="kubernetes_version" value={value.kubernetes} onText={(kubernetes) => set({ kubernetes })} hint={texts.kubernetesHint} error={errorOf(error, 'kubernetes_version')} />
          <TextField label={texts.description} name="description" value={value.description} onText={(description) => set({ description })} error={errorOf(error, 'description')} spellCheck />
          <TextArea label={texts.apis} name="api_versions" mono rows={2} value={value.apis} onText={(apis) => set({ apis })} hint={texts.apisHint} error={errorOf(error, 'api_versions')} />
        </div>
        <footer>
          <Button type="submit" look="primary" busy={save.isPending}>
            {environment ? texts.save : texts.create}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}
