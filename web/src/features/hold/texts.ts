/** The texts of holds. */
export const texts = {
  held: (environment: string) => `${environment} is on hold: nothing is deployed there.`,
  by: (who: string, reason: string) => (reason ? `${who}: ${reason}` : who),
  after: (number: number) => `after the rollback by deployment ${number}`,
  release: 'Release',
  releaseOf: (environment: string) => `Release ${environment}`,
  released: (environment: string) => `${environment} is released.`,
  releaseAsk: (environment: string) => `Release ${environment}?`,
  releaseWords: 'From then on it can be deployed there again, also by programs.',
  hold: 'Hold',
  holdTitle: (name: string, environment: string) => `Hold ${name} in ${environment}`,
  holdAction: (environment: string) => `Hold ${environment}`,
  holdWords: 'Nothing is deployed there until someone releases it. What runs goes on.',
  reason: 'Reason',
  reasonHint: 'Optional. Whoever wants to deploy reads it.',
  onHold: 'on hold',
  done: (environment: string) => `${environment} is on hold.`,
};
