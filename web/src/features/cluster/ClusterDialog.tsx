// Adding or changing a cluster by its kubeconfig. Saving checks it; what the check found stands below.
import { useCallback, useEffect, useRef, useState } from 'react';
import { useDialogDraft } from '../../api/drafts';
import { Problem } from '../../api/http';
import type { Cluster, ClusterCheck, ClusterInput } from '../../api/types';
import { Button } from '../../components/Button';
import { Checkbox, SelectField, TextArea, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { ClusterReport, Missing } from './ClusterReport';
import { clustersQuery, saveCluster, useLiveCluster } from './data';
import { contextsOf, type Contexts } from './kubeconfig';
import { texts } from './texts';

interface Entries {
  name: string;
  kubeconfig: string;
  context: string;
  createNamespaces: boolean;
}

/** A kubeconfig is some kilobytes; with certificates of many clusters it is some hundred. */
const LIMIT = 1_000_000;

/** What is sent; an empty kubeconfig keeps the one that is stored. */
export function inputOf(value: Entries): ClusterInput {
  return {
    ...(value.kubeconfig.trim() ? { source: 'kubeconfig', kubeconfig: value.kubeconfig } : {}),
    context: value.context,
    create_namespaces: value.createNamespaces,
  };
}

/** The contexts of what is typed: undefined while nothing is, null when it is no kubeconfig. */
function useContexts(kubeconfig: string): Contexts | null | undefined {
  const [found, setFound] = useState<{ of: string; contexts: Contexts | null }>();
  useEffect(() => {
    let current = true;
    if (kubeconfig.trim()) void contextsOf(kubeconfig).then((contexts) => current && setFound({ of: kubeconfig, contexts }));
    return () => {
      current = false;
    };
  }, [kubeconfig]);
  return kubeconfig.trim() && found?.of === kubeconfig ? found.contexts : undefined;
}

function ChooseFile({ onText }: { onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const take = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > LIMIT) return setSaid(texts.tooLong);
    onText(await file.text());
    setSaid(texts.chosen(file.name));
  };
  return (
    <div className="line">
      <Button small onClick={() => input.current?.click()}>
        {texts.choose}
      </Button>
      <input ref={input} type="file" hidden aria-label={texts.choose} onChange={(event) => void take(event.target.files?.[0])} />
      <span className="small muted" role="status">
        {said}
      </span>
    </div>
  );
}

function ContextField({ value, onText, contexts, stored, error }: { value: string; onText: (text: string) => void; contexts: Contexts | null | undefined; stored: string | null; error: string | undefined }) {
  const known = contexts?.contexts ?? (stored ? [{ name: stored, server: '' }] : []);
  if (known.length === 0) return null;
  const current = contexts?.current;
  return (
    <SelectField
      label={texts.context}
      name="context"
      value={value}
      onText={onText}
      hint={texts.contextHint}
      error={error}
      options={[{ value: '', label: current ? `${texts.contextCurrent}: ${current}` : texts.contextCurrent }, ...known.map((each) => ({ value: each.name, label: texts.contextOf(each.name, each.server) }))]}
    />
  );
}

/** The check that a refusal tells of. */
const checkOf = (error: unknown): ClusterCheck | null => (error instanceof Problem ? ((error.body.check as unknown as ClusterCheck | undefined) ?? null) : null);

/** The dialog. */
export function ClusterDialog({ cluster, onClose }: { cluster: Cluster | null; onClose: () => void }) {
  const [initial] = useState<Entries>(() => ({ name: '', kubeconfig: '', context: cluster?.context ?? '', createNamespaces: cluster?.create_namespaces ?? true }));
  // What is written over is what was read.
  const [version] = useState(cluster?.version ?? null);
  const draft = useDialogDraft(`cluster.${cluster?.name ?? 'new'}`, initial, ['kubeconfig']);
  const { value, set } = draft;
  const name = cluster?.name ?? value.name.trim();
  const contexts = useContexts(value.kubeconfig);
  const [going, setGoing] = useState<ClusterCheck | null>(null);
  const saving = useSaving({
    queryKey: clustersQuery.queryKey,
    save: () => {
      setGoing(null);
      return saveCluster(name, inputOf(value), version);
    },
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  useLiveCluster(saving.isPending && name ? name : null, useCallback((state: Cluster) => setGoing(state.check), []));
  const { error, isPending } = saving;
  const check = isPending ? going : checkOf(error);
  return (
    <FormDialog title={cluster?.name ?? texts.create} action={texts.save} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={onClose}>
      {!cluster && <TextField label={texts.name} name="name" required value={value.name} onText={(text) => set({ name: text })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />}
      <TextArea
        label={texts.kubeconfig}
        name="kubeconfig"
        mono
        rows={6}
        required={!cluster}
        autoComplete="off"
        value={value.kubeconfig}
        placeholder={cluster ? texts.kubeconfigStored : ''}
        onText={(kubeconfig) => set({ kubeconfig })}
        hint={texts.kubeconfigHint}
        error={errorOf(error, 'kubeconfig') ?? (contexts === null ? texts.unreadable : undefined)}
        data-autofocus={cluster ? true : undefined}
      />
      <ChooseFile onText={(kubeconfig) => set({ kubeconfig })} />
      <ContextField value={value.context} onText={(context) => set({ context })} contexts={contexts} stored={cluster?.context ?? null} error={errorOf(error, 'context')} />
      <Checkbox name="create_namespaces" checked={value.createNamespaces} onChecked={(createNamespaces) => set({ createNamespaces })}>
        {texts.createNamespaces}
      </Checkbox>
      {isPending || check ? <ClusterReport check={check} live={isPending} /> : <p className="small muted">{texts.further}</p>}
      {check && !isPending && <Missing check={check} />}
    </FormDialog>
  );
}
