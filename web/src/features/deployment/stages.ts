// The stages of a deployment as the list shows them.
import type { Deployment, DeploymentStage, StageState } from '../../api/types';

/** The stages that people see; asking and finishing take no time of their own. */
export const SHOWN: DeploymentStage[] = ['rendered', 'committed', 'released'];
const ORDER: DeploymentStage[] = ['requested', 'rendered', 'committed', 'released', 'finished'];

export interface Step {
  stage: DeploymentStage;
  state: StageState;
  milliseconds: number | null;
  note: string;
}

/** Which stages passed, which goes on or failed, which were not reached. */
export function stepsOf(deployment: Deployment): Step[] {
  const passed = ORDER.indexOf(deployment.stage);
  const wentOn = deployment.end === 'failed' || deployment.end === 'superseded';
  const next = SHOWN.find((stage) => !deployment.timeline.some((entry) => entry.stage === stage) && (wentOn || ORDER.indexOf(stage) > passed));
  return SHOWN.map((stage) => {
    const entry = deployment.timeline.find((each) => each.stage === stage);
    const done = entry !== undefined || (!wentOn && ORDER.indexOf(stage) <= passed);
    let state: StageState = 'waiting';
    if (done) state = 'passed';
    else if (deployment.end === 'failed') state = stage === next ? 'failed' : 'skipped';
    else if (deployment.end) state = 'skipped';
    else if (stage === next) state = 'running';
    return { stage, state, milliseconds: entry?.milliseconds ?? null, note: entry?.note ?? '' };
  });
}
