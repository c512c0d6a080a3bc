// octokit, GitHub's client for JavaScript: lists, creates, reads and deletes a repository on the host whose line of
// JSON is in $SIMULATED_HOST.
import { Octokit } from "octokit";

const host = JSON.parse(process.env.SIMULATED_HOST);
const [account] = host.accounts;
const octokit = new Octokit({ auth: account.tokens[0].token, baseUrl: host.api });
const step = (text) => console.log(`octokit: ${text}`);
const org = host.scope;

const me = await octokit.rest.users.getAuthenticated();
if (me.data.login !== account.username) throw new Error(`signed in as ${me.data.login}`);
step(`signed in as ${me.data.login}, scopes: ${me.headers["x-oauth-scopes"]}`);

// Pages of one, so that the links between them are followed.
const list = async () => (await octokit.paginate(octokit.rest.repos.listForOrg, { org, per_page: 1 })).map((r) => r.name);
const before = await list();
step(`${before.length} repositories in ${org}`);

for (const name of ["client-trial", "client-trial-2"]) {
  const made = await octokit.rest.repos.createInOrg({ org, name, private: true });
  step(`created ${made.data.full_name} as ${made.data.id}`);
}
if ((await list()).length !== before.length + 2) throw new Error("not all are listed");

const read = await octokit.rest.repos.get({ owner: org, repo: "client-trial" });
step(`read ${read.data.html_url}, default branch: ${read.data.default_branch}`);
const { data: rules } = await octokit.rest.repos.getBranchRules({ owner: org, repo: "client-trial", branch: "main" });
step(`${rules.length} rules for main`);

for (const repo of ["client-trial", "client-trial-2"]) await octokit.rest.repos.delete({ owner: org, repo });
if ((await list()).length !== before.length) throw new Error("they were not deleted");
step("deleted them");
