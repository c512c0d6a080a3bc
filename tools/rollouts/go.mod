module trueline/tools/rollouts

go 1.26.0

// Only its definitions are read, nothing of it is built: `go mod tidy` would take it out.
require github.com/argoproj/argo-rollouts v1.9.2
