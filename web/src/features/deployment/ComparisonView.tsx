// What differs between two deployments: inputs, effective values, chart, secrets by name, manifests.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Comparison, Deployment, FileDiff } from '../../api/types';
import { Button } from '../../components/Button';
import { Diffs } from '../../components/Diff';
import { SelectField } from '../../components/Field';
import { Asked } from '../../components/States';
import { comparisonQuery, deploymentPagesQuery } from './data';
import { SecretDiffs } from './PreviewView';
import { cameInForce, wordOf } from './subject';
import { texts } from './texts';

function Part({ title, files, open }: { title: string; files: FileDiff[]; open: number }) {
  if (files.length === 0) return null;
  return (
    <div className="stack tight">
      <p className="line">
        <b>{title}</b> <span className="small muted">{texts.compareCounts(files.length)}</span>
      </p>
      <Diffs files={files} open={open} />
    </div>
  );
}

/** The differences. */
export function Differences({ comparison }: { comparison: Comparison }) {
  const { inputs, values, manifests, chart, secrets } = comparison;
  const parts = texts.compareParts;
  const nothing = inputs.length + manifests.length + chart.length === 0 && !values && secrets.every((each) => each.entries.every((entry) => entry.change === 'same'));
  if (nothing) return <p className="muted">{texts.compareNothing}</p>;
  return (
    <div className="stack">
      <Part title={parts.inputs} files={inputs} open={4} />
      <Part title={parts.values} files={values ? [values] : []} open={1} />
      <SecretDiffs secrets={secrets} />
      <Part title={parts.manifests} files={manifests} open={4} />
      <Part title={parts.chart} files={chart} open={0} />
    </div>
  );
}

/** The deployment that another one is compared with, unless one is chosen: the one in force before it there. */
export function before(deployments: Deployment[], deployment: Deployment): Deployment | undefined {
  return deployments.filter((each) => each.environment === deployment.environment && each.number < deployment.number && cameInForce(each)).toSorted((a, b) => b.number - a.number)[0];
}

/** Compares a deployment with any other one, however old; which is in the address. */
export function ComparisonSection({ deployment, other }: { deployment: Deployment; other: number | undefined }) {
  const navigate = useNavigate();
  const { application, number } = deployment;
  const pages = useInfiniteQuery(deploymentPagesQuery(application));
  const all = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const others = all.filter((each) => each.number !== number && each.commit);
  const wanted = other !== undefined && other !== number ? other : undefined;
  const listed = wanted === undefined ? (before(others, deployment) ?? (pages.hasNextPage ? undefined : others[0])) : others.find((each) => each.number === wanted);
  // Of one that is not in the list yet the number is enough; without any, the server finds the one before.
  const compared = useQuery({ ...comparisonQuery(application, number, wanted ?? listed?.number), enabled: pages.data !== undefined && (others.length > 0 || pages.hasNextPage) });
  const chosen = wanted ?? listed?.number ?? compared.data?.from ?? undefined;
  const named = others.map((each) => ({ value: String(each.number), label: texts.comparePlain(each.number, `${each.environment}, ${wordOf(each)}`) }));
  const unlisted = chosen !== undefined && !others.some((each) => each.number === chosen);
  return (
    <section className="card" aria-label={texts.comparison}>
      <header>
        <h2>{texts.comparison}</h2>
      </header>
      <div className="body stack">
        {pages.data && others.length === 0 && !pages.hasNextPage ? (
          <p className="muted">{texts.compareNone}</p>
        ) : (
          <>
            <SelectField
              label={texts.compareWith}
              name="with"
              value={chosen === undefined ? '' : String(chosen)}
              onText={(text) => void navigate({ to: '.', search: (search: object) => ({ ...search, with: Number(text) }), replace: true })}
              options={chosen === undefined ? [{ value: '', label: texts.compareBefore }, ...named] : unlisted ? [...named, { value: String(chosen), label: texts.numbered(chosen) }] : named}
            />
            {pages.hasNextPage && (
              <p>
                <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                  {texts.older}
                </Button>
              </p>
            )}
            <Asked of={compared} what="the differences">{(data) => <Differences comparison={data} />}</Asked>
          </>
        )}
      </div>
    </section>
  );
}
