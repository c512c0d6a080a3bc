# PyGithub: lists, creates, reads and deletes a repository on the host whose line of JSON is in $SIMULATED_HOST.
import json
import os

from github import Auth, Github, UnknownObjectException

host = json.loads(os.environ["SIMULATED_HOST"])
account = host["accounts"][0]
github = Github(base_url=host["api"], auth=Auth.Token(account["tokens"][0]["token"]))


def step(text):
    print(f"PyGithub: {text}")


me = github.get_user()
assert me.login == account["username"], me.login
step(f"signed in as {me.login}")

organization = github.get_organization(host["scope"])
before = organization.get_repos().totalCount
step(f"{before} repositories in {organization.login}")

made = organization.create_repo("client-trial", private=True)
step(f"created {made.full_name} as {made.id}")

read = github.get_repo(f"{host['scope']}/client-trial")
assert read.id == made.id, read.id
step(f"read {read.html_url}, default branch: {read.default_branch}")

read.delete()
try:
    github.get_repo(f"{host['scope']}/client-trial")
    raise SystemExit("it was not deleted")
except UnknownObjectException:
    step("deleted it")
