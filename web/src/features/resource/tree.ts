// Objects in order: what owns first, and below it what it made.
import type { Health, ObjectKey, Resource } from '../../api/types';

export interface Branch {
  resource: Resource;
  below: Branch[];
}

/** What is wrong comes first. */
const RANK: Record<Health, number> = { degraded: 0, unknown: 1, progressing: 2, suspended: 3, healthy: 4 };

/** The worst state of an object and of all below it. */
export const worst = ({ resource, below }: Branch): Health => below.map(worst).reduce((found, each) => (RANK[each] < RANK[found] ? each : found), resource.status);

const before = (a: Branch, b: Branch) =>
  RANK[worst(a)] - RANK[worst(b)] || a.resource.object.kind.localeCompare(b.resource.object.kind, 'en') || a.resource.object.name.localeCompare(b.resource.object.name, 'en', { numeric: true });

/** The tree. An owner stands before what it made; whose owner does not, stands at the root. */
export function treeOf(resources: Resource[]): Branch[] {
  const branches = resources.map((resource): Branch => ({ resource, below: [] }));
  const roots: Branch[] = [];
  branches.forEach((branch, at) => {
    const { parent } = branch.resource;
    const owner = parent !== null && parent < at ? branches[parent] : undefined;
    (owner?.below ?? roots).push(branch);
  });
  const order = (all: Branch[]): Branch[] => all.map((each) => ({ ...each, below: order(each.below) })).toSorted(before);
  return order(roots);
}

/** How an object is called in an address. */
export const addressOf = ({ kind, group, namespace, name }: ObjectKey) => [kind, group, namespace, name].join('/');

export const sameObject = (a: ObjectKey, b: ObjectKey) => addressOf(a) === addressOf(b);

const ours = ({ parent, uid }: Resource) => uid !== '' && parent === null;

/** Whether it is a Rollout of Argo Rollouts that lies in Git. */
export const isRollout = (resource: Resource) => ours(resource) && resource.object.group === 'argoproj.io' && resource.object.kind === 'Rollout';

/** Kinds whose pods can be replaced, and those whose number can be set. */
export const canRestart = (resource: Resource) => isRollout(resource) || (ours(resource) && resource.object.group === 'apps' && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(resource.object.kind));
export const canScale = (resource: Resource) => isRollout(resource) || (ours(resource) && resource.object.group === 'apps' && ['Deployment', 'StatefulSet'].includes(resource.object.kind));

/** Such as `1 of 2 ready`; null for what has nothing to count. */
export const countOf = ({ ready, wanted }: Resource): [ready: number, wanted: number] | null => (ready === null || wanted === null ? null : [ready, wanted]);
