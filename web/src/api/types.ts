// What the API sends and takes, by the names it has on the wire. Times are RFC 3339 text in UTC.

export type Role = 'viewer' | 'deployer' | 'manager' | 'administrator';
export interface RoleBinding { role: Role; project: string | null }
export interface Page<T> { items: T[]; next: string | null }
export interface FieldError { field: string; code: string; message: string; suggestion?: string | null }
export interface ProblemBody {
  type: string; title: string; status: number; code: string; detail: string;
  request_id?: string; errors?: FieldError[]; link?: string;
  check?: Check; problems?: ValueProblem[];
}

export interface SessionUser { id: string; name: string; email: string; password_is_initial: boolean }
export interface Session { user: SessionUser; roles: RoleBinding[]; csrf: string }
export interface User {
  id: string; name: string; email: string; enabled: boolean; password_is_initial: boolean;
  roles: RoleBinding[]; created_at: string; version: number;
}
export interface Token {
  id: string; name: string; role: Role; project: string | null; hint: string;
  created_at: string; expires_at: string; used_at: string | null;
}
export interface NewToken { token: Token; secret: string }
export interface Project {
  id: string; name: string; description: string; created_at: string; version: number; applications: number;
  /** Where its applications may run; null for anywhere. */
  destinations: Destination[] | null;
  /** Which kinds of the whole cluster they may write; null for any. */
  cluster_kinds: string[] | null;
}
/** Namespaces of clusters; `*` stands for any characters. */
export interface Destination { cluster: string; namespaces: string[] }
export type BranchRule = 'default' | 'per-environment';
export interface Environment {
  id: string; name: string; description: string; namespace: string; kubernetes_version: string;
  api_versions: string[]; branch: BranchRule; engine: string; created_at: string; version: number;
  crds: CrdRule; drift: DriftRule; recipients: string[]; cluster: string | null;
}
export type CrdRule = 'create' | 'apply' | 'skip';
/** What becomes of what differs in the cluster from Git. */
export type DriftRule = 'show' | 'correct';

export type Need = 'required' | 'optional' | 'not-needed';
export interface Scope { name: string; purpose: string; need: Need }
export interface ProviderField { name: string; label: string; required: boolean; scope: boolean; hint: string; docs_url: string }
export interface ProviderCredential {
  kind: string; label: string; secret_label: string; username: boolean; prefixes: string[]; hint: string; create_url: string;
  scopes: Scope[];
}
export interface Provider {
  kind: string; label: string; prominent: boolean;
  host: { label: string; default: string; fixed: boolean; switch: string; hint: string };
  fields: ProviderField[]; credentials: ProviderCredential[]; creates: boolean; archives: boolean; docs_url: string;
}
export type RepositorySource = 'per-application' | 'ask';
export type Visibility = 'private' | 'public';
export type Deletion = 'keep' | 'archive' | 'delete';
export interface RepositoryRules {
  source: RepositorySource; prefix: string; default_branch: string | null; visibility: Visibility;
  deletion: Deletion; committer_name: string; committer_email: string;
}
export interface GitopsConfig {
  id: string; name: string; provider: string; host: string; organization: string; group: string; project: string;
  workspace: string; project_key: string | null; credential: string; username: string; has_secret: boolean;
  ca_pem: string | null; client_certificate_pem: string | null; proxy: string | null; repositories: RepositoryRules;
  active: boolean; applications: number; saved_by: string; saved_at: string; created_at: string;
  version: number; check: Check | null;
  /** Of the stored credential alone; a check may have tried another. */
  credential_state: 'ok' | 'ending' | 'failing'; expires_at: string | null; rate: Rate | null;
}
export interface Rate { left: number | null; limit: number | null; resets_at: string | null; waiting_until: string | null }
export interface GitopsConfigInput {
  provider: string; host?: string; organization?: string; group?: string; project?: string; workspace?: string;
  project_key?: string; credential?: string; username?: string; secret?: string; ca_pem?: string | null;
  client_certificate_pem?: string | null; client_key_pem?: string; proxy?: string | null; proxy_password?: string;
  repositories?: RepositoryRules; activate?: boolean; check_repository?: string;
}
export type StageState = 'waiting' | 'running' | 'passed' | 'warned' | 'failed' | 'skipped';
export interface Diagnosis { code: string; sentence: string; missing: string | null; link: string | null }
export interface CheckStage {
  stage: string; title: string; required: boolean; state: StageState; milliseconds: number;
  diagnosis: Diagnosis | null;
}
export interface Facts {
  identity: string | null; owner_kind: string | null; scopes: string[] | null; expires_at: string | null;
  rate_left: { left: number; limit: number } | null; default_branch: string | null; project: string | null;
}
export interface Check {
  id: string; config: string; requested_by: string; created_at: string; finished_at: string | null;
  failed: boolean; stages: CheckStage[]; facts: Facts;
}
export interface Gate { open: boolean; active: string | null; sentence: string | null; administrators: string[] }

