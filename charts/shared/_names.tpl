{{- define "workload.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "workload.selector" -}}
app.kubernetes.io/name: {{ include "workload.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Without the image's tag and the chart's version, so that a deployment changes only what it has to. */}}
{{- define "workload.labels" -}}
{{ include "workload.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The head of an object, from a list: the root, its name, and annotations beside those of all objects. */}}
{{- define "workload.metadata" -}}
{{- $root := index . 0 -}}
{{- $annotations := merge (dict) (index . 2) $root.Values.annotations -}}
name: {{ index . 1 }}
labels:
  {{- include "workload.labels" $root | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "workload.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is not set: it is filled in when you deploy an image" $image.repository -}}
{{- if not (or $image.tag $image.digest) -}}
{{- fail (printf "image %s names no tag and no digest: write which one, for example %s:1.4.2" $repository $repository) -}}
{{- end -}}
{{- $repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "workload.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "workload.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "workload.probe" -}}
{{- if eq .type "http" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
{{- else if eq .type "exec" -}}
exec:
  command:
    {{- toYaml .command | nindent 4 }}
{{- else -}}
tcpSocket:
  port: {{ .port }}
{{- end }}
initialDelaySeconds: {{ int .initialDelaySeconds }}
periodSeconds: {{ int .periodSeconds }}
timeoutSeconds: {{ int .timeoutSeconds }}
failureThreshold: {{ int .failureThreshold }}
{{- end -}}
