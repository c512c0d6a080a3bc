//go:build tools

// Package tools pins the helm program that renders charts, and that the tests compare with.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