export interface Template {
  name: string; version: string; title: string; description: string; default_values: string;
  schema: unknown; readme: string; image: { repository: string; tag: string };
}
export interface Repository { full_name: string; clone_url: string; web_url: string; default_branch: string }
export interface Hold { by: string; reason: string; deployment: number | null; created_at: string }
export interface ApplicationEnvironment {
  environment: string; deployment: Deployment | null; current: Deployment | null; hold: Hold | null;
  /** What differs in its cluster from Git; null when nothing does. */
  drift: DriftState | null;
}
/** How much differs in a cluster from Git, since when, and why it was not corrected although the environment says so. */
export interface DriftState { objects: number; since: string; refused: string | null }
/** What an application is deployed from: a shipped template with its version, or a chart of a chart repository. */
export interface Source { kind: 'template' | 'chart'; name: string; repository: string | null; version: string | null }
export interface Application {
  id: string; name: string; project: string; source: Source;
  gitops_config: string | null; repository: Repository | null; clone_url: string | null; path: string;
  deleting_at: string | null; deletion_failure: string | null;
  /** A word for that, such as `hook_failed`. */
  deletion_failure_code: string | null;
  created_at: string; version: number; environments: ApplicationEnvironment[];
}
export interface ApplicationInput {
  name: string; project: string; template?: string; repository?: string; path?: string;
}
/** How an override meets the base values: it lies over them, or takes their place. */
export type Merge = 'merge' | 'replace';
export interface Values {
  number: number; environment: string | null; yaml: string; blob: string; author: string; message: string;
  origin: 'saved' | 'git'; created_at: string; merge: Merge;
}
/** What is saved together with a version of values: secret values of an environment, on top of version `number`. */
export interface SecretInput { environment: string; set?: string; remove?: string[]; number?: number }
export interface ValuesInput { yaml: string; message: string; merge?: Merge; secret_values?: SecretInput[] }
/** One thing wrong with values; `layer` names the text (`base values`, `override`, `secret values`), line 0 says that no text sets the value. */
export interface ValueProblem { path: string; line: number; column: number; message: string; layer?: string }
export interface DiffLine { kind: ' ' | '+' | '-'; text: string }
export interface Hunk { old_start: number; new_start: number; lines: DiffLine[] }
export interface FileDiff { path: string; change: 'added' | 'removed' | 'changed'; hunks: Hunk[] }
/** What became of a default between two versions of a chart, seen from the values of people. */
export type OwnChange = 'new' | 'gone' | 'changed' | 'overridden';
export interface OwnValue { path: string; change: OwnChange; before?: unknown; after?: unknown; own?: unknown; /** A secret value lies there; it is not shown. */ secret: boolean }
/** `unopened`: sealed to someone else, so that nobody here can tell. */
export type EntryChange = 'added' | 'removed' | 'changed' | 'same' | 'unopened';
export interface SecretDiff { object: string; entries: { name: string; change: EntryChange }[] }
export interface Generated { object: string; path: string; kept: boolean }
export interface Preview {
  digest: string; values: FileDiff | null; manifests: FileDiff[]; objects: number; changed: number;
  effective_values: string; notes: string | null; compared_with: number | null;
  own_values: OwnValue[];
  /** Why what another chart means for own values is not known; null where it is. */
  own_values_unread: string | null;
  chart: { from: ChartPin | null; to: ChartPin } | null; generated: Generated[]; secrets: SecretDiff[];
  crds: { rule: CrdRule; names: string[] } | null; kinds: { kind: string; count: number }[];
  /** How the override counted at the last deployment (null without one), and how it would now. */
  merge: { from: Merge | null; to: Merge } | null;
}
/** What differs between two deployments of an application. */
export interface Comparison { from: number | null; inputs: FileDiff[]; values: FileDiff | null; manifests: FileDiff[]; chart: FileDiff[]; secrets: SecretDiff[] }

