{{/* The Service that gives the single pods their names. */}}
{{- define "stateful-set.pods" -}}
{{- printf "%s-pods" (include "workload.name" . | trunc 58 | trimSuffix "-") -}}
{{- end -}}
