{{- define "deployment.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "deployment.selector" -}}
app.kubernetes.io/name: {{ include "deployment.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Without the image's tag and the chart's version, so that a deployment changes only what it has to. */}}
{{- define "deployment.labels" -}}
{{ include "deployment.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The head of an object, from a list: the root, its name, and annotations beside those of all objects. */}}
{{- define "deployment.metadata" -}}
{{- $root := index . 0 -}}
{{- $annotations := merge (dict) (index . 2) $root.Values.annotations -}}
name: {{ index . 1 }}
labels:
  {{- include "deployment.labels" $root | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "deployment.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is not set: it is filled in when you deploy an image" $image.repository -}}
{{- if not (or $image.tag $image.digest) -}}
{{- fail (printf "image %s names no tag and no digest: write which one, for example %s:1.4.2" $repository $repository) -}}
{{- end -}}
{{- $repository -}}
{{- with $image.tag }}:{{ . }}{{ end -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "deployment.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "deployment.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "deployment.probe" -}}
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