export type DeploymentStage = 'requested' | 'rendered' | 'committed' | 'released' | 'finished';
export type DeploymentEnd = 'stored' | 'healthy' | 'degraded' | 'failed' | 'superseded';
/** What goes on in the cluster; `confirm` names deletions that wait for a person. */
export interface Release {
  message: string; applied: number; of: number; confirm: { digest: string; objects: ObjectKey[]; reasons: string[] } | null;
  refusals: { object: ObjectKey; sentence: string }[]; unhealthy: { object: ObjectKey; status: 'progressing' | 'degraded'; message: string }[];
}
export interface TimelineEntry { stage: DeploymentStage; at: string; milliseconds: number; note: string }
export interface Deployment {
  id: string; number: number; application: string; environment: string; image: string; message: string;
  author: string; stage: DeploymentStage; end: DeploymentEnd | null;
  failure: { code: string; sentence: string; detail: string } | null; digest: string | null;
  commit: string | null; commit_url: string | null; branch: string | null; rendered_tree: string | null;
  timeline: TimelineEntry[]; created_at: string; finished_at: string | null;
  chart: ChartPin; restores: number | null; reseals?: number | null; anew: boolean; notes: string | null;
  cluster: string | null; release: Release | null; adopt: boolean; recreate: boolean;
}
/** The chart of a deployment; no repository means that it is shipped with Trueline. */
export interface ChartPin { repository: string | null; name: string; version: string; digest: string | null }
/** What is deployed: an image, a version of a chart, or what an earlier deployment had. */
export interface Wanted extends Unsaved { image?: string; version?: string; restore?: number; anew?: boolean; template?: string }
/** Values that are saved with the deployment: those of all environments, of its own, and secret ones as a YAML mapping. */
export interface Unsaved { values?: string; override?: string; merge?: Merge; secret_values?: string }
/** `adopt` takes over objects that something else made; `recreate` replaces those that cannot be changed. */
export interface DeployInput extends Wanted { environment: string; message?: string; digest?: string; adopt?: boolean; recreate?: boolean }
export interface DeploymentFile { path: string; blob: string }

export interface AuditEntry {
  id: string; at: string; actor: string; identity: string; origin: string; action: string; subject: string;
  project: string | null; changes: { field: string; before: string | null; after: string | null }[];
  request: string;
}
export interface Version { version: string; [key: string]: unknown }

export type ChartRepositoryKind = 'http' | 'oci';
export interface ChartRepository {
  name: string; url: string; kind: ChartRepositoryKind; username: string; has_secret: boolean; ca_pem: string | null;
  client_certificate_pem: string | null; proxy: string | null; names: string[]; charts: number; versions: number;
  changed: number; tried_at: string | null; refreshed_at: string | null;
  failure: { code: string; sentence: string } | null; left_out: string[]; version: number;
}
/** The look at a chart repository that saves it in its last stage. */
export interface ChartRepositoryCheck {
  id: string; repository: string; requested_by: string; created_at: string; finished_at: string | null; failed: boolean;
  stages: CheckStage[]; suggestion: string | null;
}
export interface ChartRepositoryInput {
  url: string; username: string; secret?: string; ca_pem: string | null; client_certificate_pem: string | null;
  client_key_pem?: string; proxy: string | null; proxy_password?: string; charts: string[];
}
export interface ChartHit {
  repository: string; name: string; version: string; app_version: string; description: string; keywords: string[];
  deprecated: boolean; versions: number;
}
/** A version; `changed` says that the repository names another digest than the one that was kept. */
export interface ChartVersion {
  version: string; app_version: string; created: string; digest: string | null; deprecated: boolean;
  listed: boolean; changed: boolean; trusted_digest: string | null;
}
export interface Chart extends ChartHit { list: ChartVersion[] }
export interface ChartDependency { name: string; version: string; repository: string; alias: string | null; condition: string }
export interface ChartDetail {
  repository: string; name: string; version: string; app_version: string; description: string; home: string;
  /** The schema is JSON as it lies in the chart. */
  readme: string | null; default_values: string; schema: string | null; digest: string;
  dependencies: ChartDependency[]; crds: string[];
}
export interface InstallInput {
  name: string; project: string; repository: string; chart: string; version: string; environment: string;
  values: string; secret_values?: string; message?: string; digest?: string;
}
export interface Installed { application: Application; deployment: Deployment }
export interface SecretValues { number: number; keys: string[]; author: string; created_at: string }
/** How far the sealing anew of what lies in Git is, counted in environments of applications. */
export interface Reseal {
  total: number; done: number; failed: { application: string; environment: string; deployment: number | null; reason: string }[];
  ended: boolean; requested_by: string | null; requested_at: string | null;
}
/** `imported`: taken in from elsewhere, only to open. */
export interface Recipient { recipient: string; created_at: string; imported?: boolean }
export interface AgeIdentity { recipient: string; created_at: string; exported_at: string | null; earlier: Recipient[] }

