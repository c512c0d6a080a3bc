//go:build tools

// Package tools pins the SOPS program that the tests compare with: `cargo xtask tools` builds it.
package tools

import _ "github.com/getsops/sops/v3/cmd/sops"
