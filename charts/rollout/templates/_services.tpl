{{/* The Services through which Argo Rollouts leads requests, beside the main one: a new version has one of its own. */}}
{{- define "rollout.routed" -}}
{{- if and (eq .Values.rollout.strategy "canary") .Values.rollout.canary.trafficRouting }}yes{{ end -}}
{{- end -}}

{{- define "rollout.other" -}}
{{- $name := include "workload.name" . | trunc 55 | trimSuffix "-" -}}
{{- if eq .Values.rollout.strategy "blueGreen" -}}
{{- printf "%s-preview" $name -}}
{{- else if include "rollout.routed" . -}}
{{- printf "%s-canary" $name -}}
{{- end -}}
{{- end -}}
