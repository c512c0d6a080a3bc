// What is deployed, in words and as a request: an image, a version of a chart, or an earlier state.
import type { Application, Deployment, Wanted } from '../../api/types';
import { isComplete, tagOf } from './image';
import { texts } from './texts';

/** What a deployment brought, in a word: the image's tag, or the chart's version. */
export const wordOf = (deployment: Pick<Deployment, 'image' | 'chart'>): string => (deployment.image ? tagOf(deployment.image) : deployment.chart.version);

/** What the panel was opened for, as it stands in the address. */
export interface Aim {
  image?: string | undefined;
  version?: string | undefined;
  /** The number of the deployment that is brought back. */
  restore?: number | undefined;
  /** Generated values are made anew. */
  anew?: boolean | undefined;
}

/** The request for an aim; null while something is missing. */
export function wantedOf(application: Application, aim: Aim): Wanted | null {
  if (aim.restore) return { restore: aim.restore };
  const anew = aim.anew ? { anew: true } : {};
  if (application.source.kind === 'chart') return aim.version ? { version: aim.version, ...anew } : null;
  return isComplete(aim.image ?? '') ? { image: aim.image!, ...anew } : null;
}

/** What the button says. */
export function actionOf(application: Application, environment: string, aim: Aim, current: Deployment | null): string {
  if (!environment) return texts.deploy('', '');
  if (aim.restore) return texts.restore(environment, aim.restore);
  if (application.source.kind === 'template') return texts.deploy(aim.image ? tagOf(aim.image) : '', environment);
  const what = `${application.source.name} ${aim.version ?? ''}`.trim();
  if (!current) return texts.deployVersion.install(what, environment);
  return current.chart.version === aim.version ? texts.deployVersion.same(what, environment) : texts.deployVersion.upgrade(aim.version ?? '', environment);
}

/** Whether a deployment ended before it had a commit: what was rendered for it is nowhere. */
export const endedUncommitted = ({ end, commit }: Pick<Deployment, 'end' | 'commit'>): boolean => (end === 'failed' || end === 'superseded') && !commit;

/** Whether a deployment ended as what its environment has: in Git, and in its cluster where there is one. */
export function cameInForce({ end }: Pick<Deployment, 'end'>): boolean {
  switch (end) {
    case 'stored':
    case 'healthy':
    case 'degraded':
      return true;
    case 'failed':
    case 'superseded':
    case null:
      return false;
  }
}