/** `away`: not reached; `refused`: reached, but sign-in or version fail. */
export type ClusterState = 'here' | 'away' | 'refused' | 'unchecked';
/** A right that the account lacks; no namespace says everywhere. */
export interface MissingRight { verb: string; group: string; resource: string; namespace: string | null; reason: string }
/** The look at a cluster; `manifest` is YAML of the smallest roles, where rights are missing. */
export interface ClusterCheck {
  at: string; failed: boolean; stages: CheckStage[]; user: string; groups: string[]; missing: MissingRight[]; manifest: string | null;
}
export interface Cluster {
  id: string; name: string; source: 'kubeconfig' | 'in-cluster'; server: string; context: string | null; create_namespaces: boolean;
  state: ClusterState; state_since: string | null; kubernetes_version: string | null; api_versions: number;
  environments: string[]; check: ClusterCheck | null; saved_by: string; saved_at: string; created_at: string; version: number;
}
export interface ClusterInput { source?: 'kubeconfig' | 'in-cluster'; kubeconfig?: string; context?: string | null; create_namespaces?: boolean }

/** An object of a cluster; no namespace says that it is of the whole cluster. */
export interface ObjectKey { group: string; kind: string; namespace: string; name: string }
export type Health = 'healthy' | 'progressing' | 'degraded' | 'suspended' | 'unknown';
/** Expressions in CEL about a live object. */
export interface HealthExpressions { current: string; in_progress: string | null; failed: string | null; message: string | null }
/** How objects of a kind are; its name is the kind with its group. */
export interface HealthRule extends HealthExpressions { id: string; name: string; group: string; kind: string; saved_by: string; saved_at: string; created_at: string; version: number }
export interface HealthStep { expression: string; answer: 'true' | 'false' | 'text' | 'missing' | 'failed'; said: string }
/** How an object would be, by what, and what each expression gave. */
export interface HealthTrial { name: string; by: 'given' | 'saved' | 'table'; status: Health; message: string; steps: HealthStep[] }
/** `parent` is the index of its owner in the same list, null for what lies in Git; no `uid` says that it is not there. */
export interface Resource {
  object: ObjectKey; version: string; uid: string; parent: number | null; status: Health; message: string;
  ready: number | null; wanted: number | null; containers: string[];
}
/** What runs of an application in an environment; `away` says why the cluster cannot be asked, what is shown may be old. */
export interface Resources { cluster: string; namespace: string; status: Health; message: string; complete: boolean; away: string | null; resources: Resource[] }
/** What a Rollout of Argo Rollouts is told. */
export type RolloutStep = 'promote' | 'promote_fully' | 'abort' | 'retry';
export interface Happening { object: ObjectKey; type: string; reason: string; message: string; count: number; last_at: string | null }
export interface DriftDifference { path: string; git: string | null; cluster: string | null; who: { manager: string; at: string | null } | null }
export interface Drift { /** The one that it was compared with; null where nothing is in Git yet. */ deployment: number | null; objects: { object: ObjectKey; missing: boolean; differences: DriftDifference[] }[] }
/** What deleting an application would do where it runs; `waiting` needs a word of its own, by its digest. */
export interface LeavingPlace {
  environment: string; cluster: string | null; namespace: string; away: string | null; goes: ObjectKey[];
  stays: { object: ObjectKey; why: string }[]; unseen: ObjectKey[]; data: ObjectKey[];
  waiting: { digest: string; objects: ObjectKey[]; reasons: string[] } | null;
}
export interface Leaving { environments: LeavingPlace[] }
