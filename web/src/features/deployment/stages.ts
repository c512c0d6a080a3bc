// The stages of a deployment as the list shows them.
import type { Deployment, DeploymentStage, StageState } from '../../api/types';

/** The stages that people see; asking takes no time of its own, and only a cluster has to become healthy. */
const shownOf = ({ cluster }: Pick<Deployment, 'cluster'>): DeploymentStage[] => (cluster ? ['rendered', 'committed', 'released', 'finished'] : ['rendered', 'committed', 'released']);
const ORDER: DeploymentStage[] = ['requested', 'rendered', 'committed', 'released', 'finished'];

export interface Step {
  stage: DeploymentStage;
  state: StageState;
  /** When it passed; empty while it has not. */
  at: string;
  milliseconds: number | null;
  note: string;
}

/** Which stages passed, which goes on or failed, which were not reached. */
export function stepsOf(deployment: Deployment): Step[] {
  const { end, timeline } = deployment;
  const at = ORDER.indexOf(deployment.stage);
  const wentOn = end === 'failed' || end === 'superseded';
  const shown = shownOf(deployment);
  const entryOf = (stage: DeploymentStage) => timeline.find((entry) => entry.stage === stage);
  const passed = (stage: DeploymentStage) => (stage === 'finished' ? end === 'healthy' : entryOf(stage) !== undefined || (!wentOn && ORDER.indexOf(stage) <= at));
  const next = shown.find((stage) => !passed(stage));
  return shown.map((stage) => {
    let state: StageState = 'waiting';
    if (passed(stage)) state = 'passed';
    else if (end === 'failed' || end === 'degraded') state = stage === next ? 'failed' : 'skipped';
    else if (end) state = 'skipped';
    else if (stage === next) state = 'running';
    const entry = entryOf(stage);
    return { stage, state, at: entry?.at ?? '', milliseconds: entry?.milliseconds ?? null, note: entry?.note ?? '' };
  });
}
