// The limits of a project as lines of text: what its applications may touch in clusters.
import type { Destination, Project } from '../../api/types';

/** The limits as they are typed; what is not limited has no text. */
export interface LimitsDraft {
  destinationsLimited: boolean;
  destinations: string;
  kindsLimited: boolean;
  kinds: string;
}

const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** `eu:shop-*,shop`, as on the command line. */
const lineOf = ({ cluster, namespaces }: Destination) => `${cluster}:${namespaces.join(',')}`;

function destinationOf(line: string): Destination {
  const [cluster = '', namespaces = ''] = line.split(/:(.*)/s);
  return { cluster: cluster.trim(), namespaces: namespaces.split(',').map((each) => each.trim()).filter(Boolean) };
}

/** The draft of what a project has. */
export const limitsOf = (project: Project | null): LimitsDraft => ({
  destinationsLimited: Boolean(project?.destinations),
  destinations: (project?.destinations ?? []).map(lineOf).join('\n'),
  kindsLimited: Boolean(project?.cluster_kinds),
  kinds: (project?.cluster_kinds ?? []).join('\n'),
});

/** What is sent: null takes a limit away. */
export const limitsFrom = (draft: LimitsDraft): Pick<Project, 'destinations' | 'cluster_kinds'> => ({
  destinations: draft.destinationsLimited ? lines(draft.destinations).map(destinationOf) : null,
  cluster_kinds: draft.kindsLimited ? lines(draft.kinds) : null,
});
