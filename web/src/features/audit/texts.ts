/** The texts of the audit. */
export const texts = {
  title: 'Audit',
  lead: 'Who did what, when and from where. Entries are only ever added; secrets appear as “changed”.',
  empty: 'Nothing was done yet',
  none: 'No entry matches',
  actor: 'Who',
  action: 'What, for example gitops_config.saved',
  subject: 'Which, for example application/shop',
  columns: { at: 'When', actor: 'Who', action: 'What', subject: 'Which', changes: 'Changes', origin: 'From' },
  details: (changes: number) => (changes === 0 ? 'Details' : changes === 1 ? '1 change' : `${changes} changes`),
  detailsOf: (action: string, subject: string) => ` of ${action} ${subject}`,
  nothing: '–',
  more: 'Show more',
  forbidden: 'The audit is open to administrators.',
};
