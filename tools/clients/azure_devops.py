"""azure-devops, Microsoft's client for Python: lists, creates, reads and deletes a repository on the host whose
line of JSON is in $SIMULATED_HOST. It keeps what it discovers in its home folder, so it gets one of its own."""

import json
import os
import tempfile

home = tempfile.TemporaryDirectory(prefix="azure-devops-")
os.environ["HOME"] = home.name

from azure.devops.connection import Connection  # noqa: E402
from azure.devops.exceptions import AzureDevOpsServiceError  # noqa: E402
from msrest.authentication import BasicAuthentication  # noqa: E402

host = json.loads(os.environ["SIMULATED_HOST"])
account = host["accounts"][0]
token = account["tokens"][0]["token"]
scope = host["scope"]
connection = Connection(base_url=host["entered"]["host"], creds=BasicAuthentication("", token))


def step(text):
    print(f"azure-devops: {text}")


core = connection.clients.get_core_client()
names = [p.name for p in core.get_projects()]
assert scope in names, names
step(f"projects: {', '.join(names)}")

git = connection.clients.get_git_client()
before = len(git.get_repositories(project=scope))
step(f"{before} repositories in {scope}")

made = git.create_repository({"name": "client-trial"}, project=scope)
step(f"created {made.name} as {made.id}")
try:
    git.create_repository({"name": "client-trial"}, project=scope)
    raise SystemExit("a name was given twice")
except AzureDevOpsServiceError as error:
    step(f"refused the name a second time: {error}")

read = git.get_repository("client-trial", project=scope)
assert read.id == made.id
step(f"read {read.web_url}, default branch: {read.default_branch}")

git.delete_repository(made.id, project=scope)
assert len(git.get_repositories(project=scope)) == before
kept = [r.id for r in git.get_recycle_bin_repositories(scope)]
assert made.id in kept, kept
git.delete_repository_from_recycle_bin(scope, made.id)
step("deleted it, and emptied the recycle bin")
